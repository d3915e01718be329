import { escapeSlack } from '../../receivers/data.js';
import type { AlertNotice } from '../notice.js';
import { lengthText } from '#core/words.js';
import { COLOUR, cut, localTime, MAX_HEADER, MAX_SECTION, section } from './body.js';

/** Annotations that say what is wrong, as rules usually name them. */
const TEXTS = ['summary', 'message', 'description'];
const RUNBOOKS = ['runbook_url', 'runbook'];

/** The payload of an incoming webhook for an alert of a rule. */
export function slackAlertBody({ type, alert, at }: AlertNotice): string {
  const { name, severity, labels, annotations, firedAt, resolvedAt, generatorUrl } = alert;
  const over = type === 'resolved';
  const texts = TEXTS.map((key) => annotations[key]?.trim() ?? '').filter(Boolean);
  const title = `${over ? 'Resolved' : 'Firing'}: ${name}${texts[0] ? `: ${texts[0]}` : ''}`;
  const shown = Object.entries(labels).filter(([key]) => key !== 'alertname').map(([key, value]) => `\`${escapeSlack(key)}=${escapeSlack(value)}\``);
  const runbook = RUNBOOKS.map((key) => annotations[key] ?? '').find((url) => /^https?:\/\/[^\s|>]+$/.test(url));
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: cut(title, MAX_HEADER), emoji: false } },
    ...section([...(over ? [`Over after ${lengthText(firedAt, resolvedAt ?? at)}.`] : []), ...texts.slice(1).map(escapeSlack)].join('\n')),
    ...section(shown.join(' ')),
    { type: 'context', elements: [{ type: 'mrkdwn', text: `Severity ${severity} · began ${localTime(firedAt)}` }] },
    { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Show the expression', emoji: false }, url: cut(generatorUrl, MAX_SECTION) }, ...(runbook ? [{ type: 'button', text: { type: 'plain_text', text: 'Runbook', emoji: false }, url: cut(runbook, MAX_SECTION) }] : [])] },
  ];
  return JSON.stringify({ text: escapeSlack(title), attachments: [{ color: over ? COLOUR.resolved : COLOUR[severity], fallback: escapeSlack(title), blocks }] });
}
