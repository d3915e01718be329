import type { Anomaly, Incident } from '#core/types.js';
import { decisive } from './correlate.js';

/** Incidents by the services of the evidence that decides over them, so that in a storm not every group of anomalies looks at every incident. */
export interface Nearby<T> {
  /** Call with each in turn, and again when its evidence changed. */
  note(one: T): void;
  /** Those with decisive evidence in one of these services, in the order in which they were noted first. */
  in(services: ReadonlySet<string>): T[];
}

export function createNearby<T extends { readonly incident: Pick<Incident, 'evidence'> }>(all: Iterable<T>): Nearby<T> {
  /** Evidence may have stopped to decide since: looked at again where it matters. */
  const byService = new Map<string, Set<T>>();
  const order = new Map<T, number>();
  const note = (one: T): void => {
    if (!order.has(one)) order.set(one, order.size);
    for (const { series: { service } } of decisive(one.incident.evidence)) {
      const known = byService.get(service);
      if (known) known.add(one);
      else byService.set(service, new Set([one]));
    }
  };
  for (const one of all) note(one);
  return {
    note,
    in(services) {
      const isIn = ({ series }: Anomaly): boolean => services.has(series.service);
      const found = new Set([...services].flatMap((service) => [...(byService.get(service) ?? [])]));
      return [...found].filter(({ incident }) => decisive(incident.evidence).some(isIn)).toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    },
  };
}
