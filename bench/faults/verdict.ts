import type { Incident } from '#core/types.js';
import type { PlannedFault } from './plan.js';

/** An incident opened this long after a fault's end may still be its. */
export const LATE_MS = 60_000;
/** Evidence begins with the detector's step, which begins before what happened in it. */
const STEP_MS = 5_000;

/** A fault that was planted. Times are epoch milliseconds. */
export interface Planted extends PlannedFault {
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
  /** Best-ranked service when the incident opened, and when the fault was over; '' when there was none. */
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

export function judge(fault: Planted, observed: readonly Observed[]): Verdict {
  const own = observed.filter(({ opened }) => isOf(fault, opened)).toSorted((a, b) => a.opened.openedAt - b.opened.openedAt);
  const first = own[0];
  const causes = first?.latest.causes.map(({ service }) => service) ?? [];
  const firstCause = first?.opened.causes[0]?.service ?? '';
  return {
    fault,
    detected: first !== undefined,
    joined: first === undefined && observed.some(({ opened, latest }) => opened.openedAt < fault.from && latest.evidence.some(({ startsAt }) => startsAt > fault.from - STEP_MS && startsAt <= fault.to)),
    seconds: first ? (first.opened.openedAt - fault.from) / 1000 : null,
    title: first?.latest.title ?? '',
    firstCause,
    cause: causes[0] ?? '',
    rightAtOnce: firstCause === fault.cause,
    right: causes[0] === fault.cause,
    inTopThree: causes.slice(0, 3).includes(fault.cause),
    incidents: own.length,
    others: own.slice(1).map(({ latest }) => latest.title),
  };
}

export interface Summary {
  readonly faults: number;
  readonly detected: number;
  readonly rightAtOnce: number;
  readonly right: number;
  readonly inTopThree: number;
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
  const count = (holds: (verdict: Verdict) => boolean): number => verdicts.filter(holds).length;
  return {
    faults: verdicts.length,
    detected: count(({ detected }) => detected),
    rightAtOnce: count(({ rightAtOnce }) => rightAtOnce),
    right: count(({ right }) => right),
    inTopThree: count(({ inTopThree }) => inTopThree),
    medianSeconds: quantile(seconds, 0.5),
    p95Seconds: quantile(seconds, 0.95),
    extraDuring: verdicts.reduce((sum, { incidents }) => sum + Math.max(0, incidents - 1), 0),
    extraBetween: openedBetween,
  };
}

/** Nearest rank, of values in order. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
