import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInModels } from '../detector/models/built-in.js';
import { writeModel } from '../detector/models/files.js';
import { buildRobust } from '../detector/models/robust.js';
import { dataFolder, runCommand, startProduct, type Product } from './product.js';

/** The life of a model as its operator lives it: files, the command line, a restart. */
const dataDir = dataFolder();
const candidate = join(dataFolder(), 'candidate');
const damaged = join(dataFolder(), 'damaged');
let product: Product;

beforeAll(async () => {
  const robust = builtInModels().find(({ card }) => card.name === 'robust');
  if (!robust) throw new Error('there is no robust model');
  const onnx = buildRobust().toBytes('candidate');
  const model = { ...robust, onnx, card: { ...robust.card, sha256: createHash('sha256').update(onnx).digest('hex'), provenance: { seed: 1 } } };
  writeModel(candidate, model);
  writeModel(damaged, model);
  appendFileSync(join(damaged, 'model.onnx'), 'x');
  product = await startProduct({ FAULTLINE_DATA_DIR: dataDir });
});
afterAll(async () => void (await product?.stop()));

const models = (...args: string[]): ReturnType<typeof runCommand> => runCommand(['models', ...args, '--url', product.url], { FAULTLINE_DATA_DIR: dataDir });
const metric = async (line: string): Promise<number> => Number((await (await fetch(`${product.url}/metrics`)).text()).split('\n').find((one) => one.startsWith(line))?.split(' ').at(-1));

describe('faultline models', () => {
  it('refuses a damaged file with its reason and takes a whole one', async () => {
    expect(await models('verify', damaged)).toMatchObject({ status: 1, output: expect.stringMatching(/sha256 .* one of them is damaged/) });
    expect(await models('register', damaged)).toMatchObject({ status: 1 });
    expect(await models('verify', candidate)).toMatchObject({ status: 0, output: expect.stringContaining('gives its known answer on') });
    expect(await models('register', candidate)).toMatchObject({ status: 0, output: expect.stringContaining('robust version 2 is idle') });
    expect((await models('list')).output).toMatch(/robust +1 +active[^]*robust +2 +idle[^]*seasonal +1 +active/);
  });

  it('compares it in shadow and does not promote it while a gate is closed, unless forced with a reason', async () => {
    expect(await models('shadow', 'robust', '2')).toMatchObject({ status: 0, output: expect.stringContaining('robust version 2 is shadow') });
    expect((await models('diff', 'robust', '2')).output).toMatch(/closed +time +compared for 0\.0 h/);
    expect(await models('promote', 'robust', '2')).toMatchObject({ status: 1, output: expect.stringMatching(/robust version 2 is not promoted: time: compared for/) });
    expect(await models('promote', 'robust', '2', '--force')).toMatchObject({ status: 1, output: expect.stringContaining('force needs a reason') });
    expect(await models('promote', 'robust', '2', '--force', '--reason', 'a drill')).toMatchObject({ status: 0, output: expect.stringContaining('robust version 2 is active') });
    expect(await metric('faultline_models_events_total{event="promoted"}')).toBe(1);
  });

  it('remembers it over a restart, and goes back', async () => {
    await product.stop();
    product = await startProduct({ FAULTLINE_DATA_DIR: dataDir });
    expect((await models('list')).output).toMatch(/robust +1 +idle[^]*robust +2 +active/);
    expect(await models('rollback', 'robust', '--reason', 'the drill is over')).toMatchObject({ status: 0, output: expect.stringContaining('robust version 1 is active') });
    expect((await models('show', 'robust', '2')).output).toMatch(/"reason": "forced: a drill"/);
    expect(await models('promote', 'nothing', '1')).toMatchObject({ status: 1, output: expect.stringContaining('no nothing version 1') });
  });
});
