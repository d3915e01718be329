import type { ApiIncident, PastAnomaly } from '#core/api/incidents.js';
import type { IncidentContext, SimilarIncident } from '#core/feedback.js';
import type { AlertWords, Anomaly, Contribution, Incident, Series, UnixMs, VerdictKind } from '#core/types.js';
import { formatValue } from '#core/format.js';
import { evidenceText, lengthText } from '#core/words.js';
import { inPath } from './service-path.js';

const MAX_EVIDENCE = 20;
/** Usual times shown before what a link leads to, and after it. */
const BEFORE_MS = 900_000;
const AFTER_MS = 300_000;
/** Characters of an attribute that are shown. */
const MAX_CODE = 200;
/** Digits that tell files apart. */
const SHA_SHOWN = 8;
const VERDICTS: Readonly<Record<VerdictKind, string>> = { real: 'real', noise: 'noise', expected: 'expected', wrong_cause: 'real, with another cause than was named' };
const NOTHING: IncidentContext = { similar: [], recurring: [], muted: [], toldCause: '', lesson: null, candidates: [] };

/** An incident as Markdown: what a person pastes into a ticket, a chat or a post-incident review. What it says links to where that is seen. `url` is the address of Faultline, without a slash at its end, `before` the last anomaly like each. */
export function incidentReport(incident: Incident, url: string, { similar, recurring, muted, toldCause, lesson }: IncidentContext = NOTHING, before: ApiIncident['before'] = {}): string {
  const { id, title, summary, causes, services, evidence, differences, traces, timeline, notes, verdict, firstCheck = '', mergedInto, apart = [] } = incident;
  const see = linksOf(incident, url);
  const other = (one: string): string => `${url}/incidents/${encodeURIComponent(one)}`;
  const days = new Map(recurring.map((one) => [one.anomaly, one.days]));
  return [
    `# ${text(title)}`,
    stateLine(incident),
    text(summary),
    other(id),
    ...(firstCheck === '' ? [] : [`Start here: ${text(firstCheck)}`]),
    ...(verdict ? [`Judged ${VERDICTS[verdict.kind]} by ${text(verdict.by)}${verdict.cause === '' ? '' : `; the cause was **${text(verdict.cause)}**${verdict.detail ? ` (${verdict.detail.kind} ${text(verdict.detail.name)})` : ''}`}`] : []),
    ...(lesson ? [`Learned from it: ${text(lesson.text)} ranks higher in similar incidents until ${time(lesson.expiresAt)} (${text(lesson.createdBy)}; it weighed in ${lesson.weighed})`] : []),
    ...(mergedInto ? [`Part of ${other(mergedInto)}`] : []),
    ...(apart.length > 0 ? [`Split: ${apart.map(other).join(', ')}`] : []),
    ...section('Impact', impactLines(incident, see)),
    ...section('Probable causes', [
      ...causes.map(({ service, confidence, reason }, index) => `${index + 1}. **[${text(service)}](${see.service(service)})** (${Math.round(confidence * 100)} %): ${text(reason)}`),
      ...(toldCause === '' ? [] : [`\nPeople said that the cause of a similar incident was **${text(toldCause)}**.`]),
    ]),
    ...section('Affected services', services.length > 0 ? [services.map((service) => `[${text(service)}](${see.service(service)})`).join(', ')] : []),
    ...section('What the bad requests have in common', differences.map(({ key, value, badShare, goodShare, alike = [] }) => `- ${code(`${key} = ${value}`)}${alike.map((one) => `, ${code(`${one.key} = ${one.value}`)}`).join('')}: ${Math.round(badShare * 100)} % of the bad, ${Math.round(goodShare * 100)} % of the good`)),
    ...section('Evidence', [
      ...evidence.slice(0, MAX_EVIDENCE).flatMap((one) => {
        const past = before[one.id];
        return [evidenceLine(one, incident, see, days.get(one.id)), ...alertLines(one.alert), ...flaggedLines(one.contributions), ...(past ? [pastLine(one, past, other)] : [])];
      }),
      ...(evidence.length > MAX_EVIDENCE ? [`- and ${evidence.length - MAX_EVIDENCE} more`] : []),
    ]),
    ...section('Muted near it', muted.slice(0, MAX_EVIDENCE).map(({ anomaly }) => `- ${time(anomaly.startsAt)}: ${text(evidenceText(anomaly))}`)),
    ...section('Similar incidents before', similar.map((one) => similarLine(one, other(one.id)))),
    ...section('Example traces', traces.map((trace) => `- ${url}/traces/${trace}`)),
    ...section('Timeline', timeline.map(({ at, kind, service, text: what }) => `- ${time(at)} ${kind}${service === '' ? '' : ` ${text(service)}`}: ${text(what)}`)),
    ...section('Notes', notes.map((note) => `- ${time(note.at)} ${text(note.author)}: ${text(note.text)}`)),
  ].join('\n\n');
}

function stateLine({ severity, severityBy, status, startsAt, endsAt, acknowledgedBy, assignee }: Incident): string {
  return [
    `${severity}${severityBy ? ` (set by ${text(severityBy)})` : ''}`, status,
    `since ${time(startsAt)}${endsAt === null ? '' : ` until ${time(endsAt)} (${lengthText(startsAt, endsAt)})`}`,
    ...(acknowledgedBy === '' ? [] : [`acknowledged by ${text(acknowledgedBy)}`]),
    ...(assignee ? [`assigned to ${text(assignee)}`] : []),
  ].join(' · ');
}

