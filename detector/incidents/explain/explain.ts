import { formatValue } from '#core/format.js';
import { metricWords } from '#core/metric-words.js';
import { isFailures, servedOf } from '#core/served.js';
import { besides } from '#core/words.js';
import type { Anomaly, Impact, RankedCause, Series, Severity, UnixMs } from '#core/types.js';
import { ARRIVAL_METRIC, HABIT, RUN_METRIC } from '../../words.js';
import { OBJECTIONS } from '../../long/voice.js';
import { SERVICES_SILENT, silentOf } from '../group/correlate.js';
import { restartsIn, SIGNS } from '../../signs.js';
import { isAlert, isDown, isHabit, symptomOf, userVisible } from '../symptom.js';

const NAMES: Readonly<Record<string, string>> = { errors: 'errors', rate: 'traffic', logs: 'error logs' };

const MAX_PATTERN = 80;

export function nameOf({ kind, metric, labels }: Pick<Series, 'kind' | 'metric' | 'labels'>): string {
  const { pattern } = labels;
  if (kind === 'logs' && pattern !== undefined) return `log “${pattern.length > MAX_PATTERN ? `${pattern.slice(0, MAX_PATTERN)}…` : pattern}”`;
  if (metric === ARRIVAL_METRIC) return 'metrics';
  if (metric === RUN_METRIC) return 'time since the last run';
  if (isAlert({ labels })) return metric;
  if (kind === 'latency') return `${metric} latency`;
  if (isFailures({ kind, metric, labels })) return 'failed requests';
  return kind === 'metric' && servedOf(metric) === 'mean' ? 'mean latency' : (NAMES[kind] ?? metricWords({ metric, labels }));
}

/** What of a service it is that does not answer: an exporter speaks for what it watches. */
export const targetOf = ({ series: { metric, labels } }: Anomaly): string => (metric === 'up' || metric === 'probe_success' ? (labels['pod'] ?? labels['instance'] ?? 'a target') : `it (${metric})`);

/** "errors 0.2 % → 38 %", "GET /cart errors 0.2 % → 38 %" */
export function change(anomaly: Anomaly): string {
  const { series, expected, value, direction, contributions } = anomaly;
  if (isAlert(series)) return `alert ${series.metric}`;
  if (series.metric === RUN_METRIC) return noRun(anomaly);
  if (isDown(anomaly)) return `${targetOf(anomaly)} does not answer`;
  if (contributions.some(({ detector }) => detector === SIGNS.restarts)) return restarted(anomaly);
  if (contributions.some(({ detector }) => detector === SIGNS.expires)) return `a certificate ${SIGNS.expires} (${series.metric})`;
  const metric = [series.operation, nameOf(series)].filter(Boolean).join(' ');
  return `${metric} ${formatValue(besides(expected, value), series)} → ${direction === 'absent' ? 'none' : formatValue(value, series)}`;
}

/** "web-2 restarted 4 times in 15 min": a pod by its name, a unit of systemd by that, or what the series is about. */
function restarted(anomaly: Anomaly): string {
  const { labels } = anomaly.series;
  const count = restartsIn(anomaly);
  return `${labels['pod'] ?? labels['k8s_pod_name'] ?? labels['container'] ?? labels['k8s_container_name'] ?? labels['name'] ?? labels['instance'] ?? 'it'} restarted ${count === 1 ? 'once' : `${count} times`} in 15 min`;
}

/** "no run since 28 November 02:00 UTC (usually every 24 h)" */
function noRun({ peakAt, value, expected, series }: Anomaly): string {
  const last = new Date(Math.round(peakAt - value * 3_600_000));
  return `no run since ${last.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' })} ${last.toISOString().slice(11, 16)} UTC (usually every ${formatValue(expected, series)})`;
}

const clockText = (at: UnixMs): string => new Date(at).toISOString().slice(11, 19);

/** "errors 0.2 % → 38 % ended", or why nobody knows that it did. */
export function endText(anomaly: Anomaly): string {
  const { ended, direction, startsAt, updatedAt } = anomaly;
  if (ended === 'new level') return `${change(anomaly)} lasts and is taken for the new level`;
  if (ended !== 'silent') return `${change(anomaly)} ended`;
  return `${change(anomaly)}: nothing heard since ${clockText(direction === 'absent' ? startsAt : updatedAt)} UTC${direction === 'absent' ? ', no longer watched' : ''}`;
}

/** Pieces of evidence that the end of an incident names. */
const MOST_UNENDED = 3;

