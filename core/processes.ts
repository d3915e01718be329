import { labelValue } from './labels.js';
import type { UnixMs } from './types.js';

/** A process of a service that ran at some time. */
export interface ServiceProcess {
  readonly service: string;
  readonly first: UnixMs;
  readonly last: UnixMs;
  /** How far apart its signs usually are, in milliseconds; 0 where that is not known. */
  readonly gap: number;
  /** What its resource says that others of the service say as well. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** An attribute that became another; `from` is '' where there was none. */
export interface AttributeChange {
  readonly attribute: string;
  readonly from: string;
  readonly to: string;
}

/** Processes of a service that came or went together. */
export interface ProcessChange {
  readonly service: string;
  /** When the first of them did, and the last. */
  readonly at: UnixMs;
  readonly until: UnixMs;
  /** How many ran before, how many of those went, and how many came to stay. */
  readonly before: number;
  readonly gone: number;
  readonly came: number;
  /** Whether it is known yet who went. */
  readonly settled: boolean;
  /** What all that came say, and none of those before. */
  readonly changed: readonly AttributeChange[];
  /** The version of all that came, where none of those that went had it, or ''. */
  readonly rolledOut: string;
  /** Beginning with a capital letter, as far as it is known. */
  readonly text: string;
}

/** A version that a service began to run. */
interface Rollout {
  readonly service: string;
  readonly version: string;
  readonly at: UnixMs;
}

/** What comes and goes so close together is one change; telemetry is exported up to a minute late. */
export const TOGETHER_MS = 90_000;
/** A service that is heard for less than this is not known to have had fewer processes before. */
export const SETTLED_MS = 180_000;
/** A process is gone when others of its service were heard for so long after it. Its last sign is written within half a minute. */
export const GONE_MS = 90_000;
/** One that is usually silent for longer is gone after so many times what it is. */
export const GONE_GAPS = 3;
const MOST_ATTRIBUTES = 3;
export const VERSION = 'service.version';
/** A rollout that goes from process to process ends within this. */
const ROLLOUT_MS = 3_600_000;

/** What changed between `from` and `to` among `own`, all of one service, oldest first. */
export function changesOf(own: readonly ServiceProcess[], from: UnixMs, to: UnixMs): readonly ProcessChange[] {
  const begun = own.reduce((least, { first }) => Math.min(least, first), Infinity);
  const newest = own.reduce((most, { last }) => Math.max(most, last), -Infinity);
  const usual = own.reduce((most, { gap }) => Math.max(most, gap), 0);
  const goneMs = ({ gap }: ServiceProcess): number => ((gap || usual) > GONE_MS ? GONE_GAPS * (gap || usual) : GONE_MS);
  const moves = own.flatMap((process) => [
    ...(process.first > begun + SETTLED_MS ? [{ at: process.first, process, came: true }] : []),
    ...(process.last < newest - goneMs(process) ? [{ at: process.last, process, came: false }] : []),
  ]).filter(({ at }) => at >= from && at <= to).toSorted((a, b) => a.at - b.at);
  const groups: (typeof moves)[] = [];
  for (const move of moves) {
    const group = groups.at(-1);
    if (group && move.at - (group.at(-1)?.at ?? 0) <= TOGETHER_MS) group.push(move);
    else groups.push([move]);
  }
  return groups.flatMap((group) => {
    const [at, until] = [group[0]?.at ?? 0, group.at(-1)?.at ?? 0];
    // What was heard last is written up to a minute late.
    const before = new Set(own.filter((process) => process.first < at && process.last >= at - goneMs(process)));
    const came = group.filter((move) => move.came && (move.process.last > until || move.process.last >= newest - goneMs(move.process))).map(({ process }) => process);
    const gone = group.filter((move) => !move.came && before.has(move.process)).map(({ process }) => process);
    if (came.length + gone.length === 0) return [];
    const counts = { before: before.size, gone: gone.length, came: came.length, settled: Math.max(to, newest) - until >= Math.max(GONE_MS, ...[...before].map(goneMs)) };
    const changed = changedBy(came, [...before]);
    return [{ service: own[0]?.service ?? '', at, until, ...counts, changed, rolledOut: rolledOutBy(came, gone), text: [countText(counts), ...changed.map(attributeText)].join(', ') }];
  });
}

function rolledOutBy(came: readonly ServiceProcess[], gone: readonly ServiceProcess[]): string {
  const version = came[0]?.attributes[VERSION] ?? '';
  return gone.length > 0 && came.every(({ attributes }) => attributes[VERSION] === version) && gone.every(({ attributes }) => attributes[VERSION] !== version) ? version : '';
}

/** Whether it is part of a new version's rollout, which says it. */
export function isRollout({ service, at, rolledOut }: ProcessChange, rollouts: readonly Rollout[]): boolean {
  return rollouts.some((one) => one.service === service && (Math.abs(one.at - at) <= TOGETHER_MS || (one.version === rolledOut && at > one.at && at - one.at <= ROLLOUT_MS)));
}

function changedBy(came: readonly ServiceProcess[], before: readonly ServiceProcess[]): readonly AttributeChange[] {
  const [one] = came;
  if (!one || before.length === 0) return [];
  const moved = Object.entries(one.attributes).filter(([key, value]) => came.every(({ attributes }) => labelValue(attributes, key) === value) && before.every(({ attributes }) => labelValue(attributes, key) !== value));
  return moved.slice(0, MOST_ATTRIBUTES).map(([attribute, to]) => ({ attribute, from: labelValue(before[0]?.attributes ?? {}, attribute), to }));
}

type Counts = Pick<ProcessChange, 'before' | 'gone' | 'came' | 'settled'>;

export const attributeText = ({ attribute, from, to }: AttributeChange): string => `${attribute} ${from || 'unset'} → ${to}`;

export function countText({ before, gone, came, settled }: Counts): string {
  const after = before + came - gone;
  if (!settled) return came === 0 ? `${gone} ${gone === 1 ? 'process' : 'processes'} gone` : `${came} new ${came === 1 ? 'process' : 'processes'}`;
  if (came === gone) return before === 1 ? 'Restarted' : `${gone} of ${before} processes restarted`;
  if (gone === 0) return `Scaled out from ${before} to ${after} processes`;
  return came === 0 ? `${gone} of ${before} processes gone` : `${gone} of ${before} processes gone, ${came} new`;
}
