import type { Consumer, Incident, IncidentEvent } from '#core/types.js';

export interface States {
  readonly events: Consumer<IncidentEvent>;
  /** Of each incident that was told of, all its states in order. */
  all(): Incident[][];
}

/** Keeps what incidents are told of. */
export function keepStates(): States {
  const states = new Map<string, Incident[]>();
  return {
    events: { consume: async ({ incident }) => void states.set(incident.id, [...(states.get(incident.id) ?? []), incident]) },
    all: () => [...states.values()],
  };
}
