import type { Anomaly, AttributeDifference, RankedCause } from '#core/types.js';
import { LOG_PATTERN_METRIC } from '../../words.js';
import { isSymptom } from './differences.js';
import { nameOf } from './explain.js';
import { symptomOf, userVisible } from '../symptom.js';

/** From this share of the bad requests on it is where they are, unless more than that of the good ones are there too. */
const NEARLY_ALL = 0.9;
const OF_GOOD = 0.5;
/** From here on it is said of all. */
const ALL = 0.995;
/** One of several that do the same. */
const INSTANCE = /^(k8s\.pod\.name|service\.instance\.id|container\.(id|name)|host\.(id|name)|k8s\.node\.name|pod|instance|node)$/;
/** An expected rate below this share of what is seen is none. */
const NEW = 1e-3;

/** The attribute value that nearly all bad requests have and few good ones: where it happens, or to whom. */
export function narrowOf(differences: readonly AttributeDifference[]): AttributeDifference | undefined {
  return differences.find((one) => one.badShare >= NEARLY_ALL && one.goodShare <= OF_GOOD && !isSymptom(one));
}

/** What makes requests of the first cause bad; undefined where they are not, as where it only holds memory. */
function badness(evidence: readonly Anomaly[], service: string): 'failed' | 'slow' | undefined {
  const symptoms = new Set(evidence.filter(({ series }) => series.service === service).map(symptomOf));
  return symptoms.has('errors') ? 'failed' : symptoms.has('latency') ? 'slow' : undefined;
}

/** " All failed requests of orders have k8s.pod.name orders-2; of the others 31 % do. New in its logs: “no space left on device”." */
export function narrowedText(evidence: readonly Anomaly[], [cause]: readonly RankedCause[], differences: readonly AttributeDifference[]): string {
  if (!cause) return '';
  const { service } = cause;
  const bad = badness(evidence, service);
  const narrow = bad && narrowOf(differences);
  const share = narrow && (narrow.badShare >= ALL ? 'All' : `${Math.floor(narrow.badShare * 100)} % of the`);
  const others = narrow && Math.round(narrow.goodShare * 100);
  const common = narrow ? ` ${share} ${bad} requests of ${service} have ${narrow.key} ${narrow.value}; of the others ${others === 0 ? 'none' : `${others} %`} ${others === 0 ? 'does' : 'do'}.` : '';
  const said = evidence
    .filter(({ series, direction, expected, value }) => series.service === service && series.metric === LOG_PATTERN_METRIC && direction === 'up' && expected <= value * NEW)
    .toSorted((a, b) => b.value - a.value)[0];
  return `${common}${said ? ` New in ${common === '' ? `the logs of ${service}` : 'its logs'}: ${nameOf(said.series).replace(/^log /, '')}.` : ''}`;
}

/** Whose requests show what a cause does: its own, or where it serves none, as a host or a database, those that users notice most. */
export function whoShows(evidence: readonly Anomaly[], service: string): string {
  return badness(evidence, service) ? service : (evidence.find(userVisible)?.series.service ?? service);
}

/** What to look at first where the bad requests of a service have something in common. */
export function narrowedCheck(evidence: readonly Anomaly[], service: string, differences: readonly AttributeDifference[]): string | undefined {
  const bad = badness(evidence, service);
  const narrow = bad && narrowOf(differences);
  if (!narrow) return undefined;
  const { key, value } = narrow;
  if (INSTANCE.test(key)) return `Compare ${value} with the other instances of ${service}, and take it out of service if only it is in trouble: nearly all ${bad} requests are there.`;
  return `Look at what is different about ${key} ${value} in ${service}: nearly all ${bad} requests have it, and few of the others.`;
}
