import { setImmediate } from 'node:timers/promises';
import type { Anomaly, Series, UnixMs } from '#core/types.js';
import { createArrivals, type Arrivals } from './arrival.js';
import type { Ask } from './ask.js';
import { ruleOf } from './band.js';
import { createConclude } from './conclude.js';
import type { DetectorConfig } from './config.js';
import { abandon, createEpisodeState, endedBy } from './episode.js';
import type { Judged } from './judged.js';
import { restoreTails, tailsOf, type KnownTails } from './known-tails.js';
import { createLearn, type Abnormal } from './learn.js';
import type { LongMemories } from './long/live.js';
import type { Heard } from './long/voice.js';
import type { Measured } from './measured.js';
import { BUILT_IN_MEMBERS, rankOf, type Member } from './members.js';
import { WINDOW } from './models/shape.js';
import { createQuestions, silentMsOf } from './questions.js';
import { BLOCK_ROWS } from './rings.js';
import { createRows, type Watched } from './rows.js';
import { isSign } from './signs.js';
import { createSilence } from './silence.js';
import { ARRIVAL_METRIC, RUN_METRIC } from './words.js';

export interface StepResult {
  readonly judged: Judged;
  /** Episodes that began, go on or ended in this step. */
  readonly anomalies: readonly Anomaly[];
  /** Series that it did not know before, also of attempts that failed. */
  readonly fresh: readonly Series[];
}

/** All series and what is known of them. Without I/O but for `run`. */
export interface Watch {
  /** Judges the readings of one slot that begins at `at`, with those of the day before in the same slot of `yesterday`; models are asked while they are still read. After an error the same step may be judged again. */
  step(at: UnixMs, measured: Measured | Promise<Measured>, slot: number, yesterday: Measured | undefined, yesterdaySlot?: number): Promise<StepResult>;
  /** Learns slots without judging them, the first of which begins at `from`: history read at the start. Silence that an earlier run judged abnormal counts as what it expected. Returns the series that it did not know. */
  learn(from: UnixMs, measured: Measured, abnormal?: Abnormal): Promise<readonly Series[]>;
  /** What an earlier run judged of late: these series, and the metrics of these services, came in time, so that they are missed when they do not. */
  trust(series: readonly string[], services: readonly string[]): void;
  /** What is stored of when services that run again and again began to. */
  learnStarts: Arrivals['learnStarts'];
  /** Takes up what lasted when an earlier run stopped and may not be seen in the history that is to be learned: that a service, last seen at a time (0: too long ago), lost all its requests, that its metrics stopped coming, that it did not run, or what a sign said of it. */
  resume(anomaly: Anomaly, lastSeenAt: UnixMs): void;
  /** The clock was set back to `at`: what was seen since counts as seen then. Returns the episodes that lasted, which end. */
  setBack(at: UnixMs): readonly Anomaly[];
  /** The models that judge from the next step on. `tails` is what a new one knows of its errors. */
  setMembers(members: readonly Member[], tails?: readonly KnownTails[]): void;
  /** What is known of the errors of models that judge, of one share of the series. */
  tails(share: number): readonly KnownTails[];
  /** Takes up what was known of models that judge. */
  restoreTails(known: KnownTails): void;
  /** Of metric series that are in no trouble one of so many points is judged from the next step on. */
  setEvery(steps: number): void;
  /** While data wait that are not stored, nobody is missed. */
  setBlind(isBlind: boolean): void;
  /** What is known of a series: its points, when the last came, how long it may be silent, and whether its silence at `at` would be judged as none. */
  known(id: string, at: UnixMs): { readonly points: number; readonly lastSeenAt: UnixMs; readonly silentMs: number; readonly missed: boolean } | undefined;
  /** The series of one block after another; undefined where there is none. */
  watched(block: number): readonly Series[] | undefined;
  counts(): { learned: number; learning: number; unwatched: number };
  open(): readonly Anomaly[];
}

