import { groupBy } from './group-by.js';
import type { Measurement, SpanRow } from './layout.js';
import { binned } from './bins.js';

export interface FromSpans {
  readonly metrics: readonly Measurement[];
  readonly edges: readonly { readonly caller: string; readonly callee: string }[];
}

/** What spans say of who served them: requests, time of its own (without that of its calls), and failures that began with it (no failed call below). */
export function measureSpans(spans: readonly SpanRow[]): FromSpans {
  const byId = new Map(spans.map((span) => [`${span.trace} ${span.span}`, span]));
  const below = new Map<string, { durationMs: number; failed: boolean }>();
  const edges = new Map<string, { caller: string; callee: string }>();
  for (const span of spans) {
    const key = `${span.trace} ${span.parent}`;
    const parent = byId.get(key);
    if (!parent) continue;
    const known = below.get(key) ?? { durationMs: 0, failed: false };
    below.set(key, { durationMs: known.durationMs + span.durationMs, failed: known.failed || span.failed });
    if (parent.entity !== span.entity) edges.set(`${parent.entity}\0${span.entity}`, { caller: parent.entity, callee: span.entity });
  }
  const own = spans.map((span) => {
    const children = below.get(`${span.trace} ${span.span}`);
    return { ...span, selfMs: Math.max(0, span.durationMs - (children?.durationMs ?? 0)), origin: span.failed && !(children?.failed ?? false) };
  });
  const entities = groupBy(own, ({ entity }) => entity);
  const from = spans.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
  const to = spans.reduce((last, { at }) => Math.max(last, at), 0);
  const metrics = [...entities].flatMap(([entity, all]) => [
    { entity, metric: 'requests', ...binned(all, from, to, (bin) => bin.length) },
    { entity, metric: 'self_time_p95', ...binned(all, from, to, (bin) => percentile(bin.map(({ selfMs }) => selfMs), 0.95)) },
    { entity, metric: 'error_origin_ratio', ...binned(all, from, to, (bin) => (bin.length > 0 ? bin.filter(({ origin }) => origin).length / bin.length : undefined)) },
  ]);
  return { metrics, edges: [...edges.values()] };
}

function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
