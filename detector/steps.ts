import { DAY_MS } from '#core/clock.js';
import type { Anomaly, Consumer, Series } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import { saveAnomalies } from '#store/anomalies.js';
import type { Store } from '#store/store.js';
import type { Ask } from './ask.js';
import type { DetectorConfig } from './config.js';
import { RETURN_SCORE } from './episode.js';
import type { Judged } from './judged.js';
import type { LongMemories } from './long/live.js';
import { createPast } from './long/past.js';
import type { Measured } from './measured.js';
import { WINDOW } from './models/shape.js';
import { createReader } from './readers.js';
import { FORGET_MS } from './rows.js';
import { createScoreBlocks } from './scores.js';
import { createWatch, type Abnormal, type StepResult, type Watch } from './watch.js';
import { ARRIVAL_METRIC } from './words.js';

/** Steps of the day before that are read at a time. */
const BEFORE_STEPS = 20;
/** Rows of one insert. */
const INSERTED = 5_000;
/** Ids that a server is asked for at once: they are part of an address, and what stands between may take no long ones. */
const ASKED = 300;
/** A series that was written down less than this ago is not written down again. */
const RENEW_MS = DAY_MS / 2;

export interface StepsOptions {
  readonly store: Store;
  readonly config: DetectorConfig;
  readonly models: Ask;
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
  /** Fills the windows with the history before `until` without judging it. Where steps after `until` are done the clock was set back: they are forgotten. */
  learn(until: number): Promise<void>;
  /** Reads, judges and stores the next step, and hands on the episodes that changed. The step after it is read while this one is stored, where it is over by `until`. After an error the episodes are kept for the next call. */
  advance(until?: number): Promise<void>;
  /** Gives long memories their past for about `budgetMs`. */
  recall(budgetMs: number): Promise<void>;
}

