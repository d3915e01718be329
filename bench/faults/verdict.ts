import type { Incident } from '#core/types.js';
import type { PlannedFault } from './plan.js';

/** An incident opened this long after a fault's end may still be its. */
export const LATE_MS = 60_000;
/** Evidence begins with the detector's step, which begins before what happened in it. */
const STEP_MS = 5_000;

/** A fault that was planted. Times are epoch milliseconds. */
export interface Planted extends PlannedFault {
  /** Where several run side by side. */
  readonly shop?: number;
  readonly from: number;
  readonly to: number;
}

/** An incident as it was when it opened and while the fault lasted. */
export interface Observed {
  readonly opened: Incident;
  readonly latest: Incident;
}

export interface Verdict {
  readonly fault: Planted;
  readonly detected: boolean;
  /** Missed, but its evidence joined an incident that was open already. */
  readonly joined: boolean;
  /** From the fault to its first incident; null when it was missed. */
  readonly seconds: number | null;
  readonly title: string;
  /** Planted beside another. */
  readonly double: boolean;
  /** Best-ranked service when the incident opened, and when the fault was over; of two faults, the right one wherever it is named as one of two causes. '' when there was none. */
  readonly firstCause: string;
  readonly cause: string;
  readonly rightAtOnce: boolean;
  readonly right: boolean;
  readonly inTopThree: boolean;
  /** Opened in the fault's time; all but the first are noise. */
  readonly incidents: number;
  /** Titles of that noise. */
  readonly others: readonly string[];
}

/** An incident is a fault's only if it opened after the fault began and no later than a minute after its end. */
export function isOf({ from, to }: Planted, { openedAt }: Incident): boolean {
  return openedAt >= from && openedAt <= to + LATE_MS;
}

/** Whom an incident blames: its first cause, and one that it calls independent of it. */
const blamed = ({ causes }: Incident): readonly string[] => causes.filter(({ independent }, rank) => rank === 0 || independent).map(({ service }) => service);

/**
 * Of two faults at once, an incident is that one's whose cause it names. One that names neither counts for both, as does one that names only the other where nothing else opened but this one's service is in its evidence.
 * So two incidents or one that names two causes are right; two faults of which one is named are one right and one wrong.
 */
function ownOf(fault: Planted, observed: readonly Observed[], others: readonly Planted[]): readonly Observed[] {
  const all = observed.filter(({ opened }) => isOf(fault, opened)).toSorted((a, b) => a.opened.openedAt - b.opened.openedAt);
  if (others.length === 0) return all;
  const named = all.filter(({ latest }) => blamed(latest).includes(fault.cause));
  if (named.length > 0) return named;
  const neither = all.filter(({ latest }) => !others.some(({ cause }) => blamed(latest).includes(cause)));
  return neither.length > 0 ? neither : all.filter(({ latest }) => latest.evidence.some(({ series }) => series.service === fault.cause)).slice(0, 1);
}

/** `planted` are all faults, to know which began at once with this one. */
export function judge(fault: Planted, observed: readonly Observed[], planted: readonly Planted[] = []): Verdict {
  const others = planted.filter((other) => other.from === fault.from && other.cause !== fault.cause);
  const own = ownOf(fault, observed, others);
  const first = own[0];
  const causes = first?.latest.causes.map(({ service }) => service) ?? [];
  const named = (incident: Incident | undefined): string => {
    const all = incident ? blamed(incident) : [];
    return others.length > 0 && all.includes(fault.cause) ? fault.cause : (all[0] ?? '');
  };
  return {
    fault,
    double: others.length > 0,
    detected: first !== undefined,
    joined: first === undefined && observed.some(({ opened, latest }) => opened.openedAt < fault.from && latest.evidence.some(({ startsAt }) => startsAt > fault.from - STEP_MS && startsAt <= fault.to)),
    seconds: first ? (first.opened.openedAt - fault.from) / 1000 : null,
    title: first?.latest.title ?? '',
    firstCause: named(first?.opened),
    cause: named(first?.latest),
    rightAtOnce: named(first?.opened) === fault.cause,
    right: named(first?.latest) === fault.cause,
    inTopThree: causes.slice(0, 3).includes(fault.cause),
    incidents: own.length,
    others: own.slice(1).map(({ latest }) => latest.title),
  };
}

/** Faults that began at once count as one, right only if all of it is. */
export interface Summary {
  /** Times that faults were planted, and how many of these were two at once. */
  readonly faults: number;
  readonly doubles: number;
  readonly detected: number;
  readonly rightAtOnce: number;
  readonly right: number;
  readonly inTopThree: number;
  /** Each fault has its incident, and nothing else opened. */
  readonly exact: number;
  /** Over the detected; null when none was. */
  readonly medianSeconds: number | null;
  readonly p95Seconds: number | null;
  /** Opened in a fault's time beside its first. */
  readonly extraDuring: number;
  /** Opened when no fault could explain them, warm-up and steady period aside. */
  readonly extraBetween: number;
}

export function summarise(verdicts: readonly Verdict[], openedBetween: number): Summary {
  const seconds = verdicts.flatMap((verdict) => verdict.seconds ?? []).toSorted((a, b) => a - b);
  const plantings = new Map<string, Verdict[]>();
  for (const verdict of verdicts) plantings.set(keyOf(verdict), [...(plantings.get(keyOf(verdict)) ?? []), verdict]);
  const count = (holds: (verdict: Verdict) => boolean): number => [...plantings.values()].filter((all) => all.every(holds)).length;
  return {
    faults: plantings.size,
    doubles: count(({ double }) => double),
    detected: count(({ detected }) => detected),
    rightAtOnce: count(({ rightAtOnce }) => rightAtOnce),
    right: count(({ right }) => right),
    inTopThree: count(({ inTopThree }) => inTopThree),
    exact: count(({ incidents }) => incidents === 1),
    medianSeconds: quantile(seconds, 0.5),
    p95Seconds: quantile(seconds, 0.95),
    extraDuring: verdicts.reduce((sum, { incidents }) => sum + Math.max(0, incidents - 1), 0),
    extraBetween: openedBetween,
  };
}

const keyOf = ({ fault: { shop = 0, from } }: Verdict): string => `${shop} ${from}`;

/** Nearest rank, of values in order. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
