import type { ApiChart } from '#core/api/charts.js';
import type { PastAnomaly } from '#core/api/incidents.js';
import type { Anomaly, Contribution, Guard, Incident, LookedAt, Severity } from '#core/types.js';
import { bandText } from '../../charts/describe.js';
import { lastPoint } from '../../charts/shape.js';
import { lasting } from '../../format/duration.js';
import { middle, plural } from '../../format/name.js';
import { percent, significant } from '../../format/number.js';
import { ago, clock, shortClock } from '../../format/time.js';
import { displayUnit, measureName, valueIn } from '../../format/value.js';
import { verdictWord } from './verdict-words.js';

/** Digits that tell files apart; all are in the title. */
const SHA_SHOWN = 8;
const WORST: readonly Severity[] = ['critical', 'warning', 'info'];

/** Unseen before seen, worse before better, more requests that failed for good before fewer, more services before fewer, what grew lately before what did long ago. */
export function byUrgency(a: Incident, b: Incident): number {
  return Number(a.status !== 'open') - Number(b.status !== 'open') || WORST.indexOf(a.severity) - WORST.indexOf(b.severity) || lost(b) - lost(a) || b.services.length - a.services.length || grewAt(b) - grewAt(a);
}

/** Requests that failed and were not answered all the same. */
const lost = ({ impact }: Incident): number => (impact ? impact.failed - (impact.answered ?? 0) : 0);
const grewAt = ({ startsAt, evidence }: Incident): number => Math.max(startsAt, ...evidence.map((one) => one.startsAt));

/** Who works on it: whom it was assigned to, else who acknowledged it; '' where nobody does. */
export const whoIs = ({ assignee = '', acknowledgedBy }: Pick<Incident, 'assignee' | 'acknowledgedBy'>): string => assignee || acknowledgedBy;

/** Of a name, beside what else a line or a column has room for. */
const NAME_SHOWN = 16;
export const shortName = (name: string): string => middle(name, NAME_SHOWN);

/** "open 14 min", "acknowledged, open 3 h", "lasted 5 min". */
export function lifeOf({ startsAt, endsAt }: Pick<Incident, 'startsAt' | 'endsAt'>, now: number): string {
  return endsAt === null ? `for ${lasting(now - startsAt)}` : `lasted ${lasting(endsAt - startsAt)}`;
}

/** Of a service or a measure in a sentence. */
const SENTENCE_SHOWN = 60;

/** What the strongest evidence that lasts, else the strongest of all, means for whoever depends on it, with its worst: "checkout is failing for up to 38 % of requests since 12:04", or "checkout failed for up to 38 % of requests from 12:04 to 12:06; …". */
export function effectOf({ evidence, title, reopenedBy = '' }: Incident, now: number): string {
  const main = evidence.find(({ endsAt }) => endsAt === null) ?? evidence[0];
  if (!main) return title;
  const lasts = main.endsAt === null;
  const effect = `${effectIn(main, lasts)} ${spanOf(main, now)}`;
  if (lasts) return effect;
  if (main.ended === 'silent') return `${effect}; nothing is heard of that since`;
  if (main.ended === 'new level') return `${effect}, which is taken for the new level`;
  return `${effect}; ${reopenedBy === '' ? 'it closes soon unless that comes back' : 'it waits for somebody to close it'}`;
}

function effectIn(main: Anomaly, lasts: boolean): string {
  const { series, direction } = main;
  const service = middle(series.service, SENTENCE_SHOWN);
  const [value, expected] = figures(main);
  const worst = `${direction === 'down' ? 'only' : 'up to'} ${value}`;
  const alert = series.labels['alertname'];
  if (alert !== undefined) return `${alert}${service === '' ? '' : ` of ${service}`} ${lasts ? 'fires' : 'fired'}`;
  if (direction === 'absent') return service === '' ? `${middle(wordOf(main), SENTENCE_SHOWN)} ${lasts ? 'does' : 'did'} not arrive` : `${service} ${lasts ? 'sends' : 'sent'} no ${measureName(series)}`;
  const measure = `${middle(wordOf(main), SENTENCE_SHOWN)}${service === '' ? '' : ` of ${service}`} ${lasts ? 'is' : 'was'} ${worst} instead of ${expected}`;
  if (service === '') return measure;
  switch (series.kind) {
    case 'errors':
      return `${service} ${lasts ? 'is failing' : 'failed'} for up to ${percent(main.value)} of requests`;
    case 'latency':
      return `${service} ${lasts ? 'answers' : 'answered'} in ${worst} instead of ${expected}`;
    case 'rate':
      return `${service} ${lasts ? 'gets' : 'got'} ${worst} of requests instead of ${expected}`;
    case 'logs':
      return `${service} ${lasts ? 'logs' : 'logged'} ${worst} errors instead of ${expected}`;
    case 'metric':
      return measure;
  }
}

const DAY_MS = 86_400_000;

/** A text of the server's with its times in the viewer's zone, each on the day that puts it nearest to `around`. */
export function inClock(text: string, around: number, now: number): string {
  return text.replaceAll(/\b(\d\d):(\d\d)(?::(\d\d))? UTC\b/g, (_whole, hours: string, minutes: string, seconds: string | undefined) => {
    const that = new Date(around).setUTCHours(Number(hours), Number(minutes), Number(seconds ?? 0), 0);
    const at = that + Math.round((around - that) / DAY_MS) * DAY_MS;
    return seconds === undefined ? shortClock(at, now) : clock(at, now);
  });
}