/** What an incident says at its end that is not known to be over; '' where all is. */
export function unendedText(evidence: readonly Anomaly[]): string {
  const unended = evidence.filter(({ ended }) => ended !== undefined);
  // That one operation is not called any more is nothing to name.
  const named = byStrength(unended.filter(({ ended, series }) => ended === 'new level' || series.operation === ''));
  if (named.length === 0) return unended.length === 0 ? '' : 'All evidence is over or no longer heard of';
  const more = named.length - MOST_UNENDED;
  return `Not known to be over: ${named.slice(0, MOST_UNENDED).map((one) => ofService(one, endText(one))).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** "payment: errors 0.2 % → 38 %" */
export const describe = (anomaly: Anomaly): string => ofService(anomaly, change(anomaly));

const ofService = ({ series: { service } }: Anomaly, text: string): string => (service === '' ? text : `${service}: ${text}`);

const UNUSUAL: ReadonlySet<string> = new Set(Object.values(OBJECTIONS));

/** ", which is not usual at this time of day": what the long memory objected to, that no window shows; or that it came before. */
export function unusual(anomaly: Anomaly): string {
  if (isHabit(anomaly)) return `, ${HABIT}`;
  const [first] = anomaly.contributions;
  if (first?.detector === SIGNS.full) return `, ${first.detector}`;
  return first && UNUSUAL.has(first.detector) ? `, which is not ${first.detector}` : '';
}

/** Evidence with the strongest a person would notice first. */
export function byStrength(anomalies: readonly Anomaly[]): Anomaly[] {
  return anomalies.toSorted(
    (a, b) =>
      Number(userVisible(b)) - Number(userVisible(a)) ||
      Number(b.series.kind !== 'metric') - Number(a.series.kind !== 'metric') ||
      Number(b.series.operation === '') - Number(a.series.operation === '') ||
      Math.min(b.score, 1e6) - Math.min(a.score, 1e6),
  );
}

/** Services that are not heard of at all any more, where they are so many that one thing silenced them and the likeliest cause is one of them. */
export function unheardOf(anomalies: readonly Anomaly[], [cause]: readonly RankedCause[]): readonly string[] {
  const gone = new Set(silentOf(anomalies).flatMap(({ series }) => (series.metric === ARRIVAL_METRIC ? series.service : [])));
  return gone.size >= SERVICES_SILENT && (!cause || gone.has(cause.service)) ? [...gone] : [];
}

/** "checkout: errors 0.2 % → 38 %, first in payment"; "probably from payment" where that was not the first to show, or shows nothing itself. */
export function titleOf(anomalies: readonly Anomaly[], causes: readonly RankedCause[]): string {
  const main = byStrength(anomalies)[0];
  if (!main) return 'Unexplained change';
  const cause = causes[0];
  const gone = unheardOf(anomalies, causes);
  if (gone.length > 0) return `${gone.length} services are not heard of any more: ${listOf(gone)}`;
  const other = causes.find(({ independent }) => independent);
  if (cause && other) {
    const { service } = main.series;
    const second = [cause, other].find((one) => one.service !== service)?.service ?? '';
    return service === cause.service || service === other.service ? `${describe(main)}, and independently trouble in ${second}` : `${describe(main)}, from ${cause.service} and, independently, ${other.service}`;
  }
  if (!cause || cause.service === main.series.service) return describe(main);
  const isFirst = !cause.taught?.unseen && anomalies.some(({ series, startsAt }) => series.service === cause.service && startsAt <= main.startsAt);
  return `${describe(main)}, ${isFirst ? 'first in' : 'probably from'} ${cause.service}`;
}

/** `narrowed` says what else is known of the first cause. */
export function summaryOf(anomalies: readonly Anomaly[], causes: readonly RankedCause[], narrowed = ''): string {
  const cause = causes[0];
  if (!cause) return unnamedText(anomalies);
  const gone = unheardOf(anomalies, causes);
  if (gone.length > 0) return `Nothing is heard of ${listOf(gone)} since ${clockText(cause.onsetAt)} UTC: so many do not fall silent at once by themselves. What they send through (an agent, a collector, the network) or run on is probably gone; whether they serve their users is not known.`;
  const second = causes.find(({ independent }) => independent);
  const named = [cause, ...(second ? [second] : [])];
  const others = [...new Set(anomalies.map(({ series }) => series.service))].filter((service) => service !== '' && !named.some((one) => one.service === service));
  const followed = others.length > 0 ? ` ${listOf(others)} ${others.length > 1 ? 'are' : 'is'} affected too.` : '';
  if (second) return `Probably two independent causes. ${since(cause.service, cause)}${narrowed} ${since(second.service, second)}${followed}`;
  // Whoever is asked more need not have done anything.
  const surged = anomalies.some((one) => one.series.service === cause.service && symptomOf(one) === 'surge');
  const isTitled = byStrength(anomalies)[0]?.series.service === cause.service;
  return `Probably ${since(isTitled && !surged ? 'its own doing' : cause.service, cause)}${narrowed}${followed}`;
}

/** "Alert CertificateExpires, since 12:00:00 UTC, names no service; its labels: domain="x.example"." */
function unnamedText(anomalies: readonly Anomaly[]): string {
  const main = byStrength(anomalies)[0];
  if (!main || main.series.service !== '') return '';
  const text = change(main);
  const labels = Object.entries(main.series.labels).filter(([name]) => name !== 'alertname');
  const named = labels.length > 0 ? `; its labels: ${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}` : '';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}, since ${clockText(main.startsAt)} UTC, names no service${named}.`;
}

