import { fingerprint } from '#core/fingerprint.js';
import { labelValue } from '#core/labels.js';
import type { PromSeries } from '#core/promql.js';
import type { Labels, UnixMs } from '#core/types.js';
import { expanded, type AlertState } from './alerting.js';
import { labelsOf, type AlertingRule, type Rule, type RuleQuery } from './rule.js';
import type { RuleSeries } from './series-writer.js';
import type { TemplateData } from './template.js';

/** What happened longer ago than this is not the same alert. */
export const TOLERANCE_MS = 3_600_000;
/** A `for` at least this long does not run out at once after an outage: the receivers get this long to come back too. */
const GRACE_MS = 600_000;

/** The alerts of `rule` as an earlier run of the process left them in `ALERTS` and `ALERTS_FOR_STATE`, by fingerprint, and those of any rule of its name whose labels include its own. Their values are not stored: annotations say NaN for them. What a Prometheus may have written is inactive: its time goes on where the rule finds the same alert, and is nothing to end where not. */
export async function restoreAlerts(rule: AlertingRule, query: RuleQuery, written: Pick<RuleSeries, 'alertsOf'>, now: UnixMs, context: Pick<TemplateData, 'externalLabels' | 'externalUrl'>): Promise<Map<string, AlertState>> {
  const matchers = [['alertname', rule.name] as const, ...fixedLabels(rule)].map(([name, value]) => `${JSON.stringify(name)}=${JSON.stringify(value)}`).join(',');
  const ask = (expr: string): Promise<readonly PromSeries[]> => query(expr, now, TOLERANCE_MS);
  const [since, seen, firing] = await Promise.all([ask(`ALERTS_FOR_STATE{${matchers}}`), ask(`timestamp(ALERTS_FOR_STATE{${matchers}})`), ask(`ALERTS{alertstate="firing",${matchers}}`)]);
  if (since.length === 0) return new Map();
  const isOwn = await written.alertsOf(rule.name);
  const seenAt = byLabels(seen);
  const firingNow = byLabels(firing);
  const restored = new Map<string, AlertState>();
  for (const [key, { labels, value }] of byLabels(since)) {
    const lastSeenAt = (seenAt.get(key)?.value ?? now / 1000) * 1000;
    const activeAt = value * 1000;
    if (!isOwn(labels)) {
      restored.set(key, { labels, annotations: {}, value: Number.NaN, state: 'inactive', activeAt, firedAt: null, resolvedAt: null, keepFiringSince: null, restoredAt: now });
      continue;
    }
    const state = firingNow.has(key) ? 'firing' : 'pending';
    const data: TemplateData = { ...context, labels, value: Number.NaN, query: (expr) => query(expr, now) };
    restored.set(key, {
      labels, annotations: labelsOf(await expanded(rule.annotationTemplates, data)), value: Number.NaN, state, firedAt: state === 'firing' ? activeAt + rule.forMs : null, resolvedAt: null, keepFiringSince: null, restoredAt: now,
      activeAt: state === 'firing' ? activeAt : resumedAt(rule.forMs, activeAt, lastSeenAt, now),
    });
  }
  return restored;
}

/** When a pending alert counts as active since: the time that the process was away is not part of `for`. */
function resumedAt(forMs: number, activeAt: UnixMs, lastSeenAt: UnixMs, now: UnixMs): UnixMs {
  const remaining = forMs - (lastSeenAt - activeAt);
  if (remaining > 0 && forMs >= GRACE_MS && remaining < GRACE_MS) return now - forMs + GRACE_MS;
  return remaining > 0 ? activeAt + (now - lastSeenAt) : activeAt;
}

/** Whether an alert with these labels may be one of `rule`. */
export function mayHave(rule: Rule, labels: Labels): boolean {
  return rule.type === 'alerting' && labels['alertname'] === rule.name && fixedLabels(rule).every(([name, value]) => labelValue(labels, name) === value);
}

/** Labels that every alert of the rule has. */
function fixedLabels({ labels }: AlertingRule): [string, string][] {
  return Object.entries(labels).filter(([, value]) => !value.includes('{{'));
}

function byLabels(series: readonly PromSeries[]): Map<string, { readonly labels: Labels; readonly value: number }> {
  return new Map(series.map(({ metric, values }) => {
    const labels = labelsOf(Object.entries(metric).filter(([name]) => name !== '__name__' && name !== 'alertstate'));
    return [fingerprint(labels), { labels, value: values[0] ?? Number.NaN }];
  }));
}
