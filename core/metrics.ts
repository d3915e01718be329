import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * The metrics of one room, declared once as a table that docs and `/metrics` share.
 * Names read `faultline_<room>_<noun>_<unit>[_total]`; label values come from fixed sets only.
 */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
}
export type MetricTable = Readonly<Record<string, MetricSpec>>;
type MetricOf<S extends MetricSpec> = S['type'] extends 'counter' ? Counter : S['type'] extends 'gauge' ? Gauge : Histogram;
export type Metrics<T extends MetricTable> = { readonly [K in keyof T]: MetricOf<T[K]> };

/** Registers `table` and returns its metrics by name. Throws when a name is registered twice. */
export function registerMetrics<const T extends MetricTable>(registry: Registry, table: T): Metrics<T> {
  const entries = Object.entries(table).map(([name, spec]) => {
    const common = { name, help: spec.help, labelNames: [...(spec.labels ?? [])], registers: [registry] };
    switch (spec.type) {
      case 'counter':
        return [name, new Counter(common)];
      case 'gauge':
        return [name, new Gauge(common)];
      case 'histogram':
        return [name, new Histogram({ ...common, ...(spec.buckets && { buckets: [...spec.buckets] }) })];
    }
  });
  return Object.fromEntries(entries) as Metrics<T>;
}

export { Registry };
