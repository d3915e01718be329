import type { Anomaly, Consumer } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { DetectorConfig } from './config.js';
import type { LongMemories } from './long/live.js';
import { WINDOW } from './models/shape.js';
import { createReader } from './readers.js';
import { createWatch, type Judged, type Run, type StepResult, type Watch } from './watch.js';

const DAY_MS = 86_400_000;

export interface StepsOptions {
  readonly store: Store;
  readonly config: DetectorConfig;
  readonly run: Run;
  readonly long?: LongMemories;
  readonly anomalies: Consumer<readonly Anomaly[]>;
  /** Sees what was judged after it was told. */
  readonly observer?: Consumer<Judged>;
}

/** Detection over what is stored, one step after another, without a clock of its own: the live detector and a replay of the past are the same. */
export interface Steps {
  readonly watch: Watch;
  /** Every step before this time is judged or learned. */
  doneUntil(): number;
  /** Fills the windows with the history before `until` without judging it. */
  learn(until: number): Promise<void>;
  /** Reads, judges and stores the next step, and hands on the episodes that changed. After an error the episodes are kept for the next call. */
  advance(): Promise<void>;
}

export function createSteps({ store, config, run, long, anomalies, observer }: StepsOptions): Steps {
  const watch = createWatch(config, run, long);
  const read = createReader(store, config.ignore_services);
  /** The reader keeps counters by time, so the day before has a reader of its own. */
  const readBefore = createReader(store, config.ignore_services);
  let done = 0;
  /** Episodes that the consumer did not take: given again with the next step, newest state per episode. */
  let pending = new Map<string, Anomaly>();

  /** Points that an earlier run judged abnormal: the history that is learned has what was expected in their place. */
  const readAbnormal = (from: number, until: number) =>
    store.query<{ series: string; slot: number; expected: number }>(
      'SELECT series, toInt32(intDiv(toUnixTimestamp64Milli(time) - {from:Int64}, {step:Int64})) AS slot, expected FROM anomaly_scores WHERE score > 1 AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({until:Int64})',
      { params: { from, until, step: config.step } },
    );

  async function save(at: number, { scores, anomalies: changed, fresh }: StepResult): Promise<void> {
    const seen = new Date(at).toISOString();
    await store.insert('watched_series', fresh.map((series) => ({ ...series, first_seen: seen, last_seen: seen })));
    await store.insert('anomaly_scores', scores.map(({ series, value, expected, lower, upper, score }) => ({ time: seen, series: series.id, value, expected, lower, upper, score })));
    const notable = changed.filter((anomaly) => anomaly.endsAt !== null || (anomaly.updatedAt === at && anomaly.startsAt >= at - 2 * config.step));
    await store.insert(
      'anomalies',
      notable.map((anomaly) => ({
        id: anomaly.id, series: anomaly.series.id, service: anomaly.series.service, metric: anomaly.series.metric, starts_at: new Date(anomaly.startsAt).toISOString(),
        ends_at: anomaly.endsAt === null ? null : new Date(anomaly.endsAt).toISOString(), updated_at: new Date(anomaly.updatedAt).toISOString(), score: anomaly.score, document: JSON.stringify(anomaly),
      })),
    );
  }

  return {
    watch,
    doneUntil: () => done,
    async learn(until) {
      const from = until - WINDOW * config.step;
      const [measured, abnormal] = await Promise.all([read(from, until, config.step), readAbnormal(from, until)]);
      for (const { series, slot, expected } of abnormal) {
        const reading = measured.series.get(series)?.slots;
        if (reading?.has(slot)) reading.set(slot, { value: expected, count: 0 });
      }
      for (let slot = 0; slot < WINDOW; slot += 1) watch.learn(from + slot * config.step, measured, slot);
      done = until;
    },
    async advance() {
      const from = done;
      const [measured, yesterday] = await Promise.all([read(from, from + config.step, config.step), readBefore(from - DAY_MS, from - DAY_MS + config.step, config.step)]);
      const result = await watch.step(from, measured, 0, yesterday);
      done = from + config.step;
      await save(from, result);
      for (const anomaly of result.anomalies) pending.set(anomaly.id, anomaly);
      await anomalies.consume([...pending.values()]);
      pending = new Map();
      await observer?.consume(result.judged);
    },
  };
}
