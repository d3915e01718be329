import { setImmediate } from 'node:timers/promises';
import type { Anomaly, Series, UnixMs } from '#core/types.js';
import { createArrivals } from './arrival.js';
import { createBand, judgeReadings, ruleOf, type Expectation } from './band.js';
import type { Ask } from './ask.js';
import type { Block } from './block.js';
import { decide } from './decide.js';
import type { DetectorConfig } from './config.js';
import { abandon, advance, createEpisodeState, endedBy, isBlank, isGone, isOutside, relearnMs, type EpisodeState } from './episode.js';
import type { Judged } from './judged.js';
import { restoreTails, tailsOf, type KnownTails } from './known-tails.js';
import type { LongMemories } from './long/live.js';
import type { Heard } from './long/voice.js';
import type { Measured } from './measured.js';
import { BUILT_IN_MEMBERS, probabilityOf, rankOf, type Member } from './members.js';
import { WINDOW } from './models/shape.js';
import { opine } from './opine.js';
import { createQuestions, silentMsOf } from './questions.js';
import { BLOCK_ROWS } from './rings.js';
import { createRows, isMissed, isNone, type Watched } from './rows.js';

export interface StepResult {
  readonly judged: Judged;
  /** Episodes that began, go on or ended in this step. */
  readonly anomalies: readonly Anomaly[];
  /** Series that it did not know before, also of attempts that failed. */
  readonly fresh: readonly Series[];
}

/** What was expected in slots that were judged abnormal, by series id. */
export type Abnormal = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** All series and what is known of them. Without I/O but for `run`. */
export interface Watch {
  /** Judges the readings of one slot that begins at `at`, with those of the day before in the same slot of `yesterday`; models are asked while they are still read. After an error the same step may be judged again. */
  step(at: UnixMs, measured: Measured | Promise<Measured>, slot: number, yesterday: Measured | undefined, yesterdaySlot?: number): Promise<StepResult>;
  /** Learns slots without judging them, the first of which begins at `from`: history read at the start. Silence that an earlier run judged abnormal counts as what it expected. Returns the series that it did not know. */
  learn(from: UnixMs, measured: Measured, abnormal?: Abnormal): Promise<readonly Series[]>;
  /** What an earlier run judged of late: these series, and the metrics of these services, came in time, so that they are missed when they do not. */
  trust(series: readonly string[], services: readonly string[]): void;
  /** Takes up what lasted when an earlier run stopped and may not be seen in the history that is to be learned: that a service, last seen at a time (0: too long ago), lost all its requests, or that its metrics stopped coming. */
  resume(anomaly: Anomaly, lastSeenAt: UnixMs): void;
  /** The clock was set back to `at`: what was seen since counts as seen then. Returns the episodes that lasted, which end. */
  setBack(at: UnixMs): readonly Anomaly[];
  /** The models that judge from the next step on. `tails` is what a new one knows of its errors. */
  setMembers(members: readonly Member[], tails?: KnownTails): void;
  /** What is known of the errors of models that judge, of one share of the series. */
  tails(share: number): readonly KnownTails[];
  /** Takes up what was known of models that judge. */
  restoreTails(known: KnownTails): void;
  /** Of metric series that are in no trouble one of so many points is judged from the next step on. */
  setEvery(steps: number): void;
  /** What is known of a series: its points, when the last came, how long it may be silent, and whether its silence at `at` would be judged as none. */
  known(id: string, at: UnixMs): { readonly points: number; readonly lastSeenAt: UnixMs; readonly silentMs: number; readonly missed: boolean } | undefined;
  /** The series of one block after another; undefined where there is none. */
  watched(block: number): readonly Series[] | undefined;
  counts(): { learned: number; learning: number; unwatched: number };
  open(): readonly Anomaly[];
}

/** What was seen so many steps before judging began comes in time. */
const LATE_STEPS = 2;
/** Points that are learned without a pause. */
const SLICE = 16_384;

