import type { Incident, IncidentEvent } from '#core/types.js';
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
      const rows = await store.query<{ document: string }>("SELECT document FROM incidents FINAL WHERE status != 'resolved'");
      for (const { document } of rows) note(JSON.parse(document) as Incident);
    },
    note: ({ incident }) => note(incident),
    has: (service) => [...open.values()].some((services) => services.has(service)),
  };
}
