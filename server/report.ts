import type { Anomaly, Incident, UnixMs } from '#core/types.js';
import { evidenceText, lengthText } from '#core/words.js';

const MAX_EVIDENCE = 20;

/** An incident as Markdown: what a person pastes into a ticket, a chat or a post-incident review. `url` is where Faultline is reached. */
export function incidentReport(incident: Incident, url: string): string {
  const { id, title, summary, severity, status, startsAt, endsAt, acknowledgedBy, causes, services, evidence, differences, traces, timeline, notes } = incident;
  return [
    `# ${text(title)}`,
    `${severity} · ${status} · since ${time(startsAt)}${endsAt === null ? '' : ` until ${time(endsAt)} (${lengthText(startsAt, endsAt)})`}${acknowledgedBy === '' ? '' : ` · acknowledged by ${text(acknowledgedBy)}`}`,
    text(summary),
    `${url}/incidents/${encodeURIComponent(id)}`,
    ...section('Probable causes', causes.map(({ service, confidence, reason }, index) => `${index + 1}. **${text(service)}** (${Math.round(confidence * 100)} %): ${text(reason)}`)),
    ...section('Affected services', services.length > 0 ? [services.map(text).join(', ')] : []),
    ...section('What the bad requests have in common', differences.map(({ key, value, badShare, goodShare }) => `- \`${key} = ${value}\`: ${Math.round(badShare * 100)} % of the bad, ${Math.round(goodShare * 100)} % of the good`)),
    ...section('Evidence', [
      ...evidence.slice(0, MAX_EVIDENCE).map(evidenceLine),
      ...(evidence.length > MAX_EVIDENCE ? [`- and ${evidence.length - MAX_EVIDENCE} more`] : []),
    ]),
    ...section('Example traces', traces.map((trace) => `- ${url}/traces/${trace}`)),
    ...section('Timeline', timeline.map(({ at, kind, service, text: what }) => `- ${time(at)} ${kind}${service === '' ? '' : ` ${text(service)}`}: ${text(what)}`)),
    ...section('Notes', notes.map((note) => `- ${time(note.at)} ${text(note.author)}: ${text(note.text)}`)),
  ].join('\n\n');
}

function evidenceLine(anomaly: Anomaly): string {
  return `- ${time(anomaly.startsAt)} to ${anomaly.endsAt === null ? 'now' : time(anomaly.endsAt)}: ${text(evidenceText(anomaly))}`;
}

/** A heading and its lines; nothing when there are none. */
function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${heading}`, lines.join('\n')];
}

/** Names and messages come from telemetry: they must not become markup or links of their own. */
const text = (value: string): string => value.replace(/[\\`*_[\]<>|#]/g, '\\$&').replace(/\s+/g, ' ');
const time = (at: UnixMs): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