/** Without `long` there is only what the windows hold. */
export function createWatch(config: DetectorConfig, models: Ask, long?: LongMemories): Watch {
  const all = createRows(config);
  const { blocks, blockOf } = all;
  const arrivals = createArrivals(config.step);
  const stepSeconds = config.step / 1000;
  const probability = probabilityOf(config);
  const band = createBand();
  let members = BUILT_IN_MEMBERS;
  let every = 1;
  /** When it began to judge after what it learned last. */
  let since = Number.POSITIVE_INFINITY;
  /** The last time without a pause in which somebody was asked something. */
  const asked = { from: Number.NaN, to: Number.NaN };
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

  function noteAsked(at: UnixMs): void {
    if (!(at - asked.to <= config.step)) asked.from = at;
    asked.to = at;
  }

  /** What was late when judging began may come late for ever: it is not missed before it was seen in time. */
  const isExpected = (block: Block, row: number, at: UnixMs): boolean => block.inTime[row] === 1 || isMissed(block, row, at) || (block.lastSeenAt[row] ?? 0) >= since - LATE_STEPS * config.step;

  /** Whether silence of a row means none at `at`: others are asked something, or, where nobody is who was asked in each step of the whole window, the service's own metrics go on. */
  function silenceIsNone(block: Block, row: number, at: UnixMs): boolean {
    if (!isNone(block, row, at) || !isExpected(block, row, at)) return false;
    const series = block.series[row];
    return asked.to === at || (series?.kind === 'rate' && series.operation === '' && asked.to - asked.from >= (WINDOW - 1) * config.step && arrivals.isHeard(series.service, at));
  }

  const isRelearned = (open: Anomaly, at: UnixMs): boolean => at - open.startsAt > relearnMs(open, config.relearn_after);

  /** With who says so: this runs for what is outside only. */
  function sourced(block: Block, place: number, at: UnixMs, expectations: readonly Expectation[]): Expectation[] {
    const { dayBeforeKnown, ...looked } = block.lookedAt(place, at);
    return expectations.map((one) => {
      const member = members.find(({ name }) => name === one.detector);
      const window = { ...looked, dayBefore: dayBeforeKnown && member?.inputs.some((name) => name === 'yesterday' || name === 'forecasts') === true };
      return { ...one, source: member?.model ? { model: member.model, window } : { window } };
    });
  }

  /** Judges what was asked about. Returns the episodes that began, go on or ended. */
  function conclude({ block, part }: Watched, at: UnixMs, hear: Judged['hear']): Anomaly[] {
    const changed: Anomaly[] = [];
    const stateOf = (place: number): EpisodeState | undefined => (block.episodes.size === 0 ? undefined : block.episodes.get(place));
    for (let row = 0; row < part.rows; row += 1) part.troubled[row] = stateOf(part.places[row] ?? 0)?.open ? 1 : 0;
    opine(part, members.map(({ calibration }) => block.tails(calibration)), probability);
    for (let row = 0; row < part.rows; row += 1) {
      const place = part.places[row] ?? 0;
      const series = part.series[row];
      if (!series) continue;
      const state = stateOf(place);
      part.reaches[row] = state?.open && !isRelearned(state.open, at) ? state.reach : block.reach(place);
      part.silences[row] = part.values[row] === 0 ? block.silence(place, at, config.step) : 0;
      decide(part, row, block.rules[place] ?? ruleOf(series), stepSeconds, config.sensitivity, band);
      const { score } = band;
      if (!state && score <= 1 && !long?.objectsTo(series)) {
        part.settle(row, band);
        block.push(place, part.values[row] ?? 0, at);
        continue;
      }
      const episode = state ?? createEpisodeState();
      const { expected } = band;
      if (!episode.open) episode.reach = part.reaches[row] ?? Number.NaN;
      const { reading, verdict } = hear(series, judgeReadings(series, part.readings(row), sourced(block, place, at, part.expectations(row)), stepSeconds, config.sensitivity));
      part.settle(row, verdict);
      const anomaly = advance(episode, series, at, reading, verdict, episode.open && isRelearned(episode.open, at));
      if (anomaly) changed.push(anomaly);
      // What is abnormal must not become normal until it has lasted: the window remembers what was expected instead. A metric's lone outliers are its nature.
      const lasting = episode.open !== undefined && isRelearned(episode.open, at);
      const alone = episode.open === undefined && series.kind === 'metric';
      // What only the long memory objects to is what the window holds already.
      const abnormal = !alone && !lasting && isOutside(episode, Math.min(score, verdict.score));
      block.push(place, abnormal ? expected : (part.values[row] ?? 0), at);
      if (isBlank(episode)) block.episodes.delete(place);
      else block.episodes.set(place, episode);
    }
    return changed;
  }

  /** Metrics have nothing to do with each other: one series after another, so that its points stay in the cache. */
  async function learnMetrics(from: UnixMs, measured: Measured): Promise<Series[]> {
    const { slots, values, counts } = measured;
    const pause = Math.ceil(SLICE / slots);
    const fresh: Series[] = [];
    for (let slot = 0; slot < slots; slot += 1) arrivals.learn(from + slot * config.step, measured, slot);
    for (let index = 0; index < measured.series.length; index += 1) {
      const series = measured.series[index];
      let row = -1;
      for (let slot = 0; series && slot < slots; slot += 1) {
        const value = values[index * slots + slot] ?? Number.NaN;
        if (Number.isNaN(value)) continue;
        const at = from + slot * config.step;
        if (row === -1) row = all.rowFor(series, fresh, at);
        if (row === -1) break;
        const { block } = blockOf(row);
        const own = row % BLOCK_ROWS;
        const count = counts[index * slots + slot] ?? 0;
        block.see(own, at, value, count);
        block.push(own, value, at);
        feed(series, at, value, count);
      }
      if (index % pause === pause - 1) await setImmediate();
    }
    return fresh;
  }

  /** Silence of requests means none, and what logs say for the first time they did not say before: one slot after another. */
  async function learnSlots(from: UnixMs, measured: Measured, abnormal: Abnormal): Promise<Series[]> {
    const fresh: Series[] = [];
    for (let slot = 0; slot < measured.slots; slot += 1) {
      await setImmediate();
      const at = from + slot * config.step;
      for (const series of all.admit(at, measured, slot, false)) fresh.push(series);
      arrivals.learn(at, measured, slot);
      const places = all.rowsOf(measured.series);
      for (let index = 0; index < places.length; index += 1) {
        const value = measured.values[index * measured.slots + slot] ?? Number.NaN;
        const series = measured.series[index];
        const row = places[index] ?? -1;
        if (row === -1 || !series || Number.isNaN(value)) continue;
        blockOf(row).block.push(row % BLOCK_ROWS, value, at);
        feed(series, at, value, measured.counts[index * measured.slots + slot] ?? 0);
      }
      if (measured.alive[slot] !== 1) continue;
      noteAsked(at);
      for (const row of all.counted) {
        const { block } = blockOf(row);
        const own = row % BLOCK_ROWS;
        const series = block.series[own];
        if (!series || block.readAt[own] === at || !isNone(block, own, at)) continue;
        block.push(own, abnormal.get(series.id)?.get(slot) ?? missed(block.episodes.get(own), at), at);
        feed(series, at, 0, 0);
      }
    }
    return fresh;
  }

  /** Of a service that lost all its requests, how many were expected. */
  function missed(state: EpisodeState | undefined, at: UnixMs): number {
    return state?.open && isGone(state) && at >= state.open.startsAt ? state.open.expected : 0;
  }

  return {
    async learn(from, measured, abnormal = new Map()) {
      since = Number.POSITIVE_INFINITY;
      // Of a step that failed: until then the rows are theirs who were asked.
      for (const { answers } of blocks) await Promise.allSettled(answers);
      return !measured.alive.includes(1) && measured.series.every(({ kind }) => kind === 'metric') ? learnMetrics(from, measured) : learnSlots(from, measured, abnormal);
    },
    trust(series, services) {
      for (const id of series) {
        const row = all.find(id);
        if (row !== undefined) blockOf(row).block.inTime[row % BLOCK_ROWS] = 1;
      }
      for (const service of services) arrivals.trust(service);
    },
    resume(anomaly, lastSeenAt) {
      const { series, direction, expected, contributions } = anomaly;
      if (contributions[0]?.detector === 'arrival') return arrivals.resume(anomaly);
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
      since = Math.min(since, at);
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
      const anomalies = arrivals.step(at, measured, slot);
      await setImmediate();
      if (measured.alive[slot] === 1) noteAsked(at);
      const hear = (series: Series, heard: Heard): Heard => long?.hear(series, at, heard) ?? heard;
      const judge = async (watched: Watched): Promise<void> => {
        await questions.answers(watched);
        watched.changed.push(...conclude(watched, at, hear));
        watched.judgedAt = at;
        await setImmediate();
      };
      for (const watched of blocks) {
        if (watched.askedAt !== at) questions.ask(watched, at, yesterday, yesterdaySlot);
        if (watched.gatheredAt !== at) {
          // Until the models have answered, what they were asked about stays as it is.
          await Promise.allSettled(watched.answers);
          watched.changed = questions.gather(watched, at, (block, row) => silenceIsNone(block, row, at));
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
      asked.to = Number.NaN;
      const ended = [...arrivals.setBack(at)];
      for (const { block } of blocks) {
        block.setBack(at);
        for (const episode of block.episodes.values()) {
          const one = abandon(episode);
          if (one) ended.push(endedBy(one, at));
        }
        block.episodes.clear();
      }
      return ended;
    },
    setMembers(next, tails) {
      members = next.toSorted((a, b) => rankOf(a) - rankOf(b));
      if (tails) restoreTails(all, tails);
    },
    tails: (share) => tailsOf(all, members, share),
    restoreTails(known) {
      if (members.some(({ calibration }) => calibration === known.calibration)) restoreTails(all, known);
    },
    setEvery(steps) {
      every = steps;
    },
    known(id, at) {
      const row = all.find(id);
      if (row === undefined) return undefined;
      const { block } = blockOf(row);
      const own = row % BLOCK_ROWS;
      return { points: block.rings.known(own), lastSeenAt: block.lastSeenAt[own] ?? 0, silentMs: silentMsOf(block, own, config.step), missed: all.counted.has(row) && isExpected(block, own, at) };
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
