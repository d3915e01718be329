import { DAY_MS, HOUR_MS } from '#core/clock.js';
import type { Series, SeriesState, UnixMs } from '#core/types.js';
import type { Reading } from '../band.js';
import { LOG_PATTERN_METRIC } from '../words.js';
import { createLongMemory, emptyFrom, learnFilled, noteStep, reachedBy, walkLongMemory, type LongMemory } from './one.js';
import { read, write, type Walk } from './state.js';
import { isRipe, RIPE_DAYS } from './usual.js';
import { calm, type Heard } from './voice.js';

/** A coarser step than that of the short windows: noise is less, and a week is 10,000 points. */
const LEAST_PACE_MS = 60_000;
/** A series unseen for longer than a week loses its memory. */
export const FORGET_MS = 8 * DAY_MS;
/** One that is silent for so long before it has anything to say makes room for a series that has none: pods come and go without end. */
const SILENT_MS = 3_600_000;
/** A memory that was ahead of the clock by less learned its points at about the right time of the day. */
const MOST_AHEAD_MS = 3_600_000;

/** The state of one memory, as it is kept over a restart. */
export interface KeptMemory {
  readonly series: string;
  readonly rank: number;
  readonly until: UnixMs;
  readonly state: Buffer;
}

/** The long memories of the live detector: what weeks say of a point that the short windows judged. Without I/O. */
export interface LongMemories {
  /** Takes what a series shows from `at` on, before it is judged. */
  feed(series: Series, at: UnixMs, reading: Reading): void;
  /** Series that were fed but wait for their past, up to `most`: those that were kept first, then those that matter most, then the oldest. */
  waiting(most: number): Waiting[];
  /** Takes what such a series showed in the past. */
  recall(series: Series, at: UnixMs, reading: Reading): void;
  /** It has its past: from now on it is fed. */
  recalled(series: Series): void;
  /** While it rests nothing is fed and nothing objected to; afterwards what was missed is recalled. */
  rest(resting: boolean): void;
  /** The clock was set back to `at`: memories that learned far beyond it are learned anew, from their past where there is one; others wait until it is where they were. */
  setBack(at: UnixMs): void;
  /** Whether it has something to say of a series that the windows find well. */
  objectsTo(series: Series): boolean;
  /** The verdict of the short windows, calmed where the like recurs, or the objection of the long memory where that is stronger. */
  hear(series: Series, at: UnixMs, heard: Heard): Heard;
  /** How far the memory of a series is; null where it has none. */
  stateOf(id: string): SeriesState['longMemory'];
  counts(): { readonly known: number; readonly speaking: number; readonly waiting: number };
  /** Those that have learned most since they were kept, no more than `most`. */
  unkept(most: number): KeptMemory[];
  kept(memories: readonly KeptMemory[]): void;
  /** Takes up a kept state. Throws, and knows nothing of the series, when it does not fit. */
  restore(memory: KeptMemory): void;
}

/** A series that waits for what it showed from `from` on; 0 for all that is known. */
export interface Waiting {
  readonly series: Series;
  readonly from: UnixMs;
}

export interface LongOptions {
  readonly stepMs: number;
  /** How many series may have one. */
  readonly most: number;
  readonly sensitivity: number;
  /** How rarely noise alone may leave a band. */
  readonly falseAlarmEveryMs: number;
  /** Whether there is a past to wait for. */
  readonly recalls: boolean;
}

/** Which series have a memory when not all can: services before operations, requests before logs before metrics, and these before patterns of logs, which come without end. */
export function rankOf({ kind, operation, metric }: Series): number {
  if (metric === LOG_PATTERN_METRIC) return 4;
  if (kind === 'metric') return 3;
  if (kind === 'logs') return 2;
  return operation === '' ? 0 : 1;
}

