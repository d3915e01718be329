import type { ApiIncidents } from '#core/api/incidents.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';

const MAX_INCIDENTS = 500;

export const openIncidents = (store: Store): Promise<ApiIncidents> => incidentsWhere(store, "status != 'resolved'");

/** The newest that meet a condition, and how many do. */
export async function incidentsWhere(store: Store, condition: string, params: Readonly<Record<string, number>> = {}): Promise<ApiIncidents> {
  const incidents = await loadDocuments(store, 'incidents', `${condition} ORDER BY starts_at DESC LIMIT ${MAX_INCIDENTS}`, params);
  if (incidents.length < MAX_INCIDENTS) return { incidents, matching: incidents.length };
  const [all] = await store.query<{ count: string }>(`SELECT count() AS count FROM incidents FINAL WHERE ${condition}`, { params });
  return { incidents, matching: Number(all?.count ?? 0) };
}