/** Without `long` there is only what the windows hold. */
export function createWatch(config: DetectorConfig, models: Ask, long?: LongMemories): Watch {
  const all = createRows(config);
  const { blocks, blockOf } = all;
  const arrivals = createArrivals(config.step);
  const silence = createSilence(config.step, arrivals);
  const conclude = createConclude(config, long);
  const learn = createLearn({ stepMs: config.step, rows: all, arrivals, silence, feed });
  let members = BUILT_IN_MEMBERS;
  let every = 1;
  let blind = false;
  /** Of a step that is not done. */
  let admitted: Series[] = [];
  const questions = createQuestions({ config, models, members: () => members, every: () => every, feed });
  /** One object for all: this runs for every point. */
  const fed = { value: 0, count: 0 };
  function feed(series: Series, at: UnixMs, value: number, count: number): void {
    if (!long) return;
    fed.value = value;
    fed.count = count;
    long.feed(series, at, fed);
  }

  /** Its series is in the history that is to be learned, or falls silent. */
  function resumeSign(anomaly: Anomaly, lastSeenAt: UnixMs): void {
    const { series, value } = anomaly;
    if (lastSeenAt === 0 || all.find(series.id) !== undefined) return;
    const row = all.rowFor(series, [], lastSeenAt);
    if (row === -1) return;
    const { block } = blockOf(row);
    block.see(row % BLOCK_ROWS, lastSeenAt, value, 0);
    block.episodes.set(row % BLOCK_ROWS, { ...createEpisodeState(), open: anomaly });
  }

  return {
    async learn(from, measured, abnormal = new Map()) {
      silence.beginAnew();
      // Of a step that failed: until then the rows are theirs who were asked.
      for (const { answers } of blocks) await Promise.allSettled(answers);
      return learn(from, measured, abnormal);
    },
    trust(series, services) {
      for (const id of series) {
        const row = all.find(id);
        if (row !== undefined) blockOf(row).block.inTime[row % BLOCK_ROWS] = 1;
      }
      for (const service of services) arrivals.trust(service);
    },
    learnStarts: arrivals.learnStarts,
    resume(anomaly, lastSeenAt) {
      const { series, direction, expected } = anomaly;
      if ([ARRIVAL_METRIC, RUN_METRIC].includes(series.metric)) return arrivals.resume(anomaly);
      if (isSign(anomaly)) return resumeSign(anomaly, lastSeenAt);
      if (lastSeenAt === 0 || series.kind !== 'rate' || series.operation !== '' || !ruleOf(series).isCounted || direction === 'up' || all.find(series.id) !== undefined) return;
      const row = all.rowFor(series, [], lastSeenAt);
      if (row === -1) return;
      const { block } = blockOf(row);
      const own = row % BLOCK_ROWS;
      block.see(own, lastSeenAt, expected, 0);
      for (let point = 0; point < WINDOW; point += 1) block.push(own, expected, lastSeenAt);
      block.episodes.set(own, { ...createEpisodeState(), reach: block.reach(own), open: { ...anomaly, value: 0, direction: 'absent' } });
    },
    async step(at, reading, slot, yesterday, yesterdaySlot = 0) {
      // That it failed matters when it is needed.
      if (reading instanceof Promise) reading.catch(() => undefined);
      silence.judgingFrom(at);
      await all.meet(yesterday);
      const began = performance.now();
      for (const watched of blocks) {
        if (watched.judgedAt === at) continue;
        // Of a step that failed.
        await Promise.allSettled(watched.answers);
        questions.ask(watched, at, yesterday, yesterdaySlot);
        await setImmediate();
      }
      const measured = await reading;
      const fresh = all.admit(at, measured, slot, true);
      for (const series of fresh) admitted.push(series);
      for (const { id } of fresh) {
        const row = all.find(id) ?? 0;
        const { block, askedAt } = blockOf(row);
        if (askedAt !== at) continue;
        block.noteSeason(row % BLOCK_ROWS, yesterday, yesterdaySlot);
        block.rings.putSeason(row % BLOCK_ROWS);
      }
      const anomalies = arrivals.step(at, measured, slot, !blind);
      await setImmediate();
      if (measured.alive[slot] === 1) silence.noteAsked(at);
      const hear = (series: Series, heard: Heard): Heard => long?.hear(series, at, heard) ?? heard;
      const judge = async (watched: Watched): Promise<void> => {
        await questions.answers(watched);
        watched.changed.push(...conclude(watched, at, members, hear));
        watched.judgedAt = at;
        await setImmediate();
      };
      for (const watched of blocks) {
        if (watched.askedAt !== at) questions.ask(watched, at, yesterday, yesterdaySlot);
        if (watched.gatheredAt !== at) {
          // Until the models have answered, what they were asked about stays as it is.
          await Promise.allSettled(watched.answers);
          watched.changed = questions.gather(watched, at, (block, row) => !blind && silence.isNone(block, row, at));
          watched.gatheredAt = at;
        }
        if (watched.judgedAt !== at && watched.answers.length === 1) await judge(watched);
      }
      // Those of which some came unexpected.
      for (const watched of blocks) if (watched.judgedAt !== at) await judge(watched);
      all.forget(at);
      const told = admitted;
      admitted = [];
      return { judged: { at, parts: blocks.map(({ part }) => part), runMs: Math.max(0, questions.answeredAt() - began), askAgain: questions.askAgain, hear }, anomalies: [...anomalies, ...blocks.flatMap(({ changed }) => changed)], fresh: told };
    },
    setBack(at) {
      silence.setBack();
      const ended = [...arrivals.setBack(at)];
      all.away.clear();
      for (const { block } of blocks) {
        block.setBack(at);
        for (const episode of block.episodes.values()) {
          const one = abandon(episode);
          if (one) ended.push(endedBy(one, at));
        }
        block.episodes.clear();
        block.habits.clear();
        block.surges.clear();
      }
      return ended;
    },
    setMembers(next, tails = []) {
      members = next.toSorted((a, b) => rankOf(a) - rankOf(b));
      for (const known of tails) restoreTails(all, known);
    },
    tails: (share) => tailsOf(all, members, share),
    restoreTails(known) {
      if (members.some(({ calibration }) => calibration === known.calibration)) restoreTails(all, known);
    },
    setEvery(steps) {
      every = steps;
    },
    setBlind(isBlind) {
      blind = isBlind;
    },
    known(id, at) {
      const row = all.find(id);
      if (row === undefined) return undefined;
      const { block } = blockOf(row);
      const own = row % BLOCK_ROWS;
      return { points: block.rings.known(own), lastSeenAt: block.lastSeenAt[own] ?? 0, silentMs: silentMsOf(block, own, config.step), missed: all.counted.has(row) && silence.isExpected(block, own, at) };
    },
    watched: (block) => blocks[block]?.block.series.filter((series) => series !== undefined),
    counts() {
      let learned = 0;
      for (const { block } of blocks) for (let row = 0; row < block.series.length; row += 1) if (block.series[row] && block.rings.known(row) >= config.min_points) learned += 1;
      return { learned, learning: all.size() - learned, unwatched: all.unwatched() };
    },
    open: () => [...arrivals.open(), ...blocks.flatMap(({ block }) => [...block.episodes.values()].flatMap(({ open }) => open ?? []))],
  };
}