export function createLongMemories({ stepMs, most, sensitivity, falseAlarmEveryMs, recalls }: LongOptions): LongMemories {
  const paceMs = Math.max(LEAST_PACE_MS, stepMs);
  const measure = { stepMs, paceMs, sensitivity, falseAlarmEveryMs };
  const all = new Map<string, LongMemory>();
  /** How many there are of each rank. */
  const ranked: number[] = [];
  let sweptAt = 0;
  let fedAt = 0;
  /** Of the last sweep those that may make room: what matters least comes last, and of that the youngest. */
  let silent: string[] = [];
  let resting = false;

  const slices = Math.ceil(paceMs / stepMs);
  /** The same over a restart. */
  const phaseOf = (id: string): number => ((Number.parseInt(id.slice(-4), 16) || 0) % slices) * stepMs;

  const create = (id: string, rank: number): LongMemory => ({ ...createLongMemory(rank, phaseOf(id), measure), waits: recalls });

  const walkOf = (memory: LongMemory) => (walk: Walk): void => {
    const pace = walk.number(paceMs);
    if (pace !== paceMs) throw new Error(`it remembers points every ${pace} ms, and they come every ${paceMs} ms`);
    walkLongMemory(memory, walk);
  };

  function put(id: string, memory: LongMemory): LongMemory {
    remove(id);
    all.set(id, memory);
    ranked[memory.rank] = (ranked[memory.rank] ?? 0) + 1;
    return memory;
  }

  function remove(id: string): void {
    const memory = all.get(id);
    if (!memory) return;
    all.delete(id);
    ranked[memory.rank] = (ranked[memory.rank] ?? 0) - 1;
  }

  function rankAnew(memory: LongMemory, rank: number): void {
    ranked[memory.rank] = (ranked[memory.rank] ?? 0) - 1;
    memory.rank = rank;
    ranked[rank] = (ranked[rank] ?? 0) + 1;
  }

  /** Makes room for a series: one goes that fell silent before it had anything to say and matters no more, or, of those that matter less, the youngest of those that matter least. */
  function admit(id: string, rank: number, at: UnixMs): LongMemory | undefined {
    if (all.size < most) return put(id, create(id, rank));
    const unheard = silentOf(rank, at);
    if (unheard !== undefined) {
      remove(unheard);
      return put(id, create(id, rank));
    }
    const lowest = ranked.findLastIndex((count) => count > 0);
    if (lowest <= rank) return undefined;
    let youngest: readonly [string, LongMemory] | undefined;
    for (const one of all) if (one[1].rank === lowest && !(one[1].usual.count > (youngest?.[1].usual.count ?? Infinity))) youngest = one;
    if (youngest) remove(youngest[0]);
    return put(id, create(id, rank));
  }

  /** Whether it fell silent before it had anything to say; what waits for its past was heard. */
  const isSilent = ({ until, filling, usual, series }: LongMemory, at: UnixMs): boolean => series === undefined && at - Math.max(until, filling.from) > SILENT_MS && !isRipe(usual, until);

  /** One that is silent still, of `rank` or below. */
  function silentOf(rank: number, at: UnixMs): string | undefined {
    for (let id = silent.at(-1); id !== undefined; id = silent.at(-1)) {
      const memory = all.get(id);
      if (memory && memory.rank < rank) return undefined;
      silent.pop();
      if (memory && isSilent(memory, at)) return id;
    }
    return undefined;
  }

  function sweep(at: UnixMs): void {
    // After a start, a rest or a pause nobody has been heard yet.
    if (at - fedAt > SILENT_MS) sweptAt = at;
    fedAt = at;
    if (at - sweptAt < HOUR_MS) return;
    sweptAt = at;
    for (const [id, { until }] of all) if (until > 0 && at - until > FORGET_MS) remove(id);
    if (all.size < most) return;
    const unheard = [...all].filter(([, memory]) => isSilent(memory, at));
    silent = unheard.toSorted(([, a], [, b]) => a.rank - b.rank || b.usual.count - a.usual.count).map(([id]) => id);
  }

  function take(memory: LongMemory, series: Series, at: UnixMs, reading: Reading): void {
    if (at < memory.until) return;
    const { value, count } = reading;
    const from = Math.floor((at - memory.phaseMs) / paceMs) * paceMs + memory.phaseMs;
    if (from > memory.filling.from) {
      if (memory.filling.weight > 0) {
        memory.apart = { last: from - memory.filling.from, before: memory.apart.last };
        learnFilled(memory, series, measure);
      }
      memory.filling = emptyFrom(from);
    }
    // A ratio or a percentile of many requests says more than one of few.
    const weight = series.kind === 'errors' || series.kind === 'latency' ? Math.max(count, 1) : 1;
    const { filling } = memory;
    filling.sum += value * weight;
    filling.weight += weight;
    filling.count += count;
    filling.whole &&= series.kind === 'metric' && count === 0 && Number.isInteger(value);
    noteStep(memory, series, at, reading, measure);
  }

  /** How long what was said of the last point holds: what reports rarely is as new when its next point comes. */
  const holdsMs = ({ apart }: LongMemory): number => 2 * Math.max(paceMs, Math.min(apart.last, apart.before));

  return {
    feed(series, at, reading) {
      if (resting || !Number.isFinite(reading.value) || most === 0) return;
      sweep(at);
      const rank = rankOf(series);
      const memory = all.get(series.id) ?? admit(series.id, rank, at);
      // One that an older version kept.
      if (memory && memory.rank !== rank) rankAnew(memory, rank);
      if (memory?.waits) memory.series = series;
      else if (memory) take(memory, series, at, reading);
    },
    waiting(limit) {
      const found: (Waiting & { readonly rank: number })[] = [];
      for (const { waits, series, until, rank } of all.values()) if (waits && series) found.push({ series, from: until, rank });
      return found.toSorted((a, b) => Number(a.from === 0) - Number(b.from === 0) || a.rank - b.rank).slice(0, limit);
    },
    recall(series, at, reading) {
      const memory = all.get(series.id);
      if (memory?.waits && Number.isFinite(reading.value)) take(memory, series, at, reading);
    },
    recalled({ id }) {
      const memory = all.get(id);
      if (!memory) return;
      memory.waits = false;
      memory.series = undefined;
    },
    rest(next) {
      if (next && !resting) {
        for (const memory of all.values()) {
          memory.objection = undefined;
          memory.waits = recalls;
        }
      }
      resting = next;
    },
    setBack(at) {
      sweptAt = Math.min(sweptAt, at);
      fedAt = Math.min(fedAt, at);
      for (const [id, memory] of all) {
        memory.objection = undefined;
        if (memory.until - at > MOST_AHEAD_MS) put(id, create(id, memory.rank));
      }
    },
    objectsTo: ({ id }) => all.get(id)?.objection !== undefined,
    hear({ id }, at, heard) {
      const memory = all.get(id);
      if (!memory) return heard;
      const { value, silent = 0 } = heard.reading;
      const verdict = calm(heard.verdict, value, reachedBy(memory, at, silent > 0));
      const { objection } = memory;
      if (!objection || at - memory.until > holdsMs(memory) || objection.verdict.score <= verdict.score) return { ...heard, verdict };
      return { reading: objection.reading, verdict: { ...objection.verdict, contributions: [...objection.verdict.contributions, ...verdict.contributions] } };
    },
    stateOf(id) {
      const memory = all.get(id);
      if (!memory) return null;
      const { usual, until, waits } = memory;
      const ripe = isRipe(usual, until);
      const day = usual.count === 0 ? 1 : Math.floor((until - usual.firstAt) / DAY_MS) + 1;
      return { state: resting ? 'resting' : waits ? 'waiting' : ripe ? 'active' : 'learning', day: Math.min(day, RIPE_DAYS), of: RIPE_DAYS };
    },
    counts() {
      let speaking = 0;
      let waiting = 0;
      for (const { usual, until, waits } of all.values()) {
        if (waits) waiting += 1;
        else if (isRipe(usual, until)) speaking += 1;
      }
      return { known: all.size, speaking, waiting };
    },
    unkept(limit) {
      const behind = [...all].filter(([, { until, keptUntil }]) => until > keptUntil).toSorted(([, a], [, b]) => b.until - b.keptUntil - (a.until - a.keptUntil));
      return behind.slice(0, limit).map(([series, memory]) => ({ series, rank: memory.rank, until: memory.until, state: write(walkOf(memory)) }));
    },
    kept(memories) {
      for (const { series, until } of memories) {
        const memory = all.get(series);
        if (memory) memory.keptUntil = until;
      }
    },
    restore({ series, rank, until, state }) {
      const memory = create(series, rank);
      read(state, walkOf(memory));
      if (all.size >= most && !all.has(series)) return;
      memory.until = memory.keptUntil = until;
      put(series, memory);
    },
  };
}
