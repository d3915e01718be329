import type { ApiAlert, ApiAlertGroup } from '#core/api/alerts.js';
import type { StateName } from '../../parts/state.js';

/** What an alert of a group is, in one word, and how it looks. */
export function stateOf({ status: { silencedBy, inhibitedBy, mutedBy }, labels }: Pick<ApiAlert, 'status' | 'labels'>): { readonly word: string; readonly state: StateName } {
  if (silencedBy.length > 0) return { word: 'Silenced', state: 'silent' };
  if (inhibitedBy.length > 0) return { word: 'Inhibited', state: 'silent' };
  if (mutedBy.length > 0) return { word: 'Muted now', state: 'silent' };
  return { word: 'Active', state: toneOf(labels['severity'] ?? labels['priority'] ?? '') };
}

function toneOf(severity: string): StateName {
  if (/^(critical|crit|page|emergency|fatal|error|high|p1|sev1)$/i.test(severity)) return 'critical';
  return /^(info|informational|information|none|debug|low|notice)$/i.test(severity) ? 'info' : 'warning';
}

const RANK: Partial<Record<StateName, number>> = { critical: 0, warning: 1, info: 2 };
const rankOf = (alert: ApiAlert): number => RANK[stateOf(alert).state] ?? 3;

/** Groups with the worst active alert first, and inside of them the same. */
export function byUrgency(groups: readonly ApiAlertGroup[]): ApiAlertGroup[] {
  const worst = ({ alerts }: ApiAlertGroup): number => Math.min(...alerts.map(rankOf));
  return groups.map((group) => ({ ...group, alerts: group.alerts.toSorted((a, b) => rankOf(a) - rankOf(b)) })).toSorted((a, b) => worst(a) - worst(b));
}

/** Groups with the alerts whose labels, annotations or receiver hold the text. */
export function matching(groups: readonly ApiAlertGroup[], q: string): ApiAlertGroup[] {
  const wanted = q.toLowerCase();
  const holds = (text: string): boolean => text.toLowerCase().includes(wanted);
  const shown = groups.map((group) => ({ ...group, alerts: group.alerts.filter(({ labels, annotations }) => holds(group.receiver.name) || Object.entries({ ...labels, ...annotations }).some(([name, value]) => holds(`${name}=${value}`))) }));
  return shown.filter(({ alerts }) => alerts.length > 0);
}

/** The first `most` alerts, in their groups; `count` is of all that a group has. */
export function firstOf(groups: readonly ApiAlertGroup[], most: number): (ApiAlertGroup & { readonly count: number })[] {
  let left = most;
  return groups.flatMap((group) => {
    const alerts = group.alerts.slice(0, left);
    left -= alerts.length;
    return alerts.length > 0 ? [{ ...group, alerts, count: group.alerts.length }] : [];
  });
}