/** "since 12:04", "from 12:04 to 12:06"; with the seconds where it was over within a minute. */
function spanOf({ startsAt, endsAt }: Anomaly, now: number): string {
  if (endsAt === null) return `since ${shortClock(startsAt, now)}`;
  const at = shortClock(startsAt, now) === shortClock(endsAt, now) ? clock : shortClock;
  return `from ${at(startsAt, now)} to ${at(endsAt, now)}`;
}

/** What a metric measures in words; its name where nobody has any. */
export const wordOf = ({ measure, series }: Pick<Anomaly, 'measure' | 'series'>): string => measure ?? series.metric;

/** Beside what was seen, next to nothing is nothing. */
const NOTHING = 1e-4;

/** Value at the peak, and what was expected there. */
export function figures({ series, value, expected }: Anomaly): readonly [value: string, expected: string] {
  const unit = displayUnit(series.unit, series.metric, series.kind);
  return [valueIn(unit, value), valueIn(unit, Math.abs(expected) < Math.abs(value) * NOTHING ? 0 : expected)];
}

const GUARDS: Readonly<Record<Guard, string>> = {
  errors: 'as wide as its own past errors ask', counting: 'as wide as the noise of counting', share: 'no narrower than the least share that matters', size: 'no narrower than the least size that matters', loss: 'narrowed for a steady flow that loses its traffic', reach: 'narrowed for what is beyond all of its last points',
};

/** What the strongest evidence that lasts was measured at last: "error rate of payment 25 % at 12:18:10, expected 0.2 %"; '' where none has been measured since its onset. */
export function latestText({ evidence }: Pick<Incident, 'evidence'>, charts: readonly ApiChart[], now: number): string {
  for (const chart of charts) {
    const lasts = evidence.find(({ endsAt, series }) => endsAt === null && series.id === chart.series?.id && series.labels['alertname'] === undefined);
    const last = lastPoint(chart);
    if (!lasts || !last || last.at < lasts.startsAt) continue;
    const { series } = lasts;
    const unit = displayUnit(series.unit, series.metric, series.kind);
    const name = [series.operation, series.kind === 'metric' ? wordOf(lasts) : measureName(series)].filter(Boolean).join(' · ');
    return `${name}${series.service === '' ? '' : ` of ${middle(series.service, SENTENCE_SHOWN)}`} ${valueIn(unit, last.value)} at ${clock(last.at, now)}, expected ${figures(lasts)[1]}`;
  }
  return '';
}

/** How one detector judged the highest point: what it expected, its band, and what that is as wide as. */
export function judgedBy({ series }: Pick<Anomaly, 'series'>, { detector, score, expected, lower, upper, guard }: Contribution): string {
  const unit = displayUnit(series.unit, series.metric, series.kind);
  const band = bandText(lower, upper, unit);
  const said = [`${detector}: score ${significant(score, 2)}`];
  if (expected !== undefined) said.push(`expected ${valueIn(unit, expected)}`);
  if (band !== '') said.push(`band ${band}${guard === undefined ? '' : `, ${GUARDS[guard]}`}`);
  return said.join('; ');
}

/** What a detector knew when it judged: "looked at 30 min before, from 11:34 on (120 points) and the same time the day before". */
export function lookedAt({ from, to, points, dayBefore }: LookedAt, now: number): string {
  return `looked at ${lasting(to - from)} before, from ${shortClock(from, now)} on (${plural(points, 'point')})${dayBefore ? ' and the same time the day before' : ''}`;
}

/** "version 2, sha256 ab12cd34" */
export const modelOf = ({ version, sha256 }: NonNullable<Contribution['model']>): string => `version ${version}, sha256 ${sha256.slice(0, SHA_SHOWN)}`;

/** "Last like this: 3 d ago, to 41 %, score 4.1, judged noise; 4 times before." */
export function pastText(anomaly: Anomaly, { startsAt, value, score, verdict, times }: PastAnomaly, now: number): string {
  const [reached] = figures({ ...anomaly, value });
  const judged = verdict === null ? 'not judged' : `judged ${verdictWord(verdict).toLowerCase()}`;
  return `Last like this: ${ago(startsAt, now)}, ${reached}, score ${significant(score, 2)}, ${judged}${times > 1 ? `; ${times} times before` : ''}`;
}

/** By series, in the order of the first of each. */
export function bySeries(anomalies: readonly Anomaly[]): readonly (readonly Anomaly[])[] {
  const series = new Map<string, Anomaly[]>();
  for (const one of anomalies) series.set(one.series.id, [...(series.get(one.series.id) ?? []), one]);
  return [...series.values()];
}

/** What shows the same as the first: "1 more time; also seen in 2 more measures of the same: error rate, GET /search · error rate". */
export function alikeText(anomalies: readonly Anomaly[]): string {
  const [own = [], ...others] = bySeries(anomalies);
  const names = [...new Set(others.flatMap(([one]) => (one ? [[one.series.operation, measureName(one.series)].filter(Boolean).join(' · ')] : [])))];
  const times = own.length > 1 ? [`outside ${plural(own.length - 1, 'more time')}`] : [];
  return [...times, ...(others.length > 0 ? [`also seen in ${plural(others.length, 'more measure')} of the same: ${names.join(', ')}`] : [])].join('; ');
}

const PLACES = ['first', 'second', 'third', 'fourth', 'fifth'];

/** "second": the rank of a cause, counted from 1. */
export const placeText = (rank: number): string => PLACES[rank - 1] ?? `number ${rank}`;
