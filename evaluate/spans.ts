import { seriesOf } from '#core/series.js';
import { levelFor, TAIL_LEVELS } from '../detector/tail-level.js';
import { healthOf, type CallSums, type Edge } from '../detector/incidents/topology.js';
import type { UnixMs } from '#core/types.js';
import { groupBy } from './group-by.js';
import type { SpanRow } from './layout.js';
import type { Pieces, Told } from './pieces.js';

/** Calls of one entity to another as its callee served them: what they came to in each piece of time. */
export interface Calls {
  readonly caller: string;
  readonly callee: string;
  readonly sums: CallSums[];
}

const NONE: CallSums = { count: 0, errors: 0, durationMs: 0 };
const added = (a: CallSums, b: CallSums): CallSums => ({ count: a.count + b.count, errors: a.errors + b.errors, durationMs: a.durationMs + b.durationMs });

export interface FromSpans {
  readonly told: readonly Told[];
  readonly calls: readonly Calls[];
}

/** What spans say of whom they were served by, as the live detector reads them: requests, the share that failed and the 95th percentile, of each entity and each of its operations; and who called whom. A request is a span whose parent is another's, or nobody's. */
export function measureSpans(spans: readonly SpanRow[], pieces: Pieces): FromSpans {
  const byId = new Map(spans.map((span) => [`${span.trace} ${span.span}`, span]));
  const served: SpanRow[] = [];
  const calls = new Map<string, Calls>();
  for (const span of spans) {
    const caller = byId.get(`${span.trace} ${span.parent}`)?.entity;
    if (caller === span.entity) continue;
    served.push(span);
    if (caller === undefined) continue;
    const key = `${caller}\0${span.entity}`;
    const known = calls.get(key) ?? { caller, callee: span.entity, sums: pieces.starts.map(() => NONE) };
    calls.set(key, known);
    const piece = pieces.of(span.at);
    if (piece !== undefined) known.sums[piece] = added(known.sums[piece] ?? NONE, { count: 1, errors: span.failed ? 1 : 0, durationMs: span.durationMs });
  }
  const told = [...groupBy(served, ({ entity }) => entity)].flatMap(([entity, all]) => [
    ...requestsOf(entity, '', all, pieces),
    ...[...groupBy(all, ({ operation }) => operation)].flatMap(([operation, some]) => (operation === '' ? [] : requestsOf(entity, operation, some, pieces))),
  ]);
  return { told, calls: [...calls.values()] };
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
export function edgeOfCalls({ caller, callee, sums }: Calls, { starts }: Pieces, recent: (at: UnixMs) => boolean, usual: (at: UnixMs) => boolean): Edge {
  const total = (wanted: (at: UnixMs) => boolean): CallSums => starts.reduce((sum, at, piece) => (wanted(at) ? added(sum, sums[piece] ?? NONE) : sum), NONE);
  return { client: caller, server: callee, ...healthOf(total(recent), total(usual)) };
}
