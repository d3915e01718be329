import type { ApiChart } from '#core/api.js';
import type { Series } from '#core/types.js';
import type { Store } from '#store/store.js';

interface ScoreRow {
  readonly series: string;
  readonly at: string;
  readonly value: number | null;
  readonly expected: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** What was measured and what was expected of each series, in one query. Same order as `series`. */
export async function scoreCharts(store: Store, series: readonly Series[], range: { from: number; to: number }): Promise<ApiChart[]> {
  if (series.length === 0) return [];
  const rows = await store.query<ScoreRow>(
    'SELECT series, toUnixTimestamp64Milli(time) AS at, value, expected, lower, upper FROM anomaly_scores WHERE series IN {ids:Array(String)} AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time <= fromUnixTimestamp64Milli({to:Int64}) ORDER BY series, time LIMIT 50000',
    { params: { ids: series.map((one) => one.id), ...range } },
  );
  return series.map((one) => {
    const own = rows.filter((row) => row.series === one.id);
    const at = (key: 'value' | 'expected' | 'lower' | 'upper'): (number | null)[] => own.map((row) => row[key]);
    return { title: titleOf(one), unit: one.unit, series: one, times: own.map((row) => Number(row.at)), values: at('value'), expected: at('expected'), lower: at('lower'), upper: at('upper') };
  });
}

function titleOf({ service, operation, metric }: Series): string {
  return [service, operation, metric].filter(Boolean).join(' · ');
}
