import { fingerprint } from '#core/fingerprint.js';
import { messageOf } from '#core/errors.js';
import type { PromSeries } from '#core/promql.js';
import type { Labels, UnixMs } from '#core/types.js';
import { labelsOf, type AlertingRule, type RuleSample } from './rule.js';
import type { TemplateData } from './template.js';

/** A resolved alert is told about this long, so that nobody misses its end. */
const RESOLVED_MS = 900_000;
/** After a restart telemetry needs this long to flow again: a restored alert is not over before. */
export const RESTART_GRACE_MS = 120_000;

/** One alert and its life. Times are those of evaluations. */
export interface AlertState {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly value: number;
  readonly state: 'pending' | 'firing' | 'inactive';
  readonly activeAt: UnixMs;
  readonly firedAt: UnixMs | null;
  readonly resolvedAt: UnixMs | null;
  readonly keepFiringSince: UnixMs | null;
  /** Set when its past was read from the store, until its rule sees it, or holds it on because of `keep_firing_for`. What a Prometheus may have written is inactive until then. */
  readonly restoredAt: UnixMs | null;
}

/** An alert that its expression finds now. */
export type AlertInstance = Pick<AlertState, 'labels' | 'annotations' | 'value'>;
/** By fingerprint. */
export type Alerts = ReadonlyMap<string, AlertState>;

/** What each sample of the answer becomes. Rejects when two have the same labels. */
export async function instancesOf(rule: AlertingRule, answer: readonly PromSeries[], context: Pick<TemplateData, 'externalLabels' | 'externalUrl' | 'query'>): Promise<ReadonlyMap<string, AlertInstance>> {
  const found = new Map<string, AlertInstance>();
  for (const { metric, values } of answer) {
    const value = values[0] ?? 0;
    const data: TemplateData = { ...context, labels: metric, value };
    const own = Object.entries(metric).filter(([name]) => name !== '__name__');
    const labels = labelsOf([...own, ...(await expanded(rule.labelTemplates, data)), ['alertname', rule.name]]);
    const key = fingerprint(labels);
    if (found.has(key)) throw new Error('vector contains metrics with the same labelset after applying alert labels');
    found.set(key, { labels, annotations: labelsOf(await expanded(rule.annotationTemplates, data)), value });
  }
  return found;
}

/** What templates say of one sample, one after the other. */
export async function expanded(templates: AlertingRule['labelTemplates'], data: TemplateData): Promise<[string, string][]> {
  const filled: [string, string][] = [];
  for (const [name, template] of templates) filled.push([name, await template.expand(data).catch((error: unknown) => `<error expanding template: ${messageOf(error)}>`)]);
  return filled;
}

/** The alerts after an evaluation at `now`. `isOthers`: whether another rule has the alert, null while that is not known. Without I/O. Source: the life cycle in Prometheus' rules/alerting.go. */
export function advance({ forMs, keepFiringForMs }: Pick<AlertingRule, 'forMs' | 'keepFiringForMs'>, before: Alerts, found: ReadonlyMap<string, AlertInstance>, now: UnixMs, isOthers: (key: string, alert: AlertState) => boolean | null): Map<string, AlertState> {
  const after = new Map<string, AlertState>();
  for (const [key, alert] of before) {
    const instance = found.get(key);
    if (instance && (alert.state !== 'inactive' || alert.restoredAt !== null)) after.set(key, fired({ ...alert, ...instance, state: alert.state === 'inactive' ? 'pending' : alert.state, keepFiringSince: null, restoredAt: null }, forMs, now));
    else if (!instance) {
      const next = absent(alert, keepFiringForMs, now, () => isOthers(key, alert));
      if (next) after.set(key, next);
    }
  }
  for (const [key, instance] of found) {
    if (!after.has(key)) after.set(key, fired({ ...instance, state: 'pending', activeAt: now, firedAt: null, resolvedAt: null, keepFiringSince: null, restoredAt: null }, forMs, now));
  }
  return after;
}

function fired(alert: AlertState, forMs: number, now: UnixMs): AlertState {
  return alert.state === 'pending' && now - alert.activeAt >= forMs ? { ...alert, state: 'firing', firedAt: now } : alert;
}

/** An alert that its expression no longer finds; undefined when there is nothing left of it. */
function absent(alert: AlertState, keepFiringForMs: number, now: UnixMs, isOthers: () => boolean | null): AlertState | undefined {
  if (alert.restoredAt !== null) {
    if (now - alert.restoredAt < RESTART_GRACE_MS) return alert;
    const others = isOthers();
    if (others !== false) return others ? undefined : alert;
  }
  if (alert.state === 'pending') return undefined;
  if (alert.state === 'inactive') return now - (alert.resolvedAt ?? 0) > RESOLVED_MS ? undefined : alert;
  const keepFiringSince = alert.keepFiringSince ?? now;
  if (now - keepFiringSince < keepFiringForMs) return { ...alert, keepFiringSince, restoredAt: null };
  return { ...alert, state: 'inactive', resolvedAt: now, restoredAt: null };
}

/** What to tell of alerts that their rule drops: those that fired are over. */
export function dropped(alerts: readonly AlertState[], now: UnixMs): AlertState[] {
  return alerts.filter(({ state, restoredAt }) => state === 'firing' || (state === 'inactive' && restoredAt === null)).map((alert) => (alert.state === 'firing' ? { ...alert, state: 'inactive', resolvedAt: now } : alert));
}

/** `ALERTS` and `ALERTS_FOR_STATE` of what is pending or firing. */
export function alertSamples(alerts: Iterable<Pick<AlertState, 'labels' | 'state' | 'activeAt'>>): RuleSample[] {
  return [...alerts].flatMap(({ labels, state, activeAt }) =>
    state === 'inactive'
      ? []
      : [
          { labels: { ...labels, __name__: 'ALERTS', alertstate: state }, value: 1 },
          { labels: { ...labels, __name__: 'ALERTS_FOR_STATE' }, value: Math.floor(activeAt / 1000) },
        ],
  );
}
