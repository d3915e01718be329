import type { Incident, UnixMs } from '#core/types.js';
import { escapeSlack } from '../../receivers/data.js';
import type { Notice, NoticeType } from '../notice.js';
import { evidenceText, lengthText, rfc3339 } from '#core/words.js';

const MAX_EVIDENCE = 3;
/** Slack refuses a whole message for one text over its limit: https://docs.slack.dev/reference/block-kit/blocks */
export const MAX_HEADER = 150;
export const MAX_SECTION = 3000;

export const COLOUR = { critical: '#c92a2a', warning: '#e67700', info: '#1971c2', resolved: '#2b8a3e' } as const;
const WORD: Readonly<Record<NoticeType, string>> = { opened: 'Open', updated: 'Update', acknowledged: 'Acknowledged', resolved: 'Resolved' };

/** The payload of an incoming webhook: one coloured attachment of blocks, and a plain text for notifications on phones. */
export function slackBody({ type, incident, url, at }: Notice): string {
  const title = `${WORD[type]}: ${incident.title}`;
  const evidence = incident.evidence.slice(0, MAX_EVIDENCE).map((one) => `• ${escapeSlack(evidenceText(one))}`);
  const more = incident.evidence.length - evidence.length;
  if (more > 0) evidence.push(`and ${more} more`);
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: cut(title, MAX_HEADER), emoji: false } },
    ...section(sentence(type, incident, at)),
    ...section(evidence.join('\n')),
    { type: 'context', elements: [{ type: 'mrkdwn', text: cut(context(incident), MAX_SECTION) }] },
    { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open the incident', emoji: false }, url, ...(type === 'opened' && { style: 'danger' }) }] },
  ];
  return JSON.stringify({ text: escapeSlack(title), attachments: [{ color: type === 'resolved' ? COLOUR.resolved : COLOUR[incident.severity], fallback: escapeSlack(title), blocks }] });
}

/** What happened, said first. */
function sentence(type: NoticeType, incident: Incident, at: number): string {
  const cause = incident.causes[0];
  const why = cause ? `*${escapeSlack(cause.service)}* is the likely cause (${Math.round(cause.confidence * 100)} %): ${escapeSlack(cause.reason)}` : escapeSlack(incident.summary);
  switch (type) {
    case 'opened':
    case 'updated':
      return why;
    case 'acknowledged':
      return `${escapeSlack(incident.acknowledgedBy || 'Somebody')} is on it. ${why}`;
    case 'resolved':
      return `Over after ${lengthText(incident.startsAt, incident.endsAt ?? at)}. ${why}`;
  }
}

function context(incident: Incident): string {
  const services = incident.services.slice(0, 6).map(escapeSlack).join(', ');
  return [`Severity ${incident.severity}`, ...(services ? [`services ${services}`] : []), `began ${localTime(incident.startsAt)}`].join(' · ');
}

/** Shown in each reader's own time zone. */
export function localTime(at: UnixMs): string {
  return `<!date^${Math.floor(at / 1000)}^{date_short_pretty} {time_secs}|${rfc3339(at)}>`;
}

export function section(text: string): object[] {
  return text === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: cut(text, MAX_SECTION) } }];
}

export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
