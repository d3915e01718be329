import { fingerprint } from '#core/fingerprint.js';
import type { Anomaly, UnixMs } from '#core/types.js';
import { endedBy } from './episode.js';
import { isSilentAgain, WEEK_MS, withSilence, type Silence } from './habit.js';
import type { Measured } from './measured.js';
import { createSchedules, type Schedules } from './schedule.js';
import { ARRIVAL_METRIC, RUN_METRIC } from './words.js';

/** Silences this much longer than the longest one known are absence. */
export const PATIENCE = 3;
/** Exports that make a habit. */
export const HABIT = 12;
const PACE = 0.1;
/** Who is away for longer comes anew. */
const AWAY_MS = 3_600_000;
/** What ends before it came for so long is a job that is done, or a service that is tried out. */
const STANDS_MS = 3_600_000;

/** When a service's metrics came since it was away for the last time, and how many points at a time. */
interface Flow {
  firstAt: UnixMs;
  lastAt: UnixMs;
  longestGapMs: number;
  exports: number;
  points: number;
  /** Whether any was seen in the step that it came in, not learned later. */
  inTime: boolean;
  open: Anomaly | undefined;
  /** Whether it came for long enough to be missed before it was away. */
  readonly stood: boolean;
  /** When it came after its last absence, and how long it had been silent. */
  late: { readonly at: UnixMs; readonly silentMs: number } | undefined;
  /** When it was silent for longer than it was waited for, the newest of the last week. */
  silences: readonly Silence[];
}

/** Notices a service whose metrics stop coming: a process that died says so by its silence only; and one whose next run does not come. */
export interface Arrivals {
  /** What came before this process watches, or went on to: whoever was silent then may not have been heard. */
  learn(at: UnixMs, measured: Measured, slot: number): void;
  /** What is stored of when services began to be heard. */
  learnStarts: Schedules['learn'];
  /** Absences that began, where `mayBegin`, go on or ended in this step. Their onset is when the next export, or the next run, was due. */
  step(at: UnixMs, measured: Measured, slot: number, mayBegin?: boolean): Anomaly[];
  open(): readonly Anomaly[];
  /** Whether the metrics of a service come as they use to. */
  isHeard(service: string, at: UnixMs): boolean;
  /** The metrics of a service came in time in an earlier run. */
  trust(service: string): void;
  /** Takes up an absence that lasted when an earlier run stopped. */
  resume(absence: Anomaly): void;
  /** The clock was set back to `at`: what came since counts as come then. Returns the absences that lasted, which end. */
  setBack(at: UnixMs): Anomaly[];
}

