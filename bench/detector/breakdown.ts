import { DAY_MS } from '#core/clock.js';
import type { Store } from '#store/store.js';
import type { DetectorConfig } from '../../detector/config.js';
import { createReader } from '../../detector/readers.js';
import type { Steps } from '../../detector/steps.js';
import { sharesByFile, since, usage, type Spent } from './costs.js';

/** Steps in which the main thread is looked at, after those that are timed, and times that a part is done alone. */
const REPEATED = 4;
const LEAST_SHARE = 0.01;
/** Steps of the day before that are read at a time. */
const BEFORE_STEPS = 20;

/** Prints where the processor time of the measured steps went: by thread, on the main thread by file, and what ClickHouse takes for each of its parts when nothing else runs. `next` writes the telemetry of the next step. */
export async function breakDown(store: Store, live: Steps, config: DetectorConfig, { used, steps, watched, next }: { readonly used: Spent; readonly steps: number; readonly watched: number; readonly next: () => Promise<void> }): Promise<void> {
  const line = (ms: number, what: string, indent = 0): void => console.log(`${' '.repeat(indent)}${((ms * 1000) / watched).toFixed(2).padStart(6)} ${what}`);
  const shares = await sharesByFile(async () => {
    for (let done = 0; done < REPEATED; done += 1) {
      await next();
      await live.advance(live.doneUntil() + 2 * config.step);
    }
  });
  console.log('\nProcessor time per series and step, µs');
  line(used.main / steps, 'main thread');
  for (const [file, share] of [...shares].toSorted((a, b) => b[1] - a[1])) if (share >= LEAST_SHARE) line((used.main * share) / steps, file, 4);
  line(used.models / steps, 'threads of the models');
  line(used.others / steps, 'other threads: ClickHouse, collecting garbage');
  const reader = createReader(store, config.ignore_services);
  const until = live.doneUntil();
  const read = (): Promise<unknown> => reader.read(until - config.step, until, config.step);
  await read();
  const scores = await store.queryBytes('SELECT * FROM anomaly_scores WHERE time = (SELECT max(time) FROM anomaly_scores)', 'Native');
  console.log('Alone, all threads');
  line(await alone(read), 'reading a step', 4);
  line((await alone(() => reader.readBefore(until - DAY_MS, until - DAY_MS + BEFORE_STEPS * config.step, config.step))) / BEFORE_STEPS, `reading the day before, ${BEFORE_STEPS} steps at a time`, 4);
  line(await alone(() => store.insertNative('anomaly_scores', [scores])), 'storing scores', 4);
}

/** Processor time of some work, ms: the mean of some times. */
async function alone(work: () => Promise<unknown>): Promise<number> {
  const before = usage();
  for (let done = 0; done < REPEATED; done += 1) await work();
  return since(before).cpuMs / REPEATED;
}
