import type { Clock } from '#core/clock.js';
import { fingerprint } from '#core/fingerprint.js';
import type { Consumer, Incident, IncidentEvent, Labels } from '#core/types.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';
import { labelsOf } from '../rules/rule.js';
import type { RuleAlerts } from '../rules/rule-alert.js';
import { ruleAlertsOf } from '../rules/rule-alert.js';
import { UNENDING, VALID_MS, type Alertmanagers, type OutgoingAlert } from './alertmanagers.js';
import type { Routing } from '../routing/routing.js';
import { INCIDENT_ALERT } from './origin.js';

/** An incident resolved longer ago than this is old news. */
const RESOLVED_S = 900;

export interface OutgoingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly alertmanagers: Pick<Alertmanagers, 'put'>;
  /** Our own routing: resolves when the alerts are stored. */
  readonly routing: Pick<Routing, 'take' | 'lasting'>;
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

type Sent = OutgoingAlert & { readonly key: string };

const keyOf = (labels: Labels): string => fingerprint(labels, 'incident');

export function createOutgoing({ store, clock, alertmanagers, routing, externalLabels, publicUrl }: OutgoingOptions): Outgoing {
  /** As each incident was last sent. Its service stays the first one named, because labels are its identity. */
  const known = new Map<string, Sent>();

  /** The incident as an alert, beside the one that it was before. */
  function alertsOf(incident: Incident): readonly Sent[] {
    const { id, severity, status, title, summary, startsAt, endsAt, causes, services } = incident;
    const before = known.get(id);
    const service = before?.labels['service'] ?? causes[0]?.service ?? services[0] ?? '';
    const labels = labelsOf(Object.entries({ ...externalLabels, alertname: INCIDENT_ALERT, service, severity, incident: id, source: 'faultline' }));
    const link = `${publicUrl}/incidents/${encodeURIComponent(id)}`;
    const key = keyOf(labels);
    const [first] = causes;
    const annotations = labelsOf(Object.entries({ title, summary, link, cause: first ? `${first.service} (${Math.round(first.confidence * 100)} %): ${first.reason}` : '', impact: services.join(', ') }));
    const alert = { key, labels, annotations, startsAt, endsAt: status === 'resolved' ? (endsAt ?? clock()) : null, validUntil: UNENDING, generatorURL: link };
    // One that became worse is another alert: the first is over.
    return before && before.key !== key && before.endsAt === null ? [{ ...before, endsAt: clock() }, alert] : [alert];
  }

  async function tell(incidents: readonly Incident[], others: readonly Sent[] = []): Promise<void> {
    const told = incidents.map((incident) => ({ incident, alerts: alertsOf(incident) }));
    const alerts = [...others, ...told.flatMap((one) => one.alerts)];
    for (const one of alerts) alertmanagers.put(one, ({ incidents: wanted }) => wanted);
    await routing.take(alerts);
    // Only now: what could not be stored is told again as it was.
    for (const { incident: { id, status }, alerts: sent } of told) {
      const last = sent.at(-1);
      if (status === 'resolved' || !last) known.delete(id);
      else known.set(id, last);
    }
  }

  return {
    async start() {
      const recent = await loadDocuments(store, 'incidents', "status != 'resolved' OR ends_at >= now() - {seconds:UInt32}", { seconds: RESOLVED_S });
      // What was announced is told to nobody.
      const incidents = recent.filter(({ expected }) => !expected);
      // As they were told before the restart, whose labels may follow from other words by now.
      const before = routing.lasting().toSorted((a, b) => a.updatedAt - b.updatedAt).map(({ labels, annotations, startsAt, generatorURL }): Sent => ({ key: keyOf(labels), labels, annotations, startsAt, endsAt: null, validUntil: UNENDING, generatorURL }));
      const newest = new Map(before.map((one) => [one.labels['incident'], one]));
      for (const { id } of incidents) {
        const one = newest.get(id);
        if (one) known.set(id, one);
      }
      const kept = new Set(known.values());
      await tell(incidents, before.filter((one) => !kept.has(one)).map((one) => ({ ...one, endsAt: clock() })));
    },
    async consume({ incident }) {
      await tell([incident]);
    },
    labelsOf: (incident) => known.get(incident)?.labels,
    async rules(evaluated) {
      const validUntil = evaluated.at + Math.max(VALID_MS, 4 * evaluated.group.intervalMs);
      const sent = ruleAlertsOf(evaluated, publicUrl).map(({ labels: own, annotations, firedAt, resolvedAt, generatorUrl }) => {
        const labels = labelsOf(Object.entries({ ...externalLabels, ...own }));
        return { key: fingerprint(labels, 'rule'), labels, annotations, startsAt: firedAt, endsAt: resolvedAt, validUntil, generatorURL: generatorUrl };
      });
      // Where external labels make two of them one, it lasts as long as either.
      const lasting = new Set(sent.filter(({ endsAt }) => endsAt === null).map(({ key }) => key));
      const told = sent.filter(({ key, endsAt }) => endsAt === null || !lasting.has(key));
      for (const alert of told) alertmanagers.put(alert);
      await routing.take(told);
    },
  };
}
