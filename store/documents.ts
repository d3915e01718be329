import type { Silence } from '#core/alert-routing.js';
import type { Anomaly, Incident } from '#core/types.js';
import type { QueryParams, Store } from './store.js';

/** Tables that hold JSON, beside what it is found by. Of each id the newest row counts. */
interface Documents {
  readonly anomalies: Anomaly;
  readonly incidents: Incident;
  readonly model_alarms: Anomaly;
  readonly silences: Silence;
}

/** The documents of the rows that `where` chooses, which may go on to ORDER BY and LIMIT. */
export async function loadDocuments<Table extends keyof Documents>(store: Store, table: Table, where: string, params: QueryParams = {}): Promise<Documents[Table][]> {
  const rows = await store.query<{ document: string }>(`SELECT document FROM ${table} FINAL WHERE ${where}`, { params });
  return rows.map(({ document }) => JSON.parse(document) as Documents[Table]);
}
