import type { PromCardinality } from '#core/promql.js';
import type { Store } from '#store/store.js';
import { reading } from './store-errors.js';

/** What there is most of, counted in `metric_series`. `limit` entries of each kind. */
export async function readCardinality(store: Store, limit: number): Promise<PromCardinality> {
  const ask = (sql: string): Promise<{ name: string; value: string }[]> => reading(() => store.query<{ name: string; value: string }>(`${sql} ORDER BY value DESC, name LIMIT {limit:UInt32}`, { params: { limit } }));
  // The row of a series is there again every time it is renewed, until a merge.
  const distinct = '(SELECT id, name, labels FROM metric_series LIMIT 1 BY id)';
  const pairs = `(SELECT id, pair.1 AS label, pair.2 AS text FROM ${distinct} ARRAY JOIN arrayConcat([('__name__', toString(name))], arrayZip(mapKeys(labels), mapValues(labels))) AS pair)`;
  const [[totals], [span], byMetric, valuesByLabel, bytesByLabel, byPair] = await Promise.all([
    reading(() => store.query<{ series: string; pairs: string }>(`SELECT uniqExact(id) AS series, uniqExact(label, text) AS pairs FROM ${pairs}`)),
    reading(() => store.query<{ first: string; last: string; chunks: string }>("SELECT toUnixTimestamp64Milli(min(time)) AS first, toUnixTimestamp64Milli(max(time)) AS last, (SELECT count() FROM system.parts WHERE active AND database = currentDatabase() AND table = 'metric_samples') AS chunks FROM metric_samples")),
    ask(`SELECT name, uniqExact(id) AS value FROM metric_series GROUP BY name`),
    ask(`SELECT label AS name, uniqExact(text) AS value FROM ${pairs} GROUP BY label`),
    ask(`SELECT label AS name, sum(length(text)) AS value FROM (SELECT label, text FROM ${pairs}) GROUP BY label`),
    ask(`SELECT concat(label, '=', text) AS name, count() AS value FROM ${pairs} GROUP BY label, text`),
  ]);
  const counted = (rows: readonly { name: string; value: string }[]): { name: string; value: number }[] => rows.map(({ name, value }) => ({ name, value: Number(value) }));
  return {
    series: Number(totals?.series ?? 0), labelPairs: Number(totals?.pairs ?? 0), parts: Number(span?.chunks ?? 0), firstSampleAt: Number(span?.first ?? 0), lastSampleAt: Number(span?.last ?? 0),
    seriesByMetric: counted(byMetric), valuesByLabel: counted(valuesByLabel), bytesByLabel: counted(bytesByLabel), seriesByPair: counted(byPair),
  };
}
