import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { testAnomaly } from '#core/testing.js';
import type { Anomaly, Incident, IncidentEvent, Series, SeriesKind, UnixMs } from '#core/types.js';
import { emptyStore } from '#store/empty.js';
import { incidentsConfig, type IncidentsConfig } from './config.js';
import type { Edge } from './graph/edges.js';
import { createIncidents, type Incidents } from './incidents.js';
import { createTopology } from './graph/topology.js';

/** When trouble begins in tests, unless they say otherwise. */
export const T = 1_700_000_000_000;

export const edge = (client: string, server: string, more: Partial<Edge> = {}): Edge => ({ client, server, slowdown: 1, errorRise: 0, ...more });

/** Trouble of one series that began at T and goes on. */
export function anomalyOf(kind: SeriesKind, service: string, { series: own = {}, ...change }: Partial<Omit<Anomaly, 'series'>> & { readonly series?: Partial<Series> } = {}): Anomaly {
  const { metric = kind } = own;
  const series: Series = { id: `${service}/${metric}`, kind, service, operation: '', metric, unit: kind === 'latency' ? 'ms' : '1', labels: {}, ...own };
  return testAnomaly({ id: series.id, series, startsAt: T, peakAt: T, updatedAt: T, value: 0.4, expected: 0, upper: 0.05, score: 8, ...change });
}

/** Incidents of which nothing is stored, over the calls as of a time; `now` is the test's to move. */
export function incidentsOver(edges: readonly Edge[] | ((at: UnixMs) => readonly Edge[]), config: IncidentsConfig = incidentsConfig.parse({})): { readonly incidents: Incidents; readonly seen: IncidentEvent[]; readonly clock: { now: UnixMs } } {
  const clock = { now: T };
  const seen: IncidentEvent[] = [];
  const incidents = createIncidents({
    store: emptyStore, registry: new Registry(), logger: silentLogger, clock: () => clock.now, config,
    events: { consume: async (event) => void seen.push(event) },
    topologyAt: async (at) => createTopology(typeof edges === 'function' ? edges(at) : edges),
  });
  return { incidents, seen, clock };
}

/** Every incident as it was last told of. */
export const latestOf = (seen: readonly IncidentEvent[]): Incident[] => [...new Map(seen.map(({ incident }) => [incident.id, incident])).values()];
