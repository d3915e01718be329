import type { Store } from '#store/store.js';
import { readPoints, toSeriesData, type VirtualFamily } from './family.js';

const COLUMNS: Readonly<Record<string, readonly [column: string, help: string]>> = {
  faultline_load: ['load', 'Requests per second of the service of a scaling policy, mean of a minute.'],
  faultline_load_forecast: ['forecast', 'Requests per second that a scaling policy expects after its horizon.'],
  faultline_load_forecast_lower: ['lower', 'Lower edge of the 90 % band of the forecast.'],
  faultline_load_forecast_upper: ['upper', 'Upper edge of the 90 % band of the forecast.'],
};

/** What scaling policies saw and foresaw; a forecast stands at the time at which it was made. */
export function createForecastMetrics(store: Store): VirtualFamily {
  return {
    metrics: Object.fromEntries(Object.entries(COLUMNS).map(([name, [, help]]) => [name, { type: 'gauge', help, unit: '' }])),
    async read(name, matchers, from, to, limits) {
      const sql = `SELECT map('policy', toString(policy), 'service', toString(service), 'horizon', toString(horizon)) AS labels, toUnixTimestamp64Milli(time) AS t, ${COLUMNS[name]?.[0] ?? 'load'} AS v
        FROM load_forecasts WHERE time > fromUnixTimestamp64Milli({from:Int64}) AND time <= fromUnixTimestamp64Milli({to:Int64})`;
      return (await readPoints(store, { name, sql, matchers, from, to }, limits)).map(toSeriesData);
    },
  };
}