export function createSteps({ store, config, models, long, anomalies, observer }: StepsOptions): Steps {
  const watch = createWatch(config, models, long);
  let reader = createReader(store, config.ignore_services);
  let past = long && createPast(long, reader, config.step);
  const scoreBlocks = createScoreBlocks();
  let done = 0;
  /** Some steps of the day before, from `from` on: each costs as much to read as all of them. */
  let before: { readonly from: number; readonly measured: Measured } | undefined;
  /** What was measured in a step that is not done yet: read once, as counters go on from what was read last. */
  let current: { readonly from: number; readonly measured: Promise<Measured> } | undefined;
  /** Episodes that the consumer did not take: given again with the next step, newest state per episode. */
  let pending = new Map<string, Anomaly>();
  /** Episodes that are stored, as not over yet. */
  const stored = new Set<string>();
  /** Those whose beginning or end has to be stored. */
  let unstored = new Map<string, Anomaly>();
  /** Series that are new and have to be written down. */
  let unsaved: Series[] = [];
  /** All that are watched are written down anew once a day, some in a step: since when, and which block of them is next. */
  let renewal = { since: 0, next: Number.POSITIVE_INFINITY };

  /** Points that an earlier run judged abnormal: the history that is learned has what was expected in their place. */
  async function readAbnormal(from: number, until: number): Promise<Abnormal> {
    const found = await store.query<{ series: string; slot: number; expected: number }>(
      'SELECT series, toInt32(intDiv(toUnixTimestamp64Milli(time) - {from:Int64}, {step:Int64})) AS slot, expected FROM anomaly_scores WHERE score > 1 AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({until:Int64})',
      { params: { from, until, step: config.step } },
    );
    const bySeries = new Map<string, Map<number, number>>();
    for (const { series, slot, expected } of found) {
      const slots = bySeries.get(series) ?? new Map<number, number>();
      bySeries.set(series, slots.set(slot, expected));
    }
    return bySeries;
  }

  /** An outage that began while nobody watched is seen in history alone, as what comes too late is: what was judged in the last hour came in time. */
  async function trust(until: number): Promise<void> {
    const [known] = await store.query<{ series: string[]; services: string[] }>(
      "SELECT groupUniqArrayIf(id, kind IN ('rate', 'logs')) AS series, groupUniqArrayIf(service, kind = 'metric') AS services FROM watched_series WHERE id IN (SELECT series FROM anomaly_scores WHERE value != 0 AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({until:Int64}))",
      { params: { from: until - FORGET_MS, until } },
    );
    watch.trust(known?.series ?? [], known?.services ?? []);
  }

  /** Takes up services that an earlier run missed: whose requests were none when it judged them last, and that was trouble still, though there were some in the last day, and whose metrics stopped coming. What else it left open of requests ended when it was trouble last. */
  async function resume(until: number): Promise<void> {
    const lasting = `SELECT series, document, starts_at FROM anomalies FINAL WHERE ends_at IS NULL AND metric IN ('requests', '${ARRIVAL_METRIC}') AND starts_at >= fromUnixTimestamp64Milli({from:Int64}) AND starts_at < fromUnixTimestamp64Milli({until:Int64})`;
    const found = await store.query<{ document: string; last: string; troubled: string }>(
      `SELECT document, if(missed, toUnixTimestamp64Milli(last), 0) AS last, toUnixTimestamp64Milli(troubled) AS troubled FROM (${lasting} ORDER BY starts_at DESC LIMIT 1 BY series) AS lasting LEFT JOIN (
         SELECT series, maxIf(time, value > 0) AS last, maxIf(time, score > {return:Float64}) AS troubled, argMax(value, time) = 0 AND argMax(score, time) > {return:Float64} AS missed FROM anomaly_scores WHERE series IN (SELECT series FROM (${lasting})) AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({until:Int64}) GROUP BY series) AS seen
       ON seen.series = lasting.series`,
      { params: { from: until - DAY_MS, until, return: RETURN_SCORE } },
    );
    const left = found.map((row) => ({ ...row, anomaly: JSON.parse(row.document) as Anomaly }));
    for (const { anomaly, last } of left) watch.resume(anomaly, Number(last));
    const open = new Set(watch.open().map(({ id }) => id));
    for (const { anomaly, troubled } of left) {
      if (anomaly.series.metric === ARRIVAL_METRIC || open.has(anomaly.id) || unstored.has(anomaly.id)) continue;
      unstored.set(anomaly.id, { ...anomaly, endsAt: Math.max(anomaly.updatedAt, Number(troubled)) });
    }
  }

  function knownYesterday(at: number): { readonly measured: Measured; readonly slot: number } | undefined {
    const slot = before ? (at - DAY_MS - before.from) / config.step : -1;
    return before && slot >= 0 && slot < before.measured.slots ? { measured: before.measured, slot } : undefined;
  }

  async function readYesterday(at: number): Promise<{ readonly measured: Measured; readonly slot: number }> {
    const known = knownYesterday(at);
    if (known) return known;
    const from = at - DAY_MS;
    // Two of them would be the largest things in memory.
    before = undefined;
    before = { from, measured: await reader.readBefore(from, from + BEFORE_STEPS * config.step, config.step) };
    return { measured: before.measured, slot: 0 };
  }

  function read(from: number): Promise<Measured> {
    if (current?.from === from) return current.measured;
    const measured = reader.read(from, from + config.step, config.step);
    current = { from, measured };
    measured.catch(() => {
      if (current?.measured === measured) current = undefined;
    });
    return measured;
  }

  /** Of the next step the day before, where it has to be read, as nothing else is read beside it; else what was measured. */
  async function readAhead(): Promise<void> {
    // That it failed matters when it is needed.
    await (knownYesterday(done) ? read(done) : readYesterday(done)).catch(() => undefined);
  }

  function setBack(until: number): void {
    // It has seen counters of times that are to come.
    reader = createReader(store, config.ignore_services);
    past = long && createPast(long, reader, config.step);
    before = undefined;
    long?.setBack(until);
    for (const anomaly of watch.setBack(until)) {
      pending.set(anomaly.id, anomaly);
      unstored.set(anomaly.id, anomaly);
    }
  }

  /** Writes down what is seen, where it is not written down yet or that was long ago. */
  async function writeDown(at: number, seen: readonly Series[]): Promise<void> {
    for (let from = 0; from < seen.length; from += INSERTED) {
      const some = seen.slice(from, from + INSERTED);
      const known = await knownOf(some);
      const due = some.filter(({ id }) => at - (known.get(id)?.last ?? Number.NEGATIVE_INFINITY) >= RENEW_MS);
      if (due.length > 0) await store.insert('watched_series', due.map((series) => ({ ...series, first_seen: rfc3339(known.get(series.id)?.first ?? at), last_seen: rfc3339(at) })));
    }
  }

  /** When those that are written down were seen. */
  async function knownOf(some: readonly Series[]): Promise<ReadonlyMap<string, { readonly first: number; readonly last: number }>> {
    const known = new Map<string, { first: number; last: number }>();
    const asked = store.mode === 'embedded' ? some.length : ASKED;
    for (let from = 0; from < some.length; from += asked) {
      const rows = await store.query<{ id: string; first: string; last: string }>(
        'SELECT id, toUnixTimestamp64Milli(min(first_seen)) AS first, toUnixTimestamp64Milli(max(last_seen)) AS last FROM watched_series WHERE id IN {ids:Array(String)} GROUP BY id',
        { params: { ids: some.slice(from, from + asked).map(({ id }) => id) } },
      );
      for (const { id, first, last } of rows) known.set(id, { first: Number(first), last: Number(last) });
    }
    return known;
  }

  async function saveFresh(at: number, fresh: readonly Series[]): Promise<void> {
    for (const series of fresh) unsaved.push(series);
    await writeDown(at, unsaved);
    unsaved = [];
  }

  async function renewSome(at: number): Promise<void> {
    if (at - renewal.since >= DAY_MS) renewal = { since: at, next: 0 };
    const some = watch.watched(renewal.next);
    if (!some) return;
    await writeDown(at, some);
    renewal.next += 1;
  }

  async function save(at: number, { judged, anomalies: changed, fresh }: StepResult): Promise<void> {
    for (const anomaly of changed) if (anomaly.endsAt !== null || !stored.has(anomaly.id)) unstored.set(anomaly.id, anomaly);
    await saveFresh(at, fresh);
    await renewSome(at);
    const blocks = await scoreBlocks(at, judged.parts);
    if (blocks.length > 0) await store.insertNative('anomaly_scores', blocks);
    await saveAnomalies(store, [...unstored.values()]);
    for (const { id, endsAt } of unstored.values()) {
      if (endsAt === null) stored.add(id);
      else stored.delete(id);
    }
    unstored = new Map();
  }

  return {
    watch,
    doneUntil: () => done,
    async learn(until) {
      current = undefined;
      if (until < done) setBack(until);
      const from = until - WINDOW * config.step;
      const abnormal = await readAbnormal(from, until);
      await resume(until);
      for await (const part of reader.readHistory(from, until, config.step)) {
        for (const [index, { id }] of part.series.entries()) {
          for (const [slot, expected] of abnormal.get(id) ?? []) {
            const at = index * part.slots + slot;
            if (!Number.isNaN(part.values[at])) part.values[at] = expected;
          }
        }
        await saveFresh(from, await watch.learn(from, part, abnormal));
      }
      await trust(until);
      renewal = { since: until, next: Number.POSITIVE_INFINITY };
      done = until;
    },
    async advance(until = 0) {
      const from = done;
      const yesterday = await readYesterday(from);
      const result = await watch.step(from, read(from), 0, yesterday.measured, yesterday.slot);
      current = undefined;
      done = from + config.step;
      for (const anomaly of result.anomalies) pending.set(anomaly.id, anomaly);
      const [saved] = await Promise.allSettled([save(from, result), done + config.step <= until ? readAhead() : undefined]);
      if (saved.status === 'rejected') throw saved.reason;
      await anomalies.consume([...pending.values()]);
      pending = new Map();
      await observer?.consume(result.judged);
    },
    recall: async (budgetMs) => past?.advance(budgetMs, done),
  };
}
