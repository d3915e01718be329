import type { Mute, MuteMatch, MuteProposal, Recurring } from '#core/feedback.js';
import type { Anomaly, Incident } from '#core/types.js';
import { decisive } from '../group/correlate.js';
import { nameOf } from '../explain/explain.js';
import { during, partOfDay, recurringText } from '../expected/schedule.js';

/** The noise of one incident, and somewhat more. */
const HEADROOM = 1.25;
/** More would be a mute of its own kind: of the service. */
const MOST_DRAFTS = 20;
/** What lasts this long is not over yet. */
const UNKNOWN_END_MS = 900_000;

/** Whether a mute is about an anomaly as it is now: one that grows beyond `below` is not muted any more. */
export function matches(match: MuteMatch, anomaly: Anomaly): boolean {
  const { series, direction, score, startsAt } = anomaly;
  return (
    (match.series === '' || match.series === series.id) &&
    (match.service === '' || match.service === series.service) &&
    (match.kind === null || match.kind === series.kind) &&
    (match.metric === '' || match.metric === series.metric) &&
    (match.operation === '' || match.operation === series.operation) &&
    (match.direction === null || match.direction === direction) &&
    (match.below === null || score < match.below) &&
    (match.when === null || during(match.when, startsAt))
  );
}

/** "payment: errors, up, score below 4, every day 02:00–02:30 (UTC)" */
export function muteText({ service, kind, metric, operation, direction, below, when }: MuteMatch): string {
  const what = kind === null ? metric || 'everything' : nameOf({ kind, metric, labels: {} });
  const parts = [
    `${service === '' ? 'any service' : service}: ${[operation, what].filter(Boolean).join(' ')}`,
    ...(direction === null ? [] : [direction]),
    ...(below === null ? [] : [`score below ${Number(below.toPrecision(3))}`]),
    ...(when === null ? [] : [recurringText(when)]),
  ];
  return parts.join(', ');
}

/** The mute that would have kept one anomaly out. */
export function draftOf({ series, direction, score }: Anomaly, { below, when, reason, incident }: { readonly below: boolean; readonly when: Recurring | null; readonly reason: string; readonly incident: string }): MuteProposal {
  const { id, service, kind, metric, operation } = series;
  const match: MuteMatch = { series: id, service, kind, metric, operation, direction, below: below ? Number((score * HEADROOM).toPrecision(2)) : null, when };
  return { match, reason, incident, text: muteText(match) };
}

/** Noise is muted up to somewhat more than was seen, at any time; what was expected whatever its size, at that time of day. */
export function proposals(incident: Incident, kind: 'noise' | 'expected', anomaly: string, timeZone: string): MuteProposal[] {
  const { id, title, evidence, startsAt, endsAt, updatedAt, anomalyVerdicts = {} } = incident;
  const chosen = anomaly === '' ? decisive(evidence).filter((one) => anomalyVerdicts[one.id]?.kind !== 'real') : evidence.filter((one) => one.id === anomaly);
  const when = kind === 'expected' ? partOfDay(startsAt, endsAt ?? Math.max(updatedAt, startsAt + UNKNOWN_END_MS), timeZone) : null;
  const drafts = chosen.map((one) => draftOf(one, { below: kind === 'noise', when, reason: `${kind === 'noise' ? 'Noise' : 'Expected'}: ${title}`, incident: id }));
  // Of one series in one direction the mute that reaches furthest says it all.
  const bySeries = new Map<string, MuteProposal>();
  for (const draft of drafts) {
    const key = `${draft.match.series} ${draft.match.direction}`;
    if ((bySeries.get(key)?.match.below ?? -1) < (draft.match.below ?? 0)) bySeries.set(key, draft);
  }
  return [...bySeries.values()].slice(0, MOST_DRAFTS);
}

export const isActive = ({ expiresAt }: Mute, now: number): boolean => now < expiresAt;
