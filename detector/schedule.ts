import { DAY_MS, HOUR_MS } from '#core/clock.js';
import { fingerprint } from '#core/fingerprint.js';
import type { Anomaly, UnixMs } from '#core/types.js';
import { endedBy } from './episode.js';
import { RUN_METRIC } from './words.js';

/** Starts are remembered for so long before the last of them, and must span so much: what runs on working days is not due on Sunday. */
export const REMEMBERED_MS = 8 * DAY_MS;
const SPAN_MS = 6 * DAY_MS;
const LEAST_STARTS = 4;
/** Share of the time between two starts by which these times may differ. */
const JITTER = 0.1;
/** A start is waited for half as long again, and for so long at most. */
const LATE = 0.5;
const LATE_MS = 2 * HOUR_MS;
/** After so many that did not come no more is expected. */
const MOST_MISSED = 3;
/** That there was no run says that something is wrong, not how much. */
const SCORE = 1.5;

/** When a service began to be heard after it had been away, and how far apart these times are where they are regular. */
interface Runs {
  starts: readonly UnixMs[];
  everyMs: number | undefined;
  open: Anomaly | undefined;
}

/** Notices a service that runs again and again, such as a nightly batch, and no longer does: nothing else tells of it. */
export interface Schedules {
  /** A service came that had been away. */
  began(service: string, at: UnixMs): void;
  /** What is stored of earlier starts, by service. */
  learn(starts: ReadonlyMap<string, readonly UnixMs[]>): void;
  /** Runs that did not take place: once each, until the next, or until none is expected. `heard` says when a service came last; what was due before `since` nobody watched, so the first time after it counts. */
  step(at: UnixMs, since: UnixMs, heard: (service: string) => UnixMs): Anomaly[];
  open(): readonly Anomaly[];
  /** Takes up what lasted when an earlier run stopped. */
  resume(missed: Anomaly): void;
  /** The clock was set back to `at`. Returns what lasted, which ends. */
  setBack(at: UnixMs): Anomaly[];
}

export function createSchedules(): Schedules {
  const services = new Map<string, Runs>();

  function put(service: string, starts: readonly UnixMs[]): void {
    const known = services.get(service);
    const last = starts.at(-1) ?? 0;
    const newest = starts.filter((start) => last - start <= REMEMBERED_MS);
    services.set(service, { starts: newest, everyMs: everyOf(newest), open: known?.open });
  }

  return {
    began: (service, at) => put(service, joined([...(services.get(service)?.starts ?? []), at])),
    learn(starts) {
      for (const [service, stored] of starts) put(service, joined([...(services.get(service)?.starts ?? []), ...stored]));
    },
    step(at, since, heard) {
      const changed: Anomaly[] = [];
      for (const [service, runs] of services) {
        const { starts, everyMs = Number.NaN, open } = runs;
        const last = starts.at(-1) ?? Number.NaN;
        const dueAt = open && last < open.startsAt ? open.startsAt : last + everyMs * Math.max(1, Math.ceil((since - last) / everyMs));
        const lateMs = Math.min(LATE * everyMs, LATE_MS);
        const isHeard = heard(service) >= dueAt - JITTER * everyMs;
        if (at > dueAt + lateMs && at <= last + MOST_MISSED * everyMs + lateMs && !isHeard) {
          runs.open = missedRun(service, runs, { dueAt, everyMs, lateMs }, at);
          changed.push(runs.open);
        } else if (open) {
          changed.push({ ...open, endsAt: at, updatedAt: at, ...(!isHeard && last < open.startsAt && { ended: 'silent' as const }) });
          runs.open = undefined;
        }
        if (at - last > REMEMBERED_MS && !runs.open) services.delete(service);
      }
      return changed;
    },
    open: () => [...services.values()].flatMap(({ open }) => open ?? []),
    resume(missed) {
      const known = services.get(missed.series.service);
      if (known) known.open ??= missed;
      else services.set(missed.series.service, { starts: [Math.round(missed.peakAt - missed.value * HOUR_MS)], everyMs: undefined, open: missed });
    },
    setBack(at) {
      const ended = [...services.values()].flatMap(({ open }) => (open ? endedBy(open, at) : []));
      for (const [service, runs] of services) {
        runs.open = undefined;
        put(service, runs.starts.filter((start) => start <= at));
      }
      return ended;
    },
  };
}

/** In order; those within an hour are one, as a process is heard before its first metrics. */
function joined(starts: readonly UnixMs[]): readonly UnixMs[] {
  const all: UnixMs[] = [];
  for (const start of starts.toSorted((a, b) => a - b)) if (start - (all.at(-1) ?? Number.NEGATIVE_INFINITY) > HOUR_MS) all.push(start);
  return all;
}

/** How far apart starts are; undefined where they are not regular, or too few. */
function everyOf(starts: readonly UnixMs[]): number | undefined {
  const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? start)).toSorted((a, b) => a - b);
  const [least, median, most] = [gaps[0] ?? 0, gaps[Math.floor(gaps.length / 2)] ?? 0, gaps.at(-1) ?? 0];
  const span = gaps.reduce((sum, gap) => sum + gap, 0);
  return starts.length >= LEAST_STARTS && span >= SPAN_MS && most - least <= JITTER * median ? median : undefined;
}

function missedRun(service: string, { starts, open }: Runs, { dueAt, everyMs, lateMs }: { readonly dueAt: UnixMs; readonly everyMs: number; readonly lateMs: number }, at: UnixMs): Anomaly {
  const [first = dueAt, last = dueAt] = [starts[0], starts.at(-1)];
  const series = { id: fingerprint({ service }, RUN_METRIC), kind: 'metric', service, operation: '', metric: RUN_METRIC, unit: 'h', labels: {} } as const;
  const [value, expected, upper] = [(at - last) / HOUR_MS, everyMs / HOUR_MS, (everyMs + lateMs) / HOUR_MS];
  return {
    id: open?.id ?? `${series.id}-${dueAt}`, series, startsAt: dueAt, endsAt: null, peakAt: at, updatedAt: at, value, expected, lower: 0, upper, score: SCORE, direction: 'up', points: (open?.points ?? 0) + 1,
    contributions: [{ detector: 'schedule', score: SCORE, expected, lower: 0, upper, window: { from: first, to: at, points: starts.length, dayBefore: false } }],
  };
}
