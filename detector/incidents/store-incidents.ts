import type { Incident, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

export interface StoredIncident {
  readonly incident: Incident;
  readonly version: number;
}

/** Writes one row; a later read sees the row with the highest version. */
export async function saveIncident(store: Store, { incident, version }: StoredIncident): Promise<void> {
  const { id, status, severity, title, startsAt, endsAt, updatedAt } = incident;
  await store.insert('incidents', [
    { id, status, severity, title, starts_at: startsAt, ends_at: endsAt, updated_at: updatedAt, version, document: JSON.stringify(incident) },
  ]);
}

/** Incidents that are open, or were resolved at `since` or later. */
export async function loadIncidents(store: Store, since: UnixMs): Promise<StoredIncident[]> {
  const rows = await store.query<{ document: string; version: string | number }>(
    `SELECT document, version FROM incidents FINAL WHERE status != 'resolved' OR toUnixTimestamp64Milli(updated_at) >= {since:Int64}`,
    { params: { since } },
  );
  return rows.map((row) => ({ incident: JSON.parse(row.document) as Incident, version: Number(row.version) }));
}
