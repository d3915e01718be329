import type { RankedCause, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

/** How far back good times reach, and how far on is looked. */
const BASELINE_MS = 300_000;
const LONGEST_MS = 300_000;
/** An onset is known to a step: what is called just before it is neither. */
const BLURRED_MS = 15_000;
/** Before an onset fewer calls than this share of those since are none. */
const NEW = 0.02;
/** Of more spans than this, whole seconds are left out. */
const MOST_READ = 500_000;
/** Operations that take most time. */
const MOST = 100;
/** Fewer calls say nothing of what is usual. */
const LEAST_USUAL = 10;
/** One operation explains it with this share of what was added to all, or of what fails… */
const NEARLY_ALL = 0.8;
/** …while no other one became this much slower, and more than chance shows of the fastest, or fails this much more. */
const SLOWER = 1.5;
const SLOWER_MS = 1;
const FAILS = 0.02;
const NAME_LENGTH = 80;

export interface Calls {
  readonly count: number;
  readonly meanMs: number;
  /** Share of failures. */
  readonly failed: number;
}

/** What one service calls of a peer, before an onset and since. */
export interface Operation {
  readonly caller: string;
  readonly name: string;
  readonly before: Calls;
  readonly since: Calls;
}

/** What is wrong with a peer that says nothing itself, where that is one operation of one caller. */
export interface Pinned {
  readonly peer: string;
  readonly caller: string;
  readonly name: string;
  /** The caller did not call it before: it is not the peer that changed. */
  readonly isNew: boolean;
  readonly text: string;
  readonly check: string;
}

/** As the service map names what is called: `edge_halves_mv`. */
const PEER = `multiIf(SpanAttributes['db.system.name'] != '', SpanAttributes['db.system.name'], SpanAttributes['db.system'] != '', SpanAttributes['db.system'],
  SpanAttributes['messaging.system'] != '', SpanAttributes['messaging.system'], SpanAttributes['peer.service'] != '', SpanAttributes['peer.service'], SpanAttributes['server.address'])`;
/** The most that is known of it: a summary, a statement without its values, a verb and what it is about. */
const TEXT = "if(SpanAttributes['db.query.text'] != '', SpanAttributes['db.query.text'], SpanAttributes['db.statement'])";
const NAME = `multiIf(SpanAttributes['db.query.summary'] != '', SpanAttributes['db.query.summary'],
  ${TEXT} != '', replaceRegexpAll(substring(${TEXT}, 1, 2 * ${NAME_LENGTH}), '\\'[^\\']*\\'|\\\\b\\\\d+\\\\b', '?'),
  SpanAttributes['db.operation.name'] != '' AND SpanAttributes['db.collection.name'] != '', concat(SpanAttributes['db.operation.name'], ' ', SpanAttributes['db.collection.name']), SpanName)`;
const CALLED = "ServiceName IN {callers:Array(String)} AND SpanKind IN ('Client', 'Producer') AND Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp <= fromUnixTimestamp64Milli({to:Int64})";
const BEFORE = `Timestamp < fromUnixTimestamp64Milli({onset:Int64} - ${BLURRED_MS})`;
const SINCE = 'Timestamp >= fromUnixTimestamp64Milli({onset:Int64})';

/** What these services called of a peer in the five minutes before an onset, and in those after it. */
export async function loadOperations(store: Store, { peer, callers, onset, to }: { readonly peer: string; readonly callers: readonly string[]; readonly onset: UnixMs; readonly to: UnixMs }): Promise<Operation[]> {
  const params = { peer, callers, onset, from: onset - BASELINE_MS, to: Math.min(to, onset + LONGEST_MS) };
  const [all] = await store.query<{ spans: string }>(`SELECT count() AS spans FROM otel_traces WHERE ${CALLED}`, { params, timeoutSeconds: 10 });
  const slices = Math.max(1, Math.ceil(Number(all?.spans ?? 0) / MOST_READ));
  const rows = await store.query<{ caller: string; name: string; before: readonly [string, number, number]; since: readonly [string, number, number] }>(
    `SELECT ServiceName AS caller, ${NAME} AS name,
       tuple(countIf(${BEFORE}), ifNotFinite(avgIf(Duration, ${BEFORE}) / 1e6, 0), ifNotFinite(avgIf(StatusCode = 'Error', ${BEFORE}), 0)) AS before,
       tuple(countIf(${SINCE}), ifNotFinite(avgIf(Duration, ${SINCE}) / 1e6, 0), ifNotFinite(avgIf(StatusCode = 'Error', ${SINCE}), 0)) AS since
     FROM otel_traces PREWHERE ${CALLED} AND intHash64(toUnixTimestamp(Timestamp)) % {slices:UInt32} = 0 WHERE ${PEER} = {peer:String}
     GROUP BY caller, name ORDER BY sum(Duration) DESC LIMIT ${MOST}`,
    { params: { ...params, slices }, timeoutSeconds: 10 },
  );
  const calls = ([count, meanMs, failed]: readonly [string, number, number]): Calls => ({ count: Number(count), meanMs, failed });
  return rows.map(({ caller, name, before, since }) => ({ caller, name: name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH)}…` : name, before: calls(before), since: calls(since) }));
}

const isFresh = ({ before, since }: Operation): boolean => before.count < NEW * since.count;

/** The one operation that explains what is wrong with a peer; undefined where there are several, or nothing to tell it from. */
export function pin(peer: string, operations: readonly Operation[]): Pinned | undefined {
  const usual = operations.filter(({ before, since }) => before.count >= LEAST_USUAL && since.count >= LEAST_USUAL);
  const rose = (one: Operation): number => one.since.failed - (isFresh(one) ? 0 : one.before.failed);
  const usualMs = (one: Operation): number => (isFresh(one) ? 0 : one.before.meanMs);
  const others = (one: Operation): readonly Operation[] => usual.filter((other) => other !== one);
  const failures = most(operations, (one) => one.since.count * Math.max(0, rose(one)));
  if (failures && failures.since.count >= LEAST_USUAL && rose(failures) > FAILS) {
    const rest = others(failures);
    if (rest.length === 0 || rest.some((other) => rose(other) > FAILS)) return undefined;
    const share = `${Number((failures.since.failed * 100).toPrecision(2))} %`;
    const { caller, name } = failures;
    const isNew = isFresh(failures);
    return {
      peer, caller, name, isNew,
      text: isNew ? `${caller} began to call “${name}” of ${peer}, of which ${share} fail; other calls to it fail no more than before` : `of the calls to it only “${name}” of ${caller} fails (${share})`,
      check: isNew ? checkOfNew(peer, caller, name) : `Read why “${name}” of ${caller} fails in ${peer}: other calls to it do not.`,
    };
  }
  const slow = most(operations, (one) => one.since.count * Math.max(0, one.since.meanMs - usualMs(one)));
  if (!slow || slow.since.count < LEAST_USUAL || slow.since.meanMs < SLOWER * usualMs(slow) + SLOWER_MS) return undefined;
  const rest = others(slow);
  if (rest.length === 0 || rest.some(({ before, since }) => since.meanMs >= SLOWER * before.meanMs + SLOWER_MS)) return undefined;
  const { caller, name } = slow;
  const isNew = isFresh(slow);
  return {
    peer, caller, name, isNew,
    text: isNew ? `${caller} began to call “${name}” of ${peer}, ${ms(slow.since.meanMs)} each; other calls to it are as fast as before` : `of the calls to it only “${name}” of ${caller} became slow (${ms(slow.before.meanMs)} → ${ms(slow.since.meanMs)})`,
    check: isNew ? checkOfNew(peer, caller, name) : `Look at “${name}” in ${peer}: its plan, its locks, and how much it reads; other calls are as fast as before.`,
  };
}

const checkOfNew = (peer: string, caller: string, name: string): string => `Find out why ${caller} calls “${name}” of ${peer} since then (a setting, a flag, a job, a new kind of request), and take that back: ${peer} serves the rest as before.`;

const ms = (value: number): string => `${Number(value.toPrecision(3))} ms`;

/** That with nearly all of something. */
function most(operations: readonly Operation[], of: (one: Operation) => number): Operation | undefined {
  const total = operations.reduce((sum, one) => sum + of(one), 0);
  return total > 0 ? operations.find((one) => of(one) >= NEARLY_ALL * total) : undefined;
}

/** The causes, when the first one is a silent peer and what is wrong with it is one operation: whoever began to call that is the cause, and where it was called before, the peer with that operation. */
export function blame(causes: readonly RankedCause[], pinned: Pinned | undefined): readonly RankedCause[] {
  const [first, ...rest] = causes;
  if (!first || !pinned || first.service !== pinned.peer) return causes;
  if (!pinned.isNew) return [{ ...first, reason: `${first.reason.replace(/\.$/, '')}; ${pinned.text}.` }, ...rest];
  const caller = rest.find(({ service }) => service === pinned.caller);
  const began = { ...caller, service: pinned.caller, confidence: first.confidence, onsetAt: first.onsetAt, reason: `${pinned.text}.` };
  const then = { ...first, confidence: caller?.confidence ?? 0, reason: `${first.reason.replace(/\.$/, '')}, by what ${pinned.caller} began to call.` };
  return [began, then, ...rest.filter((one) => one !== caller)].toSorted((a, b) => b.confidence - a.confidence);
}
