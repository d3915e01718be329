import { join } from 'node:path';
import type { AlertHook } from '#core/alert-hook.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Component, Incident, IncidentEvent } from '#core/types.js';
import type { openTestStore } from '#store/testing.js';
import { createIncoming } from '../alerts/alertmanager/incoming.js';
import { createAlerts, type Alerts } from '../alerts/alerts.js';
import { alertsConfig } from '../alerts/config.js';
import { rulesConfig } from '../alerts/rules/config.js';
import { incidentsConfig, type IncidentsConfig } from '../detector/incidents/config.js';
import type { Edge } from '../detector/incidents/graph/edges.js';
import { createIncidents, type Incidents } from '../detector/incidents/incidents.js';
import { createTopology } from '../detector/incidents/graph/topology.js';

export interface Joined {
  readonly alerts: Alerts;
  readonly hook: AlertHook & Component;
  readonly correlation: Incidents;
  /** As last told of. */
  readonly incidents: ReadonlyMap<string, Incident>;
  stop(): Promise<void>;
}

/** Alerts of others, incidents over these calls, and the routing of the alertmanager.yml in `folder`, joined as main.ts joins them. */
export async function joined(store: Awaited<ReturnType<typeof openTestStore>>, folder: string, { edges = [], config = incidentsConfig.parse({ update_every: '1ms' }) }: { readonly edges?: readonly Edge[]; readonly config?: IncidentsConfig } = {}): Promise<Joined> {
  const common = { store, registry: new Registry(), logger: silentLogger, clock: Date.now };
  const publicUrl = 'https://f.example';
  const incidents = new Map<string, Incident>();
  const listen = async (event: IncidentEvent): Promise<void> => {
    incidents.set(event.incident.id, event.incident);
    await alerts.consume(event);
  };
  const correlation = createIncidents({ ...common, config, events: { consume: listen }, topologyAt: async () => createTopology(edges) });
  const told = alertsConfig.parse({ alertmanager_config: join(folder, 'alertmanager.yml') });
  const hook = createIncoming({ ...common, config: told.incoming, publicUrl, anomalies: correlation.others });
  const alerts: Alerts = createAlerts({ ...common, config: told, rules: rulesConfig.parse({}), promql: { instant: () => Promise.reject(new Error('no rules here')) }, normalise: (expr) => expr, dataDir: store.dataDir, evidence: hook, publicUrl });
  for (const one of [correlation, alerts, hook]) await one.start();
  return {
    alerts, hook, correlation, incidents,
    async stop() {
      for (const one of [hook, correlation, alerts]) await one.stop();
    },
  };
}
