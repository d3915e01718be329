import type { Store } from '#store/store.js';
import { readPoints, toSeriesData, type VirtualFamily } from './family.js';

const COLUMNS: Readonly<Record<string, string>> = { score: 'Score of each watched series; above 1 is outside its band.', expected: 'What a watched series was expected to be.', lower: 'Lower edge of the band of a watched series.', upper: 'Upper edge of the band of a watched series.' };
const PREFIX = 'faultline_anomaly_';

/** The detector's opinion over time: score and band of every watched series. */
export function createAnomalyMetrics(store: Store): VirtualFamily {
  return {
    metrics: Object.fromEntries(Object.entries(COLUMNS).map(([column, help]) => [PREFIX + column, { type: 'gauge', help, unit: '' }])),
    async read(name, matchers, from, to, limits) {
      const column = name.slice(PREFIX.length);
      const sql = `SELECT map('series', w.id, 'kind', toString(w.kind), 'service', toString(w.service), 'operation', w.operation, 'metric', toString(w.metric)) AS labels, toUnixTimestamp64Milli(a.time) AS t, a.${column} AS v
        FROM anomaly_scores AS a INNER JOIN (SELECT id, kind, service, operation, metric FROM watched_series FINAL) AS w ON w.id = a.series
        WHERE a.time > fromUnixTimestamp64Milli({from:Int64}) AND a.time <= fromUnixTimestamp64Milli({to:Int64})`;
      return (await readPoints(store, { name, sql, matchers, from, to }, limits)).map(toSeriesData);
    },
  };
}
