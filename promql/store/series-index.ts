import type { Store } from '#store/store.js';
import type { Matcher } from '../ast.js';
import { compareLabels, labelSet, METRIC_NAME, type LabelSet } from '../labels.js';
import { conditionOf } from './conditions.js';
import { reading, tooManySeries } from './store-errors.js';
import type { SelectLimits } from '../source.js';

/** One stored series. There is one object for each id, and its labels are one object too, so that what is worked out from them can be kept beside them. */
export interface StoredSeries {
  readonly id: bigint;
  readonly low: number;
  readonly high: number;
  readonly labels: LabelSet;
}

/** What a selector finds. */
export interface Selection {
  readonly where: string;
  readonly params: Readonly<Record<string, string>>;
  /** In the order of their labels. */
  readonly series: readonly StoredSeries[];
  /** Whether any of them is a native histogram. */
  readonly native: boolean;
  /** The series of an id in halves. */
  find(low: number, high: number): StoredSeries | undefined;
}

const COLUMNS = { name: 'name', labels: 'labels' };
/** Ids and labels that are remembered; about half a kilobyte each. */
const MAX_SERIES = 300_000;
/** Ids that fit into a statement; more are looked up by the matchers. */
const MAX_LISTED = 1_000;
const LIMIT_SELECTIONS = 1_000;

/** Which series a selector finds, read once and again only when series were written since. */
export function createSeriesIndex(store: Store) {
  let known = new Map<bigint, StoredSeries>();
  const selections = new Map<string, { readonly mark: number; readonly selection: Selection }>();
  const metrics = new Set<string>();
  const empty = (): void => {
    metrics.clear();
    known = new Map();
    selections.clear();
  };

  return async (matchers: readonly Matcher[], limits: SelectLimits): Promise<Selection> => {
    const key = JSON.stringify(matchers.map(({ name, op, value }) => [name, op, value]));
    const kept = selections.get(key);
    const changes = store.changes?.since('metric_series', kept?.mark ?? 0);
    if (kept && changes?.earliest === Infinity) {
      if (kept.selection.series.length > limits.maxSeries) throw tooManySeries(limits.maxSeries);
      return kept.selection;
    }
    if (known.size > MAX_SERIES || selections.size > LIMIT_SELECTIONS) empty();
    // Another call may empty it meanwhile; this one goes on with what it has.
    const own = known;
    const { sql, params } = conditionOf(matchers, COLUMNS);
    const timeoutSeconds = Math.max(1, Math.ceil(limits.timeoutSeconds));
    // Of a metric that was not asked for before, everything is new: labels come with the ids.
    const metric = matchers.find(({ name, op }) => name === METRIC_NAME && op === '=')?.value;
    const isNew = metric !== undefined && !metrics.has(metric);
    const found = isNew ? await describe(own, sql, params, limits.maxSeries, timeoutSeconds) : await readIds(store, sql, params, limits.maxSeries, timeoutSeconds);
    if (metric !== undefined) metrics.add(metric);
    const fresh = found.ids.filter((id) => !own.has(id));
    if (fresh.length > 0) await describe(own, fresh.length <= MAX_LISTED ? `id IN (${fresh.join()}) AND (${sql})` : sql, params, limits.maxSeries, timeoutSeconds);
    const ids = new Set(found.ids);
    const before = kept?.selection;
    // Nothing new: what hangs on the selection stays.
    if (before && before.native === found.native && before.series.length === ids.size && before.series.every(({ id }) => ids.has(id))) {
      if (changes) selections.set(key, { mark: changes.mark, selection: before });
      return before;
    }
    const series = [...ids].flatMap((id) => own.get(id) ?? []).toSorted((a, b) => compareLabels(a.labels, b.labels));
    const listed = series.length > 0 && series.length <= MAX_LISTED;
    const selection: Selection = { where: listed ? `series IN (${series.map(({ id }) => id).join()})` : `series IN (SELECT id FROM metric_series WHERE ${sql})`, params: listed ? {} : params, series, native: found.native, find: finder(series) };
    if (changes) selections.set(key, { mark: changes.mark, selection });
    return selection;
  };

  /** Notes labels of the series that `condition` holds for. Returns their ids, each once. */
  async function describe(into: Map<bigint, StoredSeries>, condition: string, params: Readonly<Record<string, string>>, maxSeries: number, timeoutSeconds: number): Promise<Found> {
    const sql = `SELECT toString(id) AS id, name AS n, mapKeys(labels) AS k, mapValues(labels) AS v, toUInt8(type = 'exponential_histogram') AS h FROM metric_series WHERE ${condition} ORDER BY h DESC LIMIT 1 BY metric_series.id LIMIT ${maxSeries + 1}`;
    const rows = await reading(() => store.query<{ id: string; n: string; k: string[]; v: string[]; h: number }>(sql, { params, timeoutSeconds }));
    if (rows.length > maxSeries) throw tooManySeries(maxSeries);
    const ids: bigint[] = [];
    let native = false;
    for (const { id: text, n, k, v, h } of rows) {
      const id = BigInt(text);
      ids.push(id);
      native ||= h === 1;
      if (!into.has(id)) into.set(id, { id, low: Number(id & 0xffff_ffffn), high: Number(id >> 32n), labels: labelSet([[METRIC_NAME, n], ...k.map((name, at): [string, string] => [name, v[at] ?? ''])]) });
    }
    return { ids, native };
  }
}

interface Found {
  readonly ids: readonly bigint[];
  readonly native: boolean;
}

const ROW_BYTES = 9;

async function readIds(store: Store, sql: string, params: Readonly<Record<string, string>>, maxSeries: number, timeoutSeconds: number): Promise<Found> {
  const bytes = await reading(() => store.queryBytes(`SELECT id, max(toUInt8(type = 'exponential_histogram')) FROM metric_series WHERE ${sql} GROUP BY id LIMIT ${maxSeries + 1}`, 'RowBinary', { params, timeoutSeconds }));
  const rows = Math.floor(bytes.length / ROW_BYTES);
  if (rows > maxSeries) throw tooManySeries(maxSeries);
  const ids: bigint[] = [];
  let native = false;
  for (let row = 0; row < rows; row += 1) {
    ids.push(bytes.readBigUInt64LE(row * ROW_BYTES));
    native ||= bytes[row * ROW_BYTES + 8] === 1;
  }
  return { ids, native };
}

/** A lookup by halves: no bigint is made for a row. Ids that agree in 53 bits are told apart by a second look. */
function finder(series: readonly StoredSeries[]): Selection['find'] {
  const byKey = new Map<number, StoredSeries | StoredSeries[]>();
  const keyOf = (low: number, high: number): number => high * 2_097_152 + (low >>> 11);
  for (const one of series) {
    const key = keyOf(one.low, one.high);
    const there = byKey.get(key);
    byKey.set(key, there === undefined ? one : [...(Array.isArray(there) ? there : [there]), one]);
  }
  return (low, high) => {
    const found = byKey.get(keyOf(low, high));
    if (Array.isArray(found)) return found.find((one) => one.low === low && one.high === high);
    return found && found.low === low && found.high === high ? found : undefined;
  };
}
