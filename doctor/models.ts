import { builtInModels } from '../detector/models/built-in.js';
import type { Model } from '../detector/models/model.js';
import { openInference, type Inference } from '../detector/onnx/inference.js';
import { missing, PROVIDERS, type Provider } from '../detector/onnx/providers.js';
import { absent, broken, firstLine, ok, type Check } from './check.js';

const ROWS = 1000;
const TIMES = 3;

/** The version of ONNX Runtime, then each provider: the one that is used, those that would do as well, and why the others do not. */
export async function checkModels(providers: readonly Provider[] = PROVIDERS): Promise<Check[]> {
  try {
    const { env } = await import('onnxruntime-node');
    const checks = [ok('onnxruntime', env.versions.node ?? 'of an unknown version')];
    for (const provider of providers) checks.push(await checkProvider(provider, checks.some(({ part, state }) => part !== 'onnxruntime' && state === 'ok')));
    return checks;
  } catch (error) {
    return [broken('onnxruntime', `does not load: ${firstLine(error)}; run npm ci again on this machine`)];
  }
}

async function checkProvider(provider: Provider, taken: boolean): Promise<Check> {
  const part = `provider ${provider}`;
  // Without a GPU the models run on the processor as well; without the processor nothing does.
  const unusable = (reason: string): Check => (provider === 'cpu' ? broken : absent)(part, `not used: ${reason}`);
  const reason = missing(provider);
  if (reason) return unusable(reason);
  let inference: Inference | undefined;
  try {
    inference = await openInference([provider]);
    const words: string[] = [];
    for (const model of builtInModels()) words.push(await measure(inference, model));
    return ok(part, `${taken ? 'works as well' : 'in use'}; ${words.join('; ')}`);
  } catch (error) {
    return unusable(firstLine(error));
  } finally {
    await inference?.close();
  }
}

/** How far the answer is from the one worked out in plain code, and the time for a thousand series. */
async function measure({ run }: Inference, { card: { name }, golden }: Model): Promise<string> {
  const given = await run(name, 1, golden.inputs);
  const error = Math.max(Math.abs((given.expected[0] ?? Number.NaN) - golden.expected), Math.abs((given.scale[0] ?? Number.NaN) - golden.scale));
  const many = Object.fromEntries(Object.entries(golden.inputs).map(([input, row]) => [input, repeat(row, ROWS)]));
  let best = Infinity;
  for (let time = 0; time < TIMES; time += 1) {
    const began = performance.now();
    await run(name, ROWS, many);
    best = Math.min(best, performance.now() - began);
  }
  return `${name} answers within ${error.toExponential(0)} of what is known, ${best.toFixed(1)} ms for ${ROWS} series`;
}

function repeat(row: Float32Array, rows: number): Float32Array {
  const all = new Float32Array(row.length * rows);
  for (let index = 0; index < rows; index += 1) all.set(row, index * row.length);
  return all;
}