function impactLines({ impact }: Incident, see: Links): string[] {
  if (!impact) return [];
  const share = (count: number): string => `${count} of ${impact.requests} (${Number(((count / impact.requests) * 100).toPrecision(2))} %)`;
  return [
    `- requests failed: [${share(impact.failed)}](${see.failed})`,
    ...(impact.answered ? [`- failed inside, and answered all the same: ${share(impact.answered)}`] : []),
    `- requests slow: ${share(impact.slow)}`,
    ...(impact.people === null ? [] : [`- different ${code(impact.people.attribute)} behind them: ${impact.people.count}`]),
    `- counted from ${time(impact.from)} to ${time(impact.to)}`,
  ];
}

function evidenceLine(anomaly: Anomaly, { anomalyVerdicts = {}, endsAt: over }: Incident, see: Links, days: readonly string[] | undefined): string {
  const verdict = anomalyVerdicts[anomaly.id];
  const until = anomaly.endsAt !== null ? time(anomaly.endsAt) : over === null ? 'now' : `${time(anomaly.updatedAt)} at least`;
  return `- ${time(anomaly.startsAt)} to ${until}: [${text(evidenceText(anomaly))}](${see.series({ ...anomaly.series, service: anomaly.measuredBy ?? anomaly.series.service })})${verdict ? ` (judged ${VERDICTS[verdict.kind]} by ${text(verdict.by)})` : ''}${days ? ` (recurring: also on ${days.join(', ')})` : ''}`;
}

function flaggedLines(contributions: readonly Contribution[]): string[] {
  if (contributions.length === 0) return [];
  const said = contributions.map(({ detector, score, model }) => `${text(detector)} ${figure(score)}${model ? ` (model version ${model.version}, sha256 ${model.sha256.slice(0, SHA_SHOWN)})` : ''}`);
  return [`  - score: ${said.join(', ')}`];
}

function alertLines(alert: AlertWords | undefined): string[] {
  if (!alert) return [];
  const { summary, runbook, expression } = alert;
  const said = [text(summary), runbook && `[runbook](${inLink(runbook)})`, expression && `[expression](${inLink(expression)})`].filter(Boolean);
  return said.length === 0 ? [] : [`  - says: ${said.join(' · ')}`];
}

function pastLine({ series }: Anomaly, { startsAt, value, score, verdict, times, incident }: PastAnomaly, other: (id: string) => string): string {
  const judged = verdict === null ? 'not judged' : `judged ${VERDICTS[verdict]}`;
  return `  - last like this: ${time(startsAt)}, ${formatValue(value, series)}, score ${figure(score)}, ${judged}${incident ? `, in [${text(incident.title)}](${other(incident.id)})` : ''}${times > 1 ? `; ${times} times before` : ''}`;
}

function similarLine({ title, startsAt, endsAt, similarity, shared, verdict, cause, causeTold, notes }: SimilarIncident, link: string): string {
  const judged = verdict === null ? 'not judged' : `judged ${VERDICTS[verdict]}`;
  const lasted = endsAt === null ? 'not over' : `lasted ${lengthText(startsAt, endsAt)}`;
  const head = `- [${text(title)}](${link}), ${time(startsAt)}, ${lasted}, ${judged}: ${Math.round(similarity * 100)} % alike (${shared.map(text).join('; ')})${cause === '' ? '' : `; cause ${causeTold ? 'as people said' : 'as ranked'}: ${text(cause)}`}`;
  return [head, ...notes.map((note) => `  - ${text(note.author)}: ${text(note.text)}`)].join('\n');
}

interface Links {
  service(name: string): string;
  series(series: Series): string;
  /** Traces that failed meanwhile. */
  readonly failed: string;
}

/** Pages of the dashboard at the time of the incident; one that goes on is shown until now. */
function linksOf({ startsAt, endsAt }: Incident, url: string): Links {
  const range = { from: String(startsAt - BEFORE_MS), to: endsAt === null ? 'now' : String(endsAt + AFTER_MS) };
  const page = (path: string, search: Readonly<Record<string, string>> = {}): string => `${url}${path}?${new URLSearchParams({ ...search, ...range }).toString()}`;
  const service = (name: string): string => page(`/services/${inLink(inPath(name))}`);
  return {
    service,
    series({ kind, service: name, metric, labels }) {
      if (labels['alertname'] !== undefined) return `${url}/alerts`;
      if (kind === 'logs') return page('/logs', { service: name });
      return kind === 'metric' ? page('/metrics', { name: metric, service: name }) : service(name);
    },
    failed: page('/traces', { status: 'error' }),
  };
}

/** A bracket without its like would end the link. */
const inLink = (address: string): string => address.replaceAll('(', '%28').replaceAll(')', '%29');

/** A heading and its lines; nothing when there are none. */
function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${heading}`, lines.join('\n')];
}

/** Names and messages come from telemetry: they must not become markup or links of their own. */
const text = (value: string): string => value.replace(/[\\`*_[\]<>|#]|:(?=\/\/)|(?<=\bwww)\./gi, '\\$&').replace(/\s+/g, ' ');
/** As code: between more backticks than there are in it. */
function code(value: string): string {
  const line = value.replace(/\s+/g, ' ').trim();
  const shown = line.length > MAX_CODE ? `${line.slice(0, MAX_CODE)}…` : line;
  const fence = '`'.repeat(1 + Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length)));
  const room = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${fence}${room}${shown}${room}${fence}`;
}
const figure = (score: number): string => String(Number(score.toPrecision(2)));
const time = (at: UnixMs): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
