import { fingerprint } from '#core/fingerprint.js';
import type { Clock } from '#core/clock.js';
import type { Incident, Labels, UnixMs } from '#core/types.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';
import { alertOf } from '../alertmanager/episodes.js';
import { INCIDENT_ALERT } from '../alertmanager/origin.js';
import { alertFingerprint } from './alert-book.js';

/** Its alerts may be told of as over this long after an incident is. */
const KEEP_MS = 3_600_000;

/** By the routing's fingerprints. */
export interface Parts {
  readonly all: readonly string[];
  /** Those that are not over. */
  readonly lasting: readonly string[];
  /** Whether the incident is. */
  readonly over: boolean;
}

/** Which incident an alert is evidence of. */
export interface Membership {
  /** Reads the incidents that were open before the process began. */
  start(): Promise<void>;
  note(incident: Incident): void;
  /** The labels, with the incident's id as `incident`: what inhibition and silences match. */
  labelled(labels: Labels): Labels;
  /** The alerts that an incident consists of, when it consists of nothing else. undefined for any other alert. */
  madeOf(labels: Labels): Parts | undefined;
  /** The annotations that say so. */
  annotated(labels: Labels, annotations: Labels): Labels;
}

export function createMembership({ store, clock, publicUrl }: { readonly store: Store; readonly clock: Clock; readonly publicUrl: string }): Membership {
  const incidents = new Map<string, { readonly alerts: readonly string[]; readonly madeOf: Parts | undefined; readonly endsAt: UnixMs | null }>();
  const byAlert = new Map<string, string>();

  function forget(id: string): void {
    for (const alert of incidents.get(id)?.alerts ?? []) if (byAlert.get(alert) === id) byAlert.delete(alert);
    incidents.delete(id);
  }

  function note({ id, evidence, endsAt, mergedInto }: Incident): void {
    forget(id);
    const now = clock();
    for (const [other, { endsAt: over }] of incidents) if (over !== null && now - over > KEEP_MS) forget(other);
    const found = evidence.flatMap((one) => {
      const labels = alertOf(one);
      return labels ? [{ labels, lasts: one.endsAt === null }] : [];
    });
    if (found.length === 0) return;
    const alerts = found.map(({ labels }) => fingerprint(labels));
    const partsOf = (some: typeof found): string[] => some.map(({ labels }) => alertFingerprint(labels));
    incidents.set(id, { alerts, madeOf: found.length === evidence.length ? { all: partsOf(found), lasting: partsOf(found.filter(({ lasts }) => lasts)), over: endsAt !== null } : undefined, endsAt });
    for (const alert of alerts) if (endsAt === null || !byAlert.has(alert)) byAlert.set(alert, mergedInto ?? id);
  }

  const incidentOf = (labels: Labels): string | undefined => (byAlert.size === 0 || labels['alertname'] === INCIDENT_ALERT ? undefined : byAlert.get(fingerprint(labels)));

  return {
    async start() {
      for (const incident of await loadDocuments(store, 'incidents', "status != 'resolved'")) note(incident);
    },
    note,
    labelled(labels) {
      const incident = incidentOf(labels);
      return incident === undefined ? labels : { incident, ...labels };
    },
    madeOf: (labels) => (labels['alertname'] === INCIDENT_ALERT ? incidents.get(labels['incident'] ?? '')?.madeOf : undefined),
    annotated(labels, annotations) {
      const incident = incidentOf(labels);
      return incident === undefined ? annotations : { incident, incident_link: `${publicUrl}/incidents/${encodeURIComponent(incident)}`, ...annotations };
    },
  };
}
