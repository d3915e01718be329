import type { Clock } from '#core/clock.js';
import type { Consumer, IncidentEvent, Severity } from '#core/types.js';
import type { RuleAlert } from '../rules/rule-alert.js';
import type { NoticeType } from './notice.js';
import type { Receiver } from './receiver.js';

/** Something that happened to what receivers are told about: an incident, or an alert of a rule. */
export interface Subject {
  /** Of the incident or alert: its messages to one receiver leave in order. */
  readonly key: string;
  readonly type: NoticeType;
  readonly severity: Severity;
  /** It was over before it was found. */
  readonly foundOver?: boolean;
  /** With `type`, tells one event from the next. */
  readonly stamp: number;
  /** Kept beside its messages. */
  readonly log?: string;
  wantedBy(receiver: Receiver): boolean;
  render(receiver: Receiver, type: NoticeType): string;
}

export function incidentSubject({ type, incident }: IncidentEvent, publicUrl: string, clock: Clock): Subject {
  const url = `${publicUrl}/incidents/${encodeURIComponent(incident.id)}`;
  return {
    key: incident.id, type, severity: incident.severity, stamp: incident.updatedAt, foundOver: incident.endsAt !== null && incident.endsAt < incident.openedAt,
    wantedBy: () => true,
    render: (receiver, notice) => receiver.render({ type: notice, incident, url, at: clock() }),
  };
}

/** Before the fingerprint in the key of an alert. */
export const ALERT_KEY = 'alert:';
/** Alerts that were handed on lately: one that goes on firing is looked up once. */
const MAX_REMEMBERED = 20_000;
/** Alerts taken at a time: the keys of one read. */
const BATCH = 1000;

/** Tells receivers once that an alert fires and once that it is over, however often it is given, also over a restart. */
export function createAlertNotices(subjects: Consumer<readonly Subject[]>, clock: Clock): Consumer<readonly RuleAlert[]> {
  const told = new Map<string, string>();
  return {
    async consume(alerts) {
      const marked = alerts.map((alert) => ({ alert, mark: markOf(alert) }));
      const news = marked.filter(({ alert, mark }) => told.get(alert.fingerprint) !== mark);
      for (let from = 0; from < news.length; from += BATCH) await subjects.consume(news.slice(from, from + BATCH).map(({ alert }) => alertSubject(alert, clock)));
      for (const { alert, mark } of marked) {
        told.delete(alert.fingerprint);
        told.set(alert.fingerprint, mark);
      }
      for (const oldest of told.keys()) {
        if (told.size <= MAX_REMEMBERED) break;
        told.delete(oldest);
      }
    },
  };
}

/** Whole seconds: what a restart restores the time from. */
const stampOf = ({ activeAt }: RuleAlert): number => Math.floor(activeAt / 1000);
const markOf = (alert: RuleAlert): string => `${alert.resolvedAt === null ? 'opened' : 'resolved'} ${stampOf(alert)}`;

function alertSubject(alert: RuleAlert, clock: Clock): Subject {
  return {
    key: `${ALERT_KEY}${alert.fingerprint}`, log: JSON.stringify(alert), type: alert.resolvedAt === null ? 'opened' : 'resolved', severity: alert.severity, stamp: stampOf(alert),
    wantedBy: ({ filter }) => filter.rules,
    render: (receiver, notice) => receiver.renderAlert({ type: notice, alert, at: clock() }),
  };
}