export function createArrivals(stepMs: number): Arrivals {
  const flows = new Map<string, Flow>();
  const schedules = createSchedules();
  /** Silence before this process watched is its own. */
  let watchedSince = Number.POSITIVE_INFINITY;
  /** Since when somebody's metrics come, and when they came last. */
  let heardFrom = Number.POSITIVE_INFINITY;
  let heardAt = Number.NaN;

  const limitOf = ({ longestGapMs }: Flow): number => PATIENCE * longestGapMs + stepMs;

  const hasStood = ({ stood, firstAt, lastAt }: Flow): boolean => stood || lastAt - firstAt >= STANDS_MS;
  /** Whoever came first of all may have been there for long before. */
  const stands = (flow: Flow): boolean => hasStood(flow) || flow.firstAt - heardFrom <= flow.longestGapMs + stepMs;

  /** Time in which nobody's metrics came, though all of them were due, is no service's own silence. */
  function hear(at: UnixMs): void {
    const before = heardAt;
    const away = at - before;
    heardFrom = Math.min(heardFrom, at);
    heardAt = at;
    const known = [...flows.values()].filter(({ exports, lastAt }) => exports >= HABIT && before - lastAt <= AWAY_MS);
    if (known.length === 0 || !known.every((flow) => away > limitOf(flow))) return;
    for (const flow of flows.values()) flow.lastAt += away;
    heardFrom = at;
  }

  /** That of a service whose metrics come now. */
  function flowOf(service: string, at: UnixMs, points: number, inTime: boolean): Flow {
    const known = flows.get(service);
    if (known && at - known.lastAt > limitOf(known)) known.silences = withSilence(known.silences, { from: known.lastAt, lastedMs: at - known.lastAt });
    if (known && at - known.lastAt <= AWAY_MS) return known;
    // Whoever is heard at first may run for long.
    if (known || at - heardFrom > AWAY_MS) schedules.began(service, at);
    const flow = { firstAt: at, lastAt: at, longestGapMs: stepMs, exports: 0, points, inTime, open: known?.open, late: undefined, stood: known !== undefined && hasStood(known), silences: known?.silences ?? [] };
    flows.set(service, flow);
    return flow;
  }

  function note(at: UnixMs, measured: Measured, slot: number, inTime: boolean): void {
    let heard = false;
    for (const [service, slots] of measured.arrivals) {
      const points = slots[slot] ?? 0;
      if (points === 0) continue;
      if (!heard) hear(at);
      heard = true;
      const flow = flowOf(service, at, points, inTime);
      const gapMs = at - flow.lastAt;
      if (!flow.open) flow.longestGapMs = Math.max(gapMs, flow.longestGapMs * (1 - PACE / HABIT));
      else if (isSlower(flow, gapMs)) flow.longestGapMs = Math.max(gapMs, flow.longestGapMs);
      if (flow.open) flow.late = { at, silentMs: gapMs };
      flow.inTime ||= inTime;
      // History is read in parts, each from its beginning.
      flow.firstAt = Math.min(flow.firstAt, at);
      flow.lastAt = at;
      flow.exports += 1;
      flow.points += PACE * (points - flow.points);
    }
  }

  return {
    learn(at, measured, slot) {
      watchedSince = Number.POSITIVE_INFINITY;
      note(at, measured, slot, false);
    },
    learnStarts: (starts) => schedules.learn(starts),
    step(at, measured, slot, mayBegin = true) {
      watchedSince = Math.min(watchedSince, at);
      note(at, measured, slot, true);
      const changed: Anomaly[] = [];
      for (const [service, flow] of flows) {
        const silence = at - (flow.open ? flow.lastAt : Math.max(flow.lastAt, watchedSince));
        // What comes later than it is waited for is seen in history alone.
        const isLate = flow.open === undefined && !flow.inTime && watchedSince - flow.lastAt > flow.longestGapMs + stepMs;
        const limit = limitOf(flow);
        const isAway = at - flow.lastAt > AWAY_MS;
        if (flow.open && (flow.lastAt === at || isAway)) {
          changed.push({ ...flow.open, endsAt: at, updatedAt: at, ...(flow.lastAt !== at && { ended: 'silent' as const }) });
          flow.open = undefined;
        } else if (silence > limit && flow.exports >= HABIT && !isAway && !isLate && (flow.open || (mayBegin && stands(flow) && !isSilentAgain(flow.silences, flow.lastAt, at)))) {
          flow.open = absence(service, flow, at, silence / limit);
          changed.push(flow.open);
        }
        if (at - flow.lastAt > WEEK_MS) flows.delete(service);
      }
      if (!mayBegin) return changed;
      for (const missed of schedules.step(at, heardFrom, (service) => flows.get(service)?.lastAt ?? 0)) changed.push(missed);
      return changed;
    },
    setBack(at) {
      const ended = schedules.setBack(at);
      watchedSince = at;
      heardFrom = Math.min(heardFrom, at);
      heardAt = Math.min(heardAt, at);
      for (const flow of flows.values()) {
        if (flow.open) ended.push(endedBy(flow.open, at));
        flow.open = undefined;
        flow.late = undefined;
        flow.firstAt = Math.min(flow.firstAt, at);
        flow.lastAt = Math.min(flow.lastAt, at);
        flow.silences = flow.silences.filter(({ from, lastedMs }) => from + lastedMs <= at);
      }
      return ended;
    },
    isHeard(service, at) {
      const flow = flows.get(service);
      return flow !== undefined && flow.exports >= HABIT && at - flow.lastAt <= flow.longestGapMs;
    },
    open: () => [...[...flows.values()].flatMap((flow) => flow.open ?? []), ...schedules.open()],
    trust(service) {
      const flow = flows.get(service);
      if (flow) flow.inTime = true;
    },
    resume(absence) {
      const { series, updatedAt, expected, score, contributions } = absence;
      if (series.metric === RUN_METRIC) return schedules.resume(absence);
      if (flows.has(series.service)) return;
      // An earlier version wrote parts of a millisecond, which no table takes.
      const startsAt = Math.floor(absence.startsAt);
      // Its score is its silence by its limit, which both follow from the longest gap.
      const longestGapMs = Math.max(stepMs, (updatedAt - startsAt - score * stepMs) / (PATIENCE * score - 1));
      const window = contributions[0]?.window;
      flows.set(series.service, { firstAt: window?.from ?? startsAt, lastAt: startsAt - longestGapMs, longestGapMs, exports: window?.points ?? HABIT, points: expected, inTime: true, open: { ...absence, startsAt }, late: undefined, stood: true, silences: [] });
    },
  };
}

/** Whether what comes late is late as it was the time before, and came no longer in between than it is silent: it has another pace now. */
const isSlower = ({ late, lastAt }: Flow, gapMs: number): boolean => late !== undefined && lastAt - late.at <= gapMs && Math.abs(gapMs - late.silentMs) <= gapMs / 2;

function absence(service: string, { open, firstAt, lastAt, longestGapMs, points, exports }: Flow, at: UnixMs, score: number): Anomaly {
  const series = { id: fingerprint({ service }, ARRIVAL_METRIC), kind: 'metric', service, operation: '', metric: ARRIVAL_METRIC, unit: '', labels: {} } as const;
  // The longest gap fades by parts of a millisecond.
  const startsAt = open?.startsAt ?? Math.floor(lastAt + longestGapMs);
  return {
    id: open?.id ?? `${series.id}-${startsAt}`, series, startsAt, endsAt: null, peakAt: at, updatedAt: at,
    value: 0, expected: points, lower: points, upper: points, score, direction: 'absent', points: (open?.points ?? 0) + 1, contributions: [{ detector: 'arrival', score, window: { from: firstAt, to: at, points: exports, dayBefore: false } }],
  };
}
