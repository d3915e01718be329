import type { ApiIncidents } from '#core/api/incidents.js';
import type { Incident } from '#core/types.js';
import type { Store } from '#store/store.js';

const MAX_INCIDENTS = 500;

export const openIncidents = (store: Store): Promise<ApiIncidents> => incidentsWhere(store, "status != 'resolved'");

/** The newest that meet a condition, and how many do. */
export async function incidentsWhere(store: Store, condition: string, params: Readonly<Record<string, number>> = {}): Promise<ApiIncidents> {
  const incidents = parseAll(await store.query<{ document: string }>(`SELECT document FROM incidents FINAL WHERE ${condition} ORDER BY starts_at DESC LIMIT ${MAX_INCIDENTS}`, { params }));
  if (incidents.length < MAX_INCIDENTS) return { incidents, matching: incidents.length };
  const [all] = await store.query<{ count: string }>(`SELECT count() AS count FROM incidents FINAL WHERE ${condition}`, { params });
  return { incidents, matching: Number(all?.count ?? 0) };
}

export function parseAll(rows: readonly { document: string }[]): Incident[] {
  return rows.map((row) => JSON.parse(row.document) as Incident);
}
