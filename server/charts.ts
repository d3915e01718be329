import type { ApiChart } from '#core/api/charts.js';
import { metricWords } from '#core/metric-words.js';
import type { Series } from '#core/types.js';
import type { Store } from '#store/store.js';
import { within } from '#store/within.js';
import type { ServerContext } from './context.js';
import type { Range } from './range.js';

interface ScoreRow {
  readonly series: string;
  readonly at: string;
  readonly value: number | null;
  readonly expected: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** What was measured and what was expected of each series, in one query. Same order as `series`. */
export async function scoreCharts({ store, stateOf }: Pick<ServerContext, 'store' | 'stateOf'>, series: readonly Series[], range: { from: number; to: number }): Promise<ApiChart[]> {
  if (series.length === 0) return [];
  const rows = await store.query<ScoreRow>(
    'SELECT series, toUnixTimestamp64Milli(time) AS at, value, expected, lower, upper FROM anomaly_scores WHERE series IN {ids:Array(String)} AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time <= fromUnixTimestamp64Milli({to:Int64}) ORDER BY series, time LIMIT 50000',
    { params: { ids: series.map((one) => one.id), ...range } },
  );
  return series.map((one) => {
    const own = rows.filter((row) => row.series === one.id);
    const at = (key: 'value' | 'expected' | 'lower' | 'upper'): (number | null)[] => own.map((row) => row[key]);
    return { title: titleOf(one), unit: one.unit, series: one, judged: stateOf(one), times: own.map((row) => Number(row.at)), values: at('value'), expected: at('expected'), lower: at('lower'), upper: at('upper') };
  });
}

type Band = Pick<ApiChart, 'values' | 'expected' | 'lower' | 'upper'>;

/** The same as means over slots of `width` seconds, called by what people call the metric. */
export async function slotCharts({ store, stateOf }: Pick<ServerContext, 'store' | 'stateOf'>, series: readonly Series[], range: Pick<Range, 'params' | 'seconds'>, width: number): Promise<ApiChart[]> {
  const bands = await bandsOf(store, series.map(({ id }) => id), range, width);
  const times = Array.from({ length: Math.ceil(range.seconds / width) }, (_, slot) => (range.params.from + slot * width) * 1000);
  return series.flatMap((one) => {
    const band = bands.get(one.id);
    return band ? [{ title: metricWords(one), unit: one.unit, series: one, judged: stateOf(one), times, ...band }] : [];
  });
}

/** Values, what was expected and bands, averaged over slots of `width` seconds, by series id; a series that is not judged has none. */
export async function bandsOf(store: Store, ids: readonly string[], { params, seconds }: Pick<Range, 'params' | 'seconds'>, width: number): Promise<ReadonlyMap<string, Band>> {
  const rows = await store.query<{ series: string; slot: number; values: number; expected: number; lower: number; upper: number }>(
    `SELECT series, toInt32(intDiv(toUnixTimestamp(toDateTime(time)) - {from:UInt32}, {width:UInt32})) AS slot, avg(value) AS values, avg(expected) AS expected, avg(lower) AS lower, avg(upper) AS upper
     FROM anomaly_scores WHERE series IN {ids:Array(String)} AND ${within('time')} GROUP BY series, slot`,
    { params: { ids, ...params, width } },
  );
  const none = (): (number | null)[] => Array.from({ length: Math.ceil(seconds / width) }, () => null);
  const bands = new Map<string, { [Key in keyof Band]: (number | null)[] }>();
  for (const { series, slot, ...at } of rows) {
    const band = bands.get(series) ?? { values: none(), expected: none(), lower: none(), upper: none() };
    bands.set(series, band);
    if (slot < band.expected.length) for (const key of ['values', 'expected', 'lower', 'upper'] as const) band[key][slot] = at[key];
  }
  return bands;
}

function titleOf({ service, operation, metric }: Series): string {
  return [service, operation, metric].filter(Boolean).join(' · ');
}
