import { seriesOf } from '#core/series.js';
import type { Labels, Series } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Reading } from './band.js';

/** The series of one log pattern; the label `pattern` is its template. */
export const LOG_PATTERN_METRIC = 'log_pattern';

/** Everything measured in the slots of a range: per series, the readings by slot (0 is the first). */
export interface Measured {
  readonly series: ReadonlyMap<string, { readonly series: Series; readonly slots: Map<number, Reading> }>;
  /** Slots in which anything at all arrived: a silent series means something only there. */
  readonly alive: ReadonlySet<number>;
  /** Metric points by service and slot. */
  readonly arrivals: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

const REFRESH_MS = 600_000;
/** A counter that paused for longer begins anew. */
const FORGET_MS = 3_600_000;

type Table = Map<string, { series: Series; slots: Map<number, Reading> }>;

/** Reads `[from, to)` in slots of `stepMs`. All times are multiples of 5 s. */
export type ReadRange = (from: number, to: number, stepMs: number) => Promise<Measured>;

export function createReader(store: Store, ignored: readonly string[]): ReadRange {
  const described = new Map<string, Described>();
  /** Last value of each counter, for its rate across reads. */
  const counters = new Map<string, { at: number; value: number }>();

  let refreshedAt = 0;

  /** Metadata may come after the first samples, and series come and go: what is remembered is read anew now and then. */
  function refresh(now: number): void {
    if (now - refreshedAt < REFRESH_MS) return;
    refreshedAt = now;
    described.clear();
    for (const [id, { at }] of counters) if (now - at > FORGET_MS) counters.delete(id);
  }

  return async (from, to, stepMs) => {
    refresh(to);
    const params = { from: from / 1000, to: to / 1000, step: stepMs / 1000, ignored };
    const table: Table = new Map();
    const alive = new Set<number>();
    const arrivals = new Map<string, Map<number, number>>();
    await Promise.all([readRed(store, params, table, alive), readLogs(store, params, table), readPatterns(store, params, table), readMetrics(params, table)]);
    return { series: table, alive, arrivals };

    async function readMetrics(range: typeof params, into: Table): Promise<void> {
      const rows = await store.query<{ id: string; slot: number; v: number }>(
        'SELECT toString(series) AS id, toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {step:UInt32})) AS slot, argMax(value, time) AS v FROM metric_samples WHERE NOT isNaN(value) AND time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) GROUP BY id, slot ORDER BY id, slot',
        { params: range },
      );
      const unknown = [...new Set(rows.map((row) => row.id).filter((id) => !described.has(id)))];
      if (unknown.length > 0) await describe(unknown);
      /** What histograms and summaries gained: by family and slot, observations and their sum. */
      const gains = new Map<string, { series: Series; slot: number; count: number; sum: number }>();
      for (const { id, slot, v } of rows) {
        const known = described.get(id);
        if (!known) continue;
        const bySlot = arrivals.get(known.service) ?? new Map<number, number>();
        arrivals.set(known.service, bySlot.set(slot, (bySlot.get(slot) ?? 0) + 1));
        if (known.role === 'unwatched' || v === null || !Number.isFinite(v)) continue;
        if (known.role === 'value') {
          put(into, known.series, slot, { value: v, count: 0 });
          continue;
        }
        const at = from + slot * stepMs;
        const before = counters.get(id);
        if (before && at <= before.at) continue;
        counters.set(id, { at, value: v });
        if (!before) continue;
        // A counter that fell was reset.
        const gain = v >= before.value ? v - before.value : v;
        if (known.role !== 'sum') put(into, known.series, slot, { value: (gain * 1000) / (at - before.at), count: 0 });
        if (known.role !== 'count' && known.role !== 'sum') continue;
        const key = `${known.mean.id} ${slot}`;
        const gained = gains.get(key) ?? { series: known.mean, slot, count: 0, sum: 0 };
        gained[known.role] = gain;
        gains.set(key, gained);
      }
      for (const { series, slot, count, sum } of gains.values()) if (count > 0) put(into, series, slot, { value: sum / count, count });
    }

    async function describe(ids: readonly string[]): Promise<void> {
      const rows = await store.query<{ id: string; name: string; type: string; unit: string; service: string; labels: Labels }>(
        'SELECT toString(id) AS id, any(name) AS name, any(type) AS type, any(unit) AS unit, any(service) AS service, any(labels) AS labels FROM metric_series WHERE toString(id) IN {ids:Array(String)} GROUP BY id',
        { params: { ids } },
      );
      for (const row of rows) {
        described.set(row.id, ignored.includes(row.service) ? null : roleOf(row));
      }
    }
  };
}

/** What a stored series is to the detector. null: of a service that is not watched. */
type Described =
  | null
  | { readonly service: string; readonly role: 'unwatched' }
  | { readonly service: string; readonly role: 'value'; readonly series: Series }
  | { readonly service: string; readonly role: 'counter'; readonly series: Series }
  /** Parts of a histogram or summary: `mean` is the series of sum by count. */
  | { readonly service: string; readonly role: 'count'; readonly series: Series; readonly mean: Series }
  | { readonly service: string; readonly role: 'sum'; readonly series: Series; readonly mean: Series };

function roleOf({ name, type, unit, service, labels }: { name: string; type: string; unit: string; service: string; labels: Labels }): Described {
  if (name.endsWith('_bucket') || type === 'exponential_histogram') return { service, role: 'unwatched' };
  if (type !== 'counter') return { service, role: 'value', series: seriesOf('metric', service, '', name, unit, labels) };
  const part = /^(.+)_(count|sum)$/.exec(name);
  const series = seriesOf('metric', service, '', name, `${part || unit === '' ? '1' : unit}/s`, labels);
  if (!part) return { service, role: 'counter', series };
  const mean = seriesOf('metric', service, '', `${part[1]}_mean`, unit, labels);
  return part[2] === 'sum' ? { service, role: 'sum', series, mean } : { service, role: 'count', series, mean };
}

interface RangeParams {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly ignored: readonly string[];
}

/** Levels that stand for the 95th percentile, by how many requests it takes for two of them to be slower. */
const TAIL_LEVELS = [0.75, 0.8, 0.85, 0.9, 0.95];
const SLOWER = 2;

/** One slow request among a dozen is chance: no level that rests on it alone is judged. */
function levelFor(count: number): number {
  const found = TAIL_LEVELS.findLastIndex((level) => count * (1 - level) >= SLOWER - 1e-9);
  return Math.max(0, found);
}

async function readRed(store: Store, params: RangeParams, table: Table, alive: Set<number>): Promise<void> {
  const rows = await store.query<{ service: string; operation: string; slot: number; requests: string; failed: string; tail: readonly number[] }>(
    `SELECT service, operation, toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {step:UInt32})) AS slot, sum(count) AS requests, sum(errors) AS failed, quantilesTDigestMerge(${TAIL_LEVELS.join(', ')})(duration) AS tail
     FROM red_5s WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) AND kind IN ('Server', 'Consumer') AND service NOT IN {ignored:Array(String)}
     GROUP BY GROUPING SETS ((service, slot), (service, operation, slot))`,
    { params: { ...params } },
  );
  for (const { service, operation, slot, requests, failed, tail } of rows) {
    const count = Number(requests);
    alive.add(slot);
    put(table, seriesOf('rate', service, operation, 'requests', '1/s'), slot, { value: count / params.step, count });
    put(table, seriesOf('errors', service, operation, 'error_ratio', '1'), slot, { value: count > 0 ? Number(failed) / count : 0, count });
    put(table, seriesOf('latency', service, operation, 'p95', 'ms'), slot, { value: tail[levelFor(count)] ?? 0, count });
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

/** What services complain of: warnings and errors by what they say. */
async function readPatterns(store: Store, params: RangeParams, table: Table): Promise<void> {
  const rows = await store.query<{ service: string; pattern: string; template: string; slot: number; records: string }>(
    `WITH rates AS (
       SELECT service, pattern, toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {step:UInt32})) AS slot, sum(count) AS records FROM log_pattern_rates
       WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) AND severity IN ('error', 'warn') AND service NOT IN {ignored:Array(String)} GROUP BY service, pattern, slot)
     SELECT r.service AS service, toString(r.pattern) AS pattern, p.template AS template, r.slot AS slot, r.records AS records FROM rates AS r
     LEFT JOIN (SELECT id, service, argMax(template, updated_at) AS template FROM log_patterns WHERE (service, id) IN (SELECT service, pattern FROM rates) GROUP BY id, service) AS p ON p.id = r.pattern AND p.service = r.service`,
    { params: { ...params } },
  );
  for (const { service, pattern, template, slot, records } of rows) put(table, patternSeries(service, pattern, template), slot, { value: Number(records) / params.step, count: Number(records) });
}

/** A pattern keeps its series while its template grows more general. */
function patternSeries(service: string, pattern: string, template: string): Series {
  return { ...seriesOf('logs', service, '', LOG_PATTERN_METRIC, '1/s', { pattern }), labels: { pattern: template || pattern } };
}

function put(table: Table, series: Series, slot: number, reading: Reading): void {
  const known = table.get(series.id) ?? { series, slots: new Map<number, Reading>() };
  table.set(series.id, known);
  known.slots.set(slot, reading);
}
