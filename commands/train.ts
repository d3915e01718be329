import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, PipelineError } from '#core/errors.js';
import { rfc3339 } from '#core/words.js';
import { openStore } from '#store/open.js';
import type { Config } from '../config.js';
import { readModel, writeModel } from '../detector/models/files.js';
import { readHistory, type History } from '../detector/train/history.js';
import { qualityTable } from '../detector/train/measure.js';
import { readRecorded } from '../detector/train/recorded.js';
import { compareOn, trainGlobal, trainOn, type RunOptions } from '../detector/train/runs.js';

/** As given on the command line. */
export interface TrainFlags {
  readonly seed?: string | undefined;
  readonly steps?: string | undefined;
  readonly days?: string | undefined;
  readonly input?: string | undefined;
  readonly output?: string | undefined;
  readonly tenant?: boolean | undefined;
}

const DEFAULTS = { seed: 1, steps: 4_000, tenantSteps: 400, days: 3, output: 'forecaster' };
const MOST_STEPS = 1_000_000;
const MOST_DAYS = 14;
const PROGRESS_EVERY_MS = 2_000;
const shipped = (): string => fileURLToPath(new URL('../detector/models/shipped/forecaster', import.meta.url));

/** `faultline train`: trains a forecaster and writes it as a folder, whose path it gives. `train evaluate [FOLDER] --input DIR` measures one on recorded series and gives none. */
export async function runTrain(rest: readonly string[], flags: TrainFlags, config: Pick<Config, 'data_dir' | 'clickhouse_url' | 'retention'>): Promise<string | undefined> {
  const [command, folder = shipped(), ...more] = rest;
  if (command === 'evaluate' && more.length === 0) return evaluate(folder, flags.input);
  if (command !== undefined || flags.input !== undefined) throw new PipelineError('CONFIG_INVALID', 'usage: faultline train [--seed N] [--steps N] [--output DIR] [--tenant [--days N]] [--register]\n       faultline train evaluate [FOLDER] --input DIR');
  const seed = whole('seed', flags.seed, DEFAULTS.seed, 0, 2 ** 31 - 1);
  const steps = whole('steps', flags.steps, flags.tenant ? DEFAULTS.tenantSteps : DEFAULTS.steps, 1, MOST_STEPS);
  const days = whole('days', flags.days, DEFAULTS.days, 1, MOST_DAYS);
  if (flags.days !== undefined && !flags.tenant) throw new PipelineError('CONFIG_INVALID', '--days is for --tenant: without it nothing of your own is read');
  const output = writable(flags.output ?? DEFAULTS.output);
  const began = performance.now();
  const run: RunOptions = { seed, steps, onStep: progress(steps) };
  const { model, reports } = flags.tenant ? await trainOn(await historyOf(days, config), readModel(shipped()), run) : await trainGlobal(run);
  writeModel(output, model);
  for (const [title, qualities] of Object.entries(reports)) console.log(`${qualityTable(title, qualities)}\n`);
  console.log(`${model.card.name}: ${model.card.parameters} parameters, ${Math.round(model.onnx.length / 1024)} KiB, in ${((performance.now() - began) / 1000).toFixed(0)} s.`);
  console.log(`sha256 ${model.card.sha256}\nWritten to ${output}.`);
  return output;
}

async function evaluate(folder: string, input: string | undefined): Promise<undefined> {
  if (input === undefined) throw new PipelineError('CONFIG_INVALID', 'name the folder of recorded series with --input');
  const model = readModel(folder);
  const all = readRecorded(input);
  const { mean, best } = await compareOn(all, model);
  console.log(qualityTable(`${all.size} series, next point, mean over series`, mean));
  console.log(`lowest pinball: ${Object.entries(best).map(([name, count]) => `${name} on ${count}`).join(', ')}`);
}

/** Reads the store of a Faultline that is stopped, or the ClickHouse server. */
async function historyOf(days: number, { data_dir: dataDir, clickhouse_url: url, retention }: Pick<Config, 'data_dir' | 'clickhouse_url' | 'retention'>): Promise<History> {
  if (url === '' && !existsSync(join(dataDir, 'clickhouse'))) throw new PipelineError('NOT_FOUND', `${resolve(dataDir)} holds no data of Faultline; name the folder with FAULTLINE_DATA_DIR, or the server with CLICKHOUSE_URL`);
  const where = url === '' ? resolve(dataDir) : 'the ClickHouse server';
  const store = await openStore(url === '' ? { dataDir } : { url }, retention).catch((error: unknown) => {
    if (error instanceof PipelineError && error.code === 'DATA_DIR_IN_USE') throw error;
    throw new PipelineError('STORE_UNAVAILABLE', `cannot read the history in ${where}: ${messageOf(error)}`, { retryable: false, cause: error });
  });
  try {
    const history = await readHistory(store, days);
    console.error(`History of ${history.trained.length} series from ${rfc3339(history.from)} to ${rfc3339(history.until)}; ${history.abnormal} abnormal points left out.`);
    return history;
  } finally {
    await store.close();
  }
}

/** Refuses before the work what could not be written after it. */
function writable(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch (cause) {
    throw new PipelineError('CONFIG_INVALID', `cannot write to ${folder}: ${messageOf(cause)}`, { cause });
  }
}

function whole(name: string, text: string | undefined, otherwise: number, least: number, most: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (text?.trim() === '' || !Number.isInteger(value) || value < least || value > most) throw new PipelineError('CONFIG_INVALID', `--${name} must be a whole number from ${least} to ${most}, not "${text}"`);
  return value;
}

function progress(steps: number): (step: number, loss: number) => void {
  const began = performance.now();
  let told = began;
  return (step, loss) => {
    const now = performance.now();
    if (now - told < PROGRESS_EVERY_MS && step < steps) return;
    told = now;
    console.error(`step ${step} of ${steps}, loss ${loss.toFixed(4)}, ${(((now - began) / 1000 / step) * (steps - step)).toFixed(0)} s left`);
  };
}
