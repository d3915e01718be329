import type { Incident, IncidentEvent, Severity, UnixMs } from '#core/types.js';
import type { FilterConfig } from '../config.js';
import type { RuleAlert } from '../rules/rule-alert.js';

export type NoticeType = IncidentEvent['type'];

/** What one receiver is told about one incident. */
export interface Notice {
  readonly type: NoticeType;
  readonly incident: Incident;
  /** Page of the incident in the dashboard. */
  readonly url: string;
  readonly at: UnixMs;
}

/** What one receiver is told about one alert of a rule: that it fires, or that it is over. */
export interface AlertNotice {
  readonly type: NoticeType;
  readonly alert: RuleAlert;
  readonly at: UnixMs;
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/**
 * What a receiver should be told of something that happened, given the `last` thing it was told of the same incident or alert; null for nothing.
 * The first it hears is `opened`, also when that became severe enough late or was reopened, and
 * only what it knows as open is told to be resolved, or what was over before it was `found`: that is told once.
 */
export function noticeFor(event: { readonly type: NoticeType; readonly severity: Severity; readonly foundOver?: boolean }, filter: FilterConfig, last: NoticeType | undefined): NoticeType | null {
  const severe = RANK[event.severity] >= RANK[filter.min_severity];
  const opens = filter.events.includes('opened');
  if (event.foundOver && event.type === 'resolved' && last === undefined) return severe && filter.events.includes('resolved') ? 'resolved' : null;
  const told = opens ? last !== undefined && last !== 'resolved' : severe;
  const type = told ? (event.type === 'opened' && opens ? 'updated' : event.type) : 'opened';
  if (!told && (event.type === 'resolved' || !severe)) return null;
  return filter.events.includes(type) ? type : null;
}
