import type { Incident, IncidentEvent, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from '#store/store.js';
import { traitsOf } from './past/traits.js';
import { unended } from './group/stickiness.js';

export interface StoredIncident {
  readonly incident: Incident;
  readonly version: number;
  /** An event that nobody has taken yet. */
  readonly due: IncidentEvent['type'] | null;
}

interface Row {
  readonly document: string;
  readonly version: string | number;
  readonly due: IncidentEvent['type'] | '';
}

/** Writes a row for each in one insert: all of them or none. A later read sees those with the highest version. */
export async function saveIncidents(store: Store, all: readonly StoredIncident[]): Promise<void> {
  await store.insert('incidents', all.map(({ incident, version, due }) => {
    const { id, status, severity, title, startsAt, endsAt, updatedAt, verdict } = incident;
    return {
      id, status, severity, title, starts_at: rfc3339(startsAt), ends_at: endsAt === null ? null : rfc3339(endsAt), updated_at: rfc3339(updatedAt), version, due: due ?? '', document: JSON.stringify(incident),
      lasts: Number(status === 'resolved' && unended(incident).length > 0), verdict: verdict?.kind ?? '', traits: traitsOf(incident),
    };
  }));
}

/** Incidents that are open, have an event due, were resolved at `since` or later, or were closed by hand while their evidence lasted. */
export async function loadIncidents(store: Store, since: UnixMs): Promise<StoredIncident[]> {
  const rows = await store.query<Row>(
    `SELECT document, version, due FROM incidents FINAL WHERE status != 'resolved' OR due != '' OR lasts = 1 OR toUnixTimestamp64Milli(updated_at) >= {since:Int64}`,
    { params: { since } },
  );
  return rows.map(storedOf);
}

export async function loadIncident(store: Store, id: string): Promise<StoredIncident | undefined> {
  const rows = await store.query<Row>('SELECT document, version, due FROM incidents FINAL WHERE id = {id:String}', { params: { id } });
  return rows.map(storedOf)[0];
}

function storedOf({ document, version, due }: Row): StoredIncident {
  return { incident: JSON.parse(document) as Incident, version: Number(version), due: due === '' ? null : due };
}
