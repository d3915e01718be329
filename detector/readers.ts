import { fingerprint } from '#core/fingerprint.js';
import type { Labels, Series, SeriesKind } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Reading } from './band.js';

/** Everything measured in the slots of a range: per series, the readings by slot (0 is the first). */
export interface Measured {
  readonly series: ReadonlyMap<string, { readonly series: Series; readonly slots: ReadonlyMap<number, Reading> }>;
  /** Slots in which anything at all arrived: a silent series means something only there. */
  readonly alive: ReadonlySet<number>;
}

type Table = Map<string, { series: Series; slots: Map<number, Reading> }>;

/** Reads `[from, to)` in slots of `stepMs`. All times are multiples of 5 s. */
export type ReadRange = (from: number, to: number, stepMs: number) => Promise<Measured>;

export function createReader(store: Store, ignored: readonly string[]): ReadRange {
  const described = new Map<string, { series: Series; counter: boolean } | null>();
  /** Last value of each counter, for its rate across reads. */
  const counters = new Map<string, { at: number; value: number }>();

  return async (from, to, stepMs) => {
    const params = { from: from / 1000, to: to / 1000, step: stepMs / 1000, ignored };
    const table: Table = new Map();
    const alive = new Set<number>();
    await Promise.all([readRed(store, params, table, alive), readLogs(store, params, table), readMetrics(params, table)]);
    return { series: table, alive };

    async function readMetrics(range: typeof params, into: Table): Promise<void> {
      const rows = await store.query<{ id: string; slot: number; v: number }>(
        'SELECT toString(series) AS id, toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {step:UInt32})) AS slot, argMax(value, time) AS v FROM metric_samples WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) GROUP BY id, slot ORDER BY id, slot',
        { params: range },
      );
      const unknown = [...new Set(rows.map((row) => row.id).filter((id) => !described.has(id)))];
      if (unknown.length > 0) await describe(unknown);
      for (const { id, slot, v } of rows) {
        const known = described.get(id);
        if (!known || v === null || !Number.isFinite(v)) continue;
        if (!known.counter) {
          put(into, known.series, slot, { value: v, count: 0 });
          continue;
        }
        const at = from + slot * stepMs;
        const before = counters.get(id);
        if (!before || at > before.at) {
          counters.set(id, { at, value: v });
          // A counter that fell was reset.
          if (before) put(into, known.series, slot, { value: ((v >= before.value ? v - before.value : v) * 1000) / (at - before.at), count: 0 });
        }
      }
    }

    async function describe(ids: readonly string[]): Promise<void> {
      const rows = await store.query<{ id: string; name: string; type: string; unit: string; service: string; labels: Labels }>(
        'SELECT toString(id) AS id, any(name) AS name, any(type) AS type, any(unit) AS unit, any(service) AS service, any(labels) AS labels FROM metric_series WHERE toString(id) IN {ids:Array(String)} GROUP BY id',
        { params: { ids } },
      );
      for (const row of rows) {
        const watched = !ignored.includes(row.service) && !/_(bucket|sum)$/.test(row.name) && row.type !== 'exponential_histogram';
        const counter = row.type === 'counter';
        described.set(row.id, watched ? { counter, series: seriesOf('metric', row.service, '', row.name, counter ? `${row.unit || '1'}/s` : row.unit, row.labels) } : null);
      }
    }
  };
}

interface RangeParams {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly ignored: readonly string[];
}

async function readRed(store: Store, params: RangeParams, table: Table, alive: Set<number>): Promise<void> {
  const rows = await store.query<{ service: string; operation: string; slot: number; requests: string; failed: string; p95: number }>(
    `SELECT service, operation, toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {step:UInt32})) AS slot, sum(count) AS requests, sum(errors) AS failed, quantilesTDigestMerge(0.5, 0.95, 0.99)(duration)[2] AS p95
     FROM red_5s WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) AND kind IN ('Server', 'Consumer') AND service NOT IN {ignored:Array(String)}
     GROUP BY GROUPING SETS ((service, slot), (service, operation, slot))`,
    { params: { ...params } },
  );
  for (const { service, operation, slot, requests, failed, p95 } of rows) {
    const count = Number(requests);
    alive.add(slot);
    put(table, seriesOf('rate', service, operation, 'requests', '1/s'), slot, { value: count / params.step, count });
    put(table, seriesOf('errors', service, operation, 'error_ratio', '1'), slot, { value: count > 0 ? Number(failed) / count : 0, count });
    put(table, seriesOf('latency', service, operation, 'p95', 'ms'), slot, { value: p95, count });
  }
}

async function readLogs(store: Store, params: RangeParams, table: Table): Promise<void> {
  const rows = await store.query<{ service: string; slot: number; records: string }>(
    `SELECT service, toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {step:UInt32})) AS slot, sumIf(count, severity = 'error') AS records
     FROM log_rates WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) AND service NOT IN {ignored:Array(String)} GROUP BY service, slot`,
    { params: { ...params } },
  );
  for (const { service, slot, records } of rows) put(table, seriesOf('logs', service, '', 'error_logs', '1/s'), slot, { value: Number(records) / params.step, count: Number(records) });
}

function seriesOf(kind: SeriesKind, service: string, operation: string, metric: string, unit: string, labels: Labels = {}): Series {
  return { id: fingerprint({ ...labels, service, operation }, `${kind}/${metric}`), kind, service, operation, metric, unit, labels };
}

function put(table: Table, series: Series, slot: number, reading: Reading): void {
  const known = table.get(series.id) ?? { series, slots: new Map<number, Reading>() };
  table.set(series.id, known);
  known.slots.set(slot, reading);
}
