import { runbookOf, textsOf } from '../../annotations.js';
import { escapeSlack } from '../../receivers/data.js';
import type { AlertNotice } from '../notice.js';
import { lengthText } from '#core/words.js';
import { COLOUR, cut, localTime, MAX_HEADER, MAX_SECTION, section } from './body.js';

/** The payload of an incoming webhook for an alert of a rule. */
export function slackAlertBody({ type, alert, at }: AlertNotice): string {
  const { name, severity, labels, annotations, firedAt, resolvedAt, generatorUrl } = alert;
  const over = type === 'resolved';
  const texts = textsOf(annotations);
  const title = `${over ? 'Resolved' : 'Firing'}: ${name}${texts[0] ? `: ${texts[0]}` : ''}`;
  const shown = Object.entries(labels).filter(([key]) => key !== 'alertname').map(([key, value]) => `\`${escapeSlack(key)}=${escapeSlack(value)}\``);
  const runbook = runbookOf(annotations);
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: cut(title, MAX_HEADER), emoji: false } },
    ...section([...(over ? [`Over after ${lengthText(firedAt, resolvedAt ?? at)}.`] : []), ...texts.slice(1).map(escapeSlack)].join('\n')),
    ...section(shown.join(' ')),
    { type: 'context', elements: [{ type: 'mrkdwn', text: `Severity ${severity} · began ${localTime(firedAt)}` }] },
    { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Show the expression', emoji: false }, url: cut(generatorUrl, MAX_SECTION) }, ...(runbook ? [{ type: 'button', text: { type: 'plain_text', text: 'Runbook', emoji: false }, url: cut(runbook, MAX_SECTION) }] : [])] },
  ];
  return JSON.stringify({ text: escapeSlack(title), attachments: [{ color: over ? COLOUR.resolved : COLOUR[severity], fallback: escapeSlack(title), blocks }] });
}
