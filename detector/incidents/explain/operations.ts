import type { RankedCause, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { listOf } from './explain.js';

/** How far back good times reach, and how far on is looked. */
const BASELINE_MS = 300_000;
const LONGEST_MS = 300_000;
/** An onset is known to a step: what is called just before it is neither. */
const BLURRED_MS = 15_000;
/** Before an onset fewer calls than this share of those since are none. */
const NEW = 0.02;
/** Of more spans than this, whole seconds are left out. */
const MOST_READ = 500_000;
/** Operations that take most time, each at an address. */
const MOST = 200;
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

/** How calls went before an onset, and since. */
interface Health {
  readonly before: Calls;
  readonly since: Calls;
}

/** What one service calls of a peer at an address, before an onset and since. */
export interface Operation extends Health {
  readonly caller: string;
  readonly name: string;
  /** '' where it is not known. */
  readonly address: string;
}

/** What is wrong with a peer that says nothing itself, where that is one operation of one caller, or some callers alone. */
export interface Pinned {
  readonly peer: string;
  /** The caller, where that is to blame: its calls are new, or it is the only one that fails. */
  readonly culprit: string | undefined;
  /** What is said of the peer where a caller is to blame. */
  readonly by?: string;
  readonly text: string;
  readonly check: string;
}

const URL = "if(SpanAttributes['url.full'] != '', SpanAttributes['url.full'], SpanAttributes['http.url'])";
const HOST = `multiIf(SpanAttributes['server.address'] != '', SpanAttributes['server.address'], SpanAttributes['net.peer.name'] != '', SpanAttributes['net.peer.name'],
  extract(${URL}, '^[A-Za-z0-9+.-]+://(?:[^/?#@]*@)?([[][^]]+]|[^:/?#]+)'))`;
/** As the service map names what is called: `edge_halves_mv`. */
const PEER = `multiIf(SpanAttributes['db.system.name'] != '', SpanAttributes['db.system.name'], SpanAttributes['db.system'] != '', SpanAttributes['db.system'],
  SpanAttributes['messaging.system'] != '', SpanAttributes['messaging.system'],
  SpanAttributes['service.peer.name'] != '', SpanAttributes['service.peer.name'], SpanAttributes['peer.service'] != '', SpanAttributes['peer.service'], ${HOST} != '', ${HOST},
  SpanAttributes['gen_ai.provider.name'] != '', SpanAttributes['gen_ai.provider.name'], SpanAttributes['gen_ai.system'] != '', SpanAttributes['gen_ai.system'], SpanAttributes['faas.invoked_name'])`;
/** The most that is known of it: a summary, a statement without its values, a verb and what it is about. */
const TEXT = "if(SpanAttributes['db.query.text'] != '', SpanAttributes['db.query.text'], SpanAttributes['db.statement'])";
const NAME = `multiIf(SpanAttributes['db.query.summary'] != '', SpanAttributes['db.query.summary'],
  ${TEXT} != '', replaceRegexpAll(substring(${TEXT}, 1, 2 * ${NAME_LENGTH}), '\\'[^\\']*\\'|\\\\b\\\\d+\\\\b', '?'),
  SpanAttributes['db.operation.name'] != '' AND SpanAttributes['db.collection.name'] != '', concat(SpanAttributes['db.operation.name'], ' ', SpanAttributes['db.collection.name']), SpanName)`;
const PORT = "if(SpanAttributes['server.port'] != '', SpanAttributes['server.port'], SpanAttributes['net.peer.port'])";
const ADDRESS = `if(${HOST} != '' AND ${PORT} != '', concat(${HOST}, ':', ${PORT}), ${HOST})`;
const CALLED = "ServiceName IN {callers:Array(String)} AND SpanKind IN ('Client', 'Producer') AND Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp <= fromUnixTimestamp64Milli({to:Int64})";
const BEFORE = `Timestamp < fromUnixTimestamp64Milli({onset:Int64} - ${BLURRED_MS})`;
const SINCE = 'Timestamp >= fromUnixTimestamp64Milli({onset:Int64})';

/** What these services called of a peer in the five minutes before an onset, and in those after it. */
export async function loadOperations(store: Store, { peer, callers, onset, to }: { readonly peer: string; readonly callers: readonly string[]; readonly onset: UnixMs; readonly to: UnixMs }): Promise<Operation[]> {
  const params = { peer, callers, onset, from: onset - BASELINE_MS, to: Math.min(to, onset + LONGEST_MS) };
  const [all] = await store.query<{ spans: string }>(`SELECT count() AS spans FROM otel_traces WHERE ${CALLED}`, { params, timeoutSeconds: 10 });
  const slices = Math.max(1, Math.ceil(Number(all?.spans ?? 0) / MOST_READ));
  const rows = await store.query<{ caller: string; name: string; address: string; before: readonly [string, number, number]; since: readonly [string, number, number] }>(
    `SELECT ServiceName AS caller, ${NAME} AS name, ${ADDRESS} AS address,
       tuple(countIf(${BEFORE}), ifNotFinite(avgIf(Duration, ${BEFORE}) / 1e6, 0), ifNotFinite(avgIf(StatusCode = 'Error', ${BEFORE}), 0)) AS before,
       tuple(countIf(${SINCE}), ifNotFinite(avgIf(Duration, ${SINCE}) / 1e6, 0), ifNotFinite(avgIf(StatusCode = 'Error', ${SINCE}), 0)) AS since
     FROM otel_traces PREWHERE ${CALLED} AND intHash64(toUnixTimestamp(Timestamp)) % {slices:UInt32} = 0 WHERE ${PEER} = {peer:String}
     GROUP BY caller, name, address ORDER BY sum(Duration) DESC LIMIT ${MOST}`,
    { params: { ...params, slices }, timeoutSeconds: 10 },
  );
  const calls = ([count, meanMs, failed]: readonly [string, number, number]): Calls => ({ count: Number(count), meanMs, failed });
  return rows.map(({ caller, name, address, before, since }) => ({ caller, name: name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH)}…` : name, address, before: calls(before), since: calls(since) }));
}

const isFresh = ({ before, since }: Health): boolean => before.count < NEW * since.count;
const isUsual = ({ before, since }: Health): boolean => before.count >= LEAST_USUAL && since.count >= LEAST_USUAL;
/** The share of the calls that fail since, and did not before. */
const rise = (one: Health): number => one.since.failed - (isFresh(one) ? 0 : one.before.failed);
const fails = (one: Health): boolean => one.since.count >= LEAST_USUAL && rise(one) > FAILS;
const isSlower = ({ before, since }: Health): boolean => since.meanMs >= SLOWER * before.meanMs + SLOWER_MS;
const isWell = (one: Health): boolean => isUsual(one) && rise(one) <= FAILS && !isSlower(one);

/** What explains what is wrong with a peer: one caller, as one that `changed` just before where addresses are not known or its calls are only slow, one operation, or who of several suffers; undefined where all do, or there is nothing to tell it from. */
export function pin(peer: string, operations: readonly Operation[], changed: (caller: string) => boolean = () => false): Pinned | undefined {
  const routes = joined(operations, ({ caller, address }) => `${caller}\0${address}`);
  const operation = ofOperation(peer, joined(operations, ({ caller, name }) => `${caller}\0${name}`));
  return ofCaller(peer, routes, changed) ?? (operation?.culprit === undefined ? ofSlowed(peer, routes, changed) : undefined) ?? operation ?? ofSome(peer, routes);
}

/** The only caller whose calls fail, where others are served well: all that it makes where that is at the same address, and where no address is known, if it `changed` just before. */
function ofCaller(peer: string, routes: readonly Joined[], changed: (caller: string) => boolean): Pinned | undefined {
  const failures = most(routes, failuresOf);
  if (!failures || !fails(failures)) return undefined;
  const { caller, address } = failures;
  const others = wellBeside(failures, routes, fails);
  if (others.length === 0) return undefined;
  if (address === '') return routes.every((one) => one.address === '') && changed(caller) ? ofChanged(peer, caller, `fail (${percent(failures.since.failed)})`, others) : undefined;
  if (failures.parts.some((one) => isUsual(one) && !fails(one))) return undefined;
  return {
    peer, culprit: caller, by: `for ${caller} alone`,
    text: `its calls to ${peer} fail (${percent(failures.since.failed)}); those of ${listOf(others)} to the same address, ${address}, are well`,
    check: `Find out what ${caller} does otherwise than before to use ${peer} at ${address} (credentials, settings, a new version): ${listOf(others)} ${others.length > 1 ? 'are' : 'is'} served well there.`,
  };
}

/** The only caller whose calls became slow, where it changed just before and others are served as before: what it asks takes longer now. */
function ofSlowed(peer: string, routes: readonly Joined[], changed: (caller: string) => boolean): Pinned | undefined {
  const slow = most(routes, addedOf);
  if (!slow || !isUsual(slow) || !isSlower(slow) || !changed(slow.caller) || routes.some(fails)) return undefined;
  const others = wellBeside(slow, routes, isSlower);
  return others.length > 0 ? ofChanged(peer, slow.caller, `take ${ms(slow.since.meanMs)}, before ${ms(slow.before.meanMs)},`, others) : undefined;
}

/** Other callers that are served well at the address of a route, unless there are others that suffer. */
function wellBeside({ caller, address }: Joined, routes: readonly Joined[], suffers: (one: Joined) => boolean): string[] {
  const others = routes.filter((one) => one.caller !== caller);
  return others.some(suffers) ? [] : callersOf(others.filter((one) => one.address === address && isWell(one)));
}

/** A caller that changed just before, and what its calls do since. */
const ofChanged = (peer: string, caller: string, what: string, others: readonly string[]): Pinned => ({
  peer, culprit: caller, by: `for ${caller} alone`,
  text: `its calls to ${peer} ${what} since it changed; those of ${listOf(others)} are well`,
  check: `Find out what ${caller} does otherwise than before to use ${peer} (a new version, its queries, credentials, settings): ${listOf(others)} ${others.length > 1 ? 'are' : 'is'} served well.`,
});

/** Who of several callers, or at which of several addresses, fails. */
function ofSome(peer: string, routes: readonly Joined[]): Pinned | undefined {
  const [failed, well] = [routes.filter(fails), routes.filter(isWell)];
  const [callers, addresses] = [callersOf(failed), addressesOf(failed)];
  const [others, elsewhere] = [callersOf(well).filter((one) => !callers.includes(one)), addressesOf(well).filter((one) => !addresses.includes(one))];
  if (failed.length === 0 || (others.length === 0 && elsewhere.length === 0)) return undefined;
  const place = addresses.length > 0 ? listOf(addresses) : peer;
  return {
    peer, culprit: undefined,
    text: `calls of ${listOf(callers)} to ${place} fail; those ${others.length > 0 ? `of ${listOf(others)}` : `to ${listOf(elsewhere)}`} are well`,
    check: `Check ${place}, and what ${listOf(callers)} ${callers.length > 1 ? 'need' : 'needs'} to use it (credentials, certificates, the network): other calls to ${peer} are well.`,
  };
}

/** The one operation of one caller. */
function ofOperation(peer: string, operations: readonly Joined[]): Pinned | undefined {
  const usual = operations.filter(isUsual);
  const others = (one: Operation): readonly Operation[] => usual.filter((other) => other !== one);
  const failures = most(operations, failuresOf);
  if (failures && fails(failures)) {
    const rest = others(failures);
    if (rest.length === 0 || rest.some((other) => rise(other) > FAILS)) return undefined;
    const share = percent(failures.since.failed);
    const { caller, name } = failures;
    return isFresh(failures)
      ? { ...began(peer, caller, name), text: `${caller} began to call “${name}” of ${peer}, of which ${share} fail; other calls to it fail no more than before` }
      : { peer, culprit: undefined, text: `of the calls to it only “${name}” of ${caller} fails (${share})`, check: `Read why “${name}” of ${caller} fails in ${peer}: other calls to it do not.` };
  }
  const slow = most(operations, addedOf);
  if (!slow || slow.since.count < LEAST_USUAL || slow.since.meanMs < SLOWER * usualMs(slow) + SLOWER_MS) return undefined;
  const rest = others(slow);
  if (rest.length === 0 || rest.some(isSlower)) return undefined;
  const { caller, name } = slow;
  return isFresh(slow)
    ? { ...began(peer, caller, name), text: `${caller} began to call “${name}” of ${peer}, ${ms(slow.since.meanMs)} each; other calls to it are as fast as before` }
    : { peer, culprit: undefined, text: `of the calls to it only “${name}” of ${caller} became slow (${ms(slow.before.meanMs)} → ${ms(slow.since.meanMs)})`, check: `Look at “${name}” in ${peer}: its plan, its locks, and how much it reads; other calls are as fast as before.` };
}

const began = (peer: string, caller: string, name: string): Omit<Pinned, 'text'> => ({ peer, culprit: caller, by: `by what ${caller} began to call`, check: checkOfNew(peer, caller, name) });

const checkOfNew = (peer: string, caller: string, name: string): string => `Find out why ${caller} calls “${name}” of ${peer} since then (a setting, a flag, a job, a new kind of request), and take that back: ${peer} serves the rest as before.`;

const ms = (value: number): string => `${Number(value.toPrecision(3))} ms`;

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

const callersOf = (routes: readonly Operation[]): string[] => [...new Set(routes.map(({ caller }) => caller))];
const addressesOf = (routes: readonly Operation[]): string[] => [...new Set(routes.flatMap(({ address }) => address || []))];

const usualMs = (one: Operation): number => (isFresh(one) ? 0 : one.before.meanMs);

/** How much longer all calls take since. */
const addedOf = (one: Operation): number => one.since.count * Math.max(0, one.since.meanMs - usualMs(one));

/** How many calls fail since, and would not have before. */
const failuresOf = (one: Operation): number => one.since.count * Math.max(0, rise(one));

/** Operations of which some are taken together, under the first of their names. */
interface Joined extends Operation {
  readonly parts: readonly Operation[];
}

function joined(operations: readonly Operation[], keyOf: (one: Operation) => string): Joined[] {
  const groups = new Map<string, Operation[]>();
  for (const one of operations) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return [...groups.values()].flatMap((parts) => (parts[0] ? { ...parts[0], parts, before: sumOf(parts.map(({ before }) => before)), since: sumOf(parts.map(({ since }) => since)) } : []));
}

function sumOf(all: readonly Calls[]): Calls {
  const count = all.reduce((sum, one) => sum + one.count, 0);
  const meanOf = (of: (one: Calls) => number): number => (count > 0 ? all.reduce((sum, one) => sum + one.count * of(one), 0) / count : 0);
  return { count, meanMs: meanOf(({ meanMs }) => meanMs), failed: meanOf(({ failed }) => failed) };
}

/** That with nearly all of something. */
function most<T extends Operation>(operations: readonly T[], of: (one: T) => number): T | undefined {
  const total = operations.reduce((sum, one) => sum + of(one), 0);
  return total > 0 ? operations.find((one) => of(one) >= NEARLY_ALL * total) : undefined;
}

/** The causes, when the first one is a silent peer and it is known what is wrong with it: where another is to blame for that, that is the cause, otherwise the peer with what is known. */
export function blame(causes: readonly RankedCause[], pinned: Pinned | undefined): readonly RankedCause[] {
  const [first, ...rest] = causes;
  if (!first || !pinned || first.service !== pinned.peer) return causes;
  const reason = first.reason.replace(/\.$/, '');
  if (pinned.culprit === undefined) return [{ ...first, reason: `${reason}; ${pinned.text}.` }, ...rest];
  const caller = rest.find(({ service }) => service === pinned.culprit);
  const culprit = { ...caller, service: pinned.culprit, confidence: first.confidence, onsetAt: first.onsetAt, reason: `${pinned.text}.` };
  const then = { ...first, confidence: caller?.confidence ?? 0, reason: `${reason}, ${pinned.by}.` };
  return [culprit, then, ...rest.filter((one) => one !== caller)].toSorted((a, b) => b.confidence - a.confidence);
}
