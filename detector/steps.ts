import { DAY_MS } from '#core/clock.js';
import type { Anomaly, Consumer } from '#core/types.js';
import { saveAnomalies } from '#store/anomalies.js';
import type { Store } from '#store/store.js';
import type { Ask } from './ask.js';
import type { DetectorConfig } from './config.js';
import { loadAbnormal, loadLeftOpen, loadStarts, loadTrusted } from './earlier-run.js';
import { relearnMs } from './episode.js';
import type { Judged } from './judged.js';
import type { Abnormal } from './learn.js';
import type { LongMemories } from './long/live.js';
import { createPast } from './long/past.js';
import type { Measured } from './measured.js';
import { WINDOW } from './models/shape.js';
import { createReader } from './readers.js';
import { createScoreBlocks } from './scores.js';
import { createSeriesBook } from './series-book.js';
import { isSign } from './signs.js';
import { createWatch, type StepResult, type Watch } from './watch.js';
import { ARRIVAL_METRIC } from './words.js';

/** Steps of the day before that are read at a time. */
const BEFORE_STEPS = 20;

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
  const book = createSeriesBook(store, watch);
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

  /** Takes up services that an earlier run missed: whose requests were none when it judged them last, and that was trouble still, though there were some in the last day, and whose metrics stopped coming, and signs. What else it left open of them ended when it was trouble last. */
  async function resume(until: number): Promise<void> {
    const left = await loadLeftOpen(store, until);
    for (const { anomaly, last, troubled } of left) watch.resume(anomaly, isSign(anomaly) ? troubled : last);
    const open = new Set(watch.open().map(({ id }) => id));
    for (const { anomaly, troubled } of left) {
      if (anomaly.series.metric === ARRIVAL_METRIC || open.has(anomaly.id) || unstored.has(anomaly.id)) continue;
      unstored.set(anomaly.id, { ...anomaly, endsAt: Math.max(anomaly.updatedAt, troubled) });
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

  /** What judging would have kept from becoming normal: points of an earlier run, and what lasts, in steps that are skipped. */
  async function abnormalSince(from: number, until: number): Promise<Abnormal> {
    const judged = await loadAbnormal(store, from, until, config.step);
    const lasting = watch.open().map((open): [string, ReadonlyMap<number, number>] => {
      const slots = new Map(judged.get(open.series.id));
      const relearned = open.startsAt + relearnMs(open, config.relearn_after);
      for (let at = Math.max(from, done); at < until && at <= relearned; at += config.step) slots.set((at - from) / config.step, open.expected);
      return [open.series.id, slots];
    });
    return new Map([...judged, ...lasting]);
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

  async function save(at: number, { judged, anomalies: changed, fresh }: StepResult): Promise<void> {
    for (const anomaly of changed) if (anomaly.endsAt !== null || !stored.has(anomaly.id)) unstored.set(anomaly.id, anomaly);
    await book.add(at, fresh);
    await book.renewSome(at);
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
      const abnormal = await abnormalSince(from, until);
      await resume(until);
      // A sign needs no usual, but what was measured.
      const signs = new Set(watch.open().filter(isSign).map(({ series }) => series.id));
      for await (const part of reader.readHistory(from, until, config.step)) {
        for (const [index, { id }] of part.series.entries()) {
          if (signs.has(id)) continue;
          for (const [slot, expected] of abnormal.get(id) ?? []) {
            const at = index * part.slots + slot;
            if (!Number.isNaN(part.values[at])) part.values[at] = expected;
          }
        }
        await book.add(from, await watch.learn(from, part, abnormal));
      }
      const trusted = await loadTrusted(store, until);
      watch.trust(trusted.series, trusted.services);
      watch.learnStarts(await loadStarts(store, until));
      book.renewed(until);
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
