import { seriesOf } from '#core/series.js';
import { levelFor, TAIL_LEVELS } from '../detector/tail-level.js';
import { edgesOf, type CallSums, type Counted, type Edge } from '../detector/incidents/graph/edges.js';
import type { UnixMs } from '#core/types.js';
import { groupBy } from './group-by.js';
import type { SpanRow } from './layout.js';
import type { Pieces, Told } from './pieces.js';

/** Calls of one entity to another as the caller saw them, or as the callee served them where the caller has no span of the call: what they came to in each piece of time. */
export interface Calls {
  readonly caller: string;
  readonly callee: string;
  readonly sums: CallSums[];
  /** Calls that the caller made, answered or not, and requests that it served, in each piece. */
  readonly made: number[];
  readonly asked: readonly number[];
}

const NONE: CallSums = { count: 0, errors: 0, durationMs: 0 };
const added = (a: CallSums, b: CallSums): CallSums => ({ count: a.count + b.count, errors: a.errors + b.errors, durationMs: a.durationMs + b.durationMs });

export interface FromSpans {
  readonly told: readonly Told[];
  readonly calls: readonly Calls[];
}

/** What spans say of whom they were served by, as the live detector reads them: requests, the share that failed and the 95th percentile, of each entity and each of its operations; and who called whom. A request is a span whose parent is another's, or nobody's; one whose parent is not known is none where its operation lies within requests of its own entity otherwise. */
export function measureSpans(spans: readonly SpanRow[], pieces: Pieces): FromSpans {
  const byId = new Map(spans.map((span) => [`${span.trace} ${span.span}`, span]));
  const served: SpanRow[] = [];
  const calls = new Map<string, Calls>();
  const requests = new Map<string, number[]>();
  const askedOf = (entity: string): number[] => {
    const known = requests.get(entity) ?? pieces.starts.map(() => 0);
    requests.set(entity, known);
    return known;
  };
  const parentOf = (span: SpanRow): SpanRow | undefined => byId.get(`${span.trace} ${span.parent}`);
  const isWithin = (span: SpanRow): boolean => parentOf(span)?.entity === span.entity;
  const internal = internalOf(spans, parentOf);
  const children = new Map<SpanRow, number>();
  for (const span of spans) {
    const parent = parentOf(span);
    if (parent) children.set(parent, (children.get(parent) ?? 0) + 1);
  }
  const answered = new Set<SpanRow>();
  for (const span of spans) {
    const parent = parentOf(span);
    if (parent?.entity === span.entity || (parent === undefined && span.parent !== '' && internal.has(callOf(span)))) continue;
    served.push(span);
    const piece = pieces.of(span.at);
    count(askedOf(span.entity), piece);
    if (parent === undefined) continue;
    answered.add(parent);
    const key = `${parent.entity}\0${span.entity}`;
    const known = calls.get(key) ?? { caller: parent.entity, callee: span.entity, sums: pieces.starts.map(() => NONE), made: pieces.starts.map(() => 0), asked: askedOf(parent.entity) };
    calls.set(key, known);
    count(known.made, piece);
    // Who is turned away, or waits no longer, fails where its callee does not.
    sum(known.sums, piece, isWithin(parent) && children.get(parent) === 1 ? parent : span);
  }
  for (const [span, call] of unansweredOf(spans.filter(isWithin), answered, peersOf(served, parentOf))) {
    const known = calls.get(call);
    const piece = pieces.of(span.at);
    count(known?.made, piece);
    sum(known?.sums, piece, span);
  }
  const told = [...groupBy(served, ({ entity }) => entity)].flatMap(([entity, all]) => [
    ...requestsOf(entity, '', all, pieces),
    ...[...groupBy(all, ({ operation }) => operation)].flatMap(([operation, some]) => (operation === '' ? [] : requestsOf(entity, operation, some, pieces))),
  ]);
  return { told, calls: [...calls.values()] };
}

function count(counts: number[] | undefined, piece: number | undefined): void {
  if (counts && piece !== undefined) counts[piece] = (counts[piece] ?? 0) + 1;
}

function sum(sums: CallSums[] | undefined, piece: number | undefined, { failed, durationMs }: SpanRow): void {
  if (sums && piece !== undefined) sums[piece] = added(sums[piece] ?? NONE, { count: 1, errors: failed ? 1 : 0, durationMs });
}

