import type { Clock } from '#core/clock.js';
import { fingerprint } from '#core/fingerprint.js';
import type { Consumer, Incident, IncidentEvent, Labels } from '#core/types.js';
import type { Store } from '#store/store.js';
import { labelsOf } from '../rules/rule.js';
import type { RuleAlerts } from '../rules/rule-alert.js';
import { ruleAlertsOf } from '../rules/rule-alert.js';
import { VALID_MS, type Alertmanagers, type OutgoingAlert } from './alertmanagers.js';
import { INCIDENT_ALERT } from './origin.js';

/** An incident resolved longer ago than this is old news. */
const RESOLVED_S = 900;

export interface OutgoingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly alertmanagers: Pick<Alertmanagers, 'put'>;
  /** Our own routing: resolves when the alerts are stored. */
  readonly routing: { take(alerts: readonly OutgoingAlert[]): Promise<void> };
  readonly externalLabels: Labels;
  readonly publicUrl: string;
}

/** Incidents and alerts of rules in the words of Alertmanager. */
export interface Outgoing extends Consumer<IncidentEvent> {
  /** Takes up what was open before a restart. */
  start(): Promise<void>;
  rules(alerts: RuleAlerts): Promise<void>;
  /** Of an incident that is not over. */
  labelsOf(incident: string): Labels | undefined;
}

export function createOutgoing({ store, clock, alertmanagers, routing, externalLabels, publicUrl }: OutgoingOptions): Outgoing {
  /** As each incident was last sent. Its service stays the first one named, because labels are its identity. */
  const known = new Map<string, OutgoingAlert & { readonly key: string }>();
  const base = publicUrl.replace(/\/+$/, '');

  function alertsOf(incident: Incident): OutgoingAlert[] {
    const { id, severity, status, title, summary, startsAt, endsAt, causes, services } = incident;
    const before = known.get(id);
    const service = before?.labels['service'] ?? causes[0]?.service ?? services[0] ?? '';
    const labels = labelsOf(Object.entries({ ...externalLabels, alertname: INCIDENT_ALERT, service, severity, incident: id, source: 'faultline' }));
    const link = `${base}/incidents/${encodeURIComponent(id)}`;
    const key = fingerprint(labels, 'incident');
    const over = status === 'resolved';
    const [first] = causes;
    const annotations = labelsOf(Object.entries({ title, summary, link, cause: first ? `${first.service} (${Math.round(first.confidence * 100)} %): ${first.reason}` : '', impact: services.join(', ') }));
    const alert = { key, labels, annotations, startsAt, endsAt: over ? (endsAt ?? clock()) : null, validUntil: Number.MAX_SAFE_INTEGER, generatorURL: link };
    // One that became worse is another alert: the first is over.
    const changed = before && before.key !== key && before.endsAt === null ? [{ ...before, endsAt: clock() }, alert] : [alert];
    for (const one of changed) alertmanagers.put(one, ({ incidents }) => incidents);
    if (over) known.delete(id);
    else known.set(id, alert);
    return changed;
  }

  return {
    async start() {
      const rows = await store.query<{ document: string }>("SELECT document FROM incidents FINAL WHERE status != 'resolved' OR ends_at >= now() - {seconds:UInt32}", { params: { seconds: RESOLVED_S } });
      await routing.take(rows.flatMap(({ document }) => alertsOf(JSON.parse(document) as Incident)));
    },
    async consume({ incident }) {
      await routing.take(alertsOf(incident));
    },
    labelsOf: (incident) => known.get(incident)?.labels,
    async rules(evaluated) {
      const validUntil = evaluated.at + Math.max(VALID_MS, 4 * evaluated.group.intervalMs);
      const sent = ruleAlertsOf(evaluated, publicUrl).map(({ labels: own, annotations, firedAt, resolvedAt, generatorUrl }) => {
        const labels = labelsOf(Object.entries({ ...externalLabels, ...own }));
        return { key: fingerprint(labels, 'rule'), labels, annotations, startsAt: firedAt, endsAt: resolvedAt, validUntil, generatorURL: generatorUrl };
      });
      for (const alert of sent) alertmanagers.put(alert);
      await routing.take(sent);
    },
  };
}