/** " Before that, until 22:50:30 UTC, orders: errors 0 % → 30 %; that is over." */
export function earlierText(before: readonly Anomaly[]): string {
  const main = byStrength(before)[0];
  const until = Math.max(...before.map(({ endsAt, updatedAt }) => endsAt ?? updatedAt));
  return main ? ` Before that, until ${clockText(until)} UTC, ${describe(main)}; that is over.` : '';
}

const since = (whose: string, { onsetAt, reason, taught }: RankedCause): string => `${whose}${taught?.unseen ? '' : `, since ${clockText(onsetAt)} UTC`}: ${reason}`;

/** What an attribute counts, one and many, by a part of its name. */
const WHO = [['user', 'user', 'users'], ['customer', 'customer', 'customers'], ['tenant', 'tenant', 'tenants'], ['organization', 'organization', 'organizations'], ['account', 'account', 'accounts'], ['session', 'session', 'sessions'], ['address', 'address', 'addresses'], ['', 'person', 'people']] as const;

/** " 1,240 of 8,300 requests failed and 310 were slow (19 %), for 412 users (user.id); in 60 of those that failed the request itself was answered." */
export function impactText(impact: Impact | null | undefined): string {
  if (!impact || impact.failed + impact.slow === 0) return '';
  const { requests, failed, answered = 0, slow, people } = impact;
  const share = (count: number): string => `${count.toLocaleString('en-US')} of ${requests.toLocaleString('en-US')} requests`;
  const percent = `${Number((((failed + slow) / requests) * 100).toPrecision(2))} %`;
  const what = failed === 0 ? `${share(slow)} were slow (${percent})` : slow === 0 ? `${share(failed)} failed (${percent})` : `${share(failed)} failed and ${slow.toLocaleString('en-US')} were slow (${percent})`;
  return ` ${what}${people === null ? '' : `, for ${people.count.toLocaleString('en-US')} ${WHO.find(([name]) => people.attribute.includes(name))?.[people.count === 1 ? 1 : 2]} (${people.attribute})`}${answered === 0 ? '' : `; in ${answered === failed ? 'all' : answered.toLocaleString('en-US')} of those that failed the request itself was answered`}.`;
}

/** "cart, payment and stock"; of more than four "…, stock and 3 more". */
export function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 4);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : (shown[0] ?? '');
}

/** What those who write alert rules call the worst. */
const CRITICAL_ALERT = /^(critical|crit|page|emergency|fatal)$/i;

/** Critical: errors from 10 %, latency × 4, traffic of a whole service lost, or an alert that says so itself. Everything else warns. */
export function severityOf(anomalies: readonly Anomaly[]): Severity {
  const critical = anomalies.some((anomaly) => {
    const symptom = symptomOf(anomaly);
    if (isAlert(anomaly.series)) return CRITICAL_ALERT.test(anomaly.series.labels['severity'] ?? '');
    // Of what is counted alone, the share that fails is not known.
    if (symptom === 'errors') return anomaly.series.kind === 'errors' && anomaly.value >= 0.1;
    if (symptom === 'latency') return anomaly.expected > 0 && anomaly.value >= anomaly.expected * 4;
    return symptom === 'drop' && anomaly.series.kind === 'rate' && anomaly.series.operation === '' && (anomaly.direction === 'absent' || anomaly.value <= anomaly.expected * 0.1);
  });
  return critical ? 'critical' : 'warning';
}