/** By entity and operation of a span that is a call and nothing else, whom such spans call; undefined where that is not always the same. */
function peersOf(served: readonly SpanRow[], parentOf: (span: SpanRow) => SpanRow | undefined): Map<string, string | undefined> {
  const peers = new Map<string, string | undefined>();
  for (const span of served) {
    const parent = parentOf(span);
    if (!parent || parentOf(parent)?.entity !== parent.entity) continue;
    const key = callOf(parent);
    peers.set(key, peers.has(key) && peers.get(key) !== span.entity ? undefined : span.entity);
  }
  return peers;
}

/** Operations that lie within requests of their own entity wherever their parents are known. */
export function internalOf(spans: readonly SpanRow[], parentOf: (span: SpanRow) => SpanRow | undefined): ReadonlySet<string> {
  const [within, others] = [new Set<string>(), new Set<string>()];
  for (const span of spans) {
    const parent = parentOf(span);
    if (parent || span.parent === '') (parent?.entity === span.entity ? within : others).add(callOf(span));
  }
  return new Set([...within].filter((call) => !others.has(call)));
}

const callOf = ({ entity, operation }: SpanRow): string => `${entity}\0${operation}`;

/** Calls that nobody answered: a queue holds them, or who should has gone. */
function* unansweredOf(spans: readonly SpanRow[], answered: ReadonlySet<SpanRow>, peers: ReadonlyMap<string, string | undefined>): Generator<readonly [span: SpanRow, call: string]> {
  for (const span of spans) {
    const peer = answered.has(span) ? undefined : peers.get(callOf(span));
    if (peer !== undefined) yield [span, `${span.entity}\0${peer}`];
  }
}

function requestsOf(entity: string, operation: string, spans: readonly SpanRow[], pieces: Pieces): Told[] {
  const byPiece: SpanRow[][] = pieces.starts.map(() => []);
  for (const span of spans) byPiece[pieces.of(span.at) ?? -1]?.push(span);
  const counts = byPiece.map(({ length }) => length);
  const asked = counts.flatMap((count, piece) => (count > 0 ? [piece] : []));
  const series = (kind: 'rate' | 'errors' | 'latency', metric: string, unit: string) => seriesOf(kind, entity, operation, metric, unit);
  const ofAsked = (measure: (spans: readonly SpanRow[]) => number): Pick<Told, 'times' | 'values' | 'counts'> => ({
    times: asked.map((piece) => pieces.starts[piece] ?? 0), values: asked.map((piece) => measure(byPiece[piece] ?? [])), counts: asked.map((piece) => counts[piece] ?? 0),
  });
  return [
    { series: series('rate', 'requests', '1/s'), times: pieces.starts, values: counts.map((count) => count / (pieces.widthMs / 1000)), counts },
    { series: series('errors', 'error_ratio', '1'), ...ofAsked((some) => some.filter(({ failed }) => failed).length / some.length) },
    { series: series('latency', 'p95', 'ms'), ...ofAsked(tailOf) },
  ];
}

function tailOf(spans: readonly SpanRow[]): number {
  const sorted = spans.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((TAIL_LEVELS[levelFor(sorted.length)] ?? 1) * sorted.length))] ?? 0;
}

/** How calls go in the pieces that are `recent`, beside those that are `usual`. */
export function edgesOfCalls(calls: readonly Calls[], { starts }: Pieces, recent: (at: UnixMs) => boolean, usual: (at: UnixMs) => boolean): Edge[] {
  const total = (sums: readonly CallSums[], wanted: (at: UnixMs) => boolean): CallSums => starts.reduce((sum, at, piece) => (wanted(at) ? added(sum, sums[piece] ?? NONE) : sum), NONE);
  const counted = (counts: readonly number[], wanted: (at: UnixMs) => boolean): number => starts.reduce((sum, at, piece) => (wanted(at) ? sum + (counts[piece] ?? 0) : sum), 0);
  const both = (counts: readonly number[]): Counted => ({ recent: counted(counts, recent), before: counted(counts, usual) });
  return edgesOf(calls.map(({ caller, callee, sums, made, asked }) => ({ client: caller, server: callee, recent: total(sums, recent), before: total(sums, usual), made: both(made), asked: both(asked) })));
}
