import type { Incident, IncidentEvent, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

export interface StoredIncident {
  readonly incident: Incident;
  readonly version: number;
  /** An event that nobody has taken yet. */
  readonly due: IncidentEvent['type'] | null;
}

/** Writes one row; a later read sees the row with the highest version. */
export async function saveIncident(store: Store, { incident, version, due }: StoredIncident): Promise<void> {
  const { id, status, severity, title, startsAt, endsAt, updatedAt } = incident;
  await store.insert('incidents', [
    { id, status, severity, title, starts_at: startsAt, ends_at: endsAt, updated_at: updatedAt, version, due: due ?? '', document: JSON.stringify(incident) },
  ]);
}

/** Incidents that are open, have an event due, or were resolved at `since` or later. */
export async function loadIncidents(store: Store, since: UnixMs): Promise<StoredIncident[]> {
  const rows = await store.query<{ document: string; version: string | number; due: IncidentEvent['type'] | '' }>(
    `SELECT document, version, due FROM incidents FINAL WHERE status != 'resolved' OR due != '' OR toUnixTimestamp64Milli(updated_at) >= {since:Int64}`,
    { params: { since } },
  );
  return rows.map((row) => ({ incident: JSON.parse(row.document) as Incident, version: Number(row.version), due: row.due === '' ? null : row.due }));
}
