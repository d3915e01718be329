import type { Incident, IncidentEvent } from '#core/types.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';

/** Which services an incident touches that is not resolved. */
export interface Troubled {
  load(): Promise<void>;
  note(event: IncidentEvent): void;
  has(service: string): boolean;
}

export function createTroubled(store: Store): Troubled {
  const open = new Map<string, ReadonlySet<string>>();
  const note = ({ id, status, services, causes }: Incident): void => {
    if (status === 'resolved') open.delete(id);
    else open.set(id, new Set([...services, ...causes.map(({ service }) => service)]));
  };
  return {
    async load() {
      for (const incident of await loadDocuments(store, 'incidents', "status != 'resolved'")) note(incident);
    },
    note: ({ incident }) => note(incident),
    has: (service) => [...open.values()].some((services) => services.has(service)),
  };
}
