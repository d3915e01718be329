import type { Anomaly, Contribution, Guard, Incident, Severity } from '#core/types.js';
import { bandText } from '../../charts/describe.js';
import { lasting } from '../../format/duration.js';
import { percent, significant } from '../../format/number.js';
import { shortClock } from '../../format/time.js';
import { displayUnit, measureName, valueIn } from '../../format/value.js';

const WORST: readonly Severity[] = ['critical', 'warning', 'info'];

/** Unseen before seen, worse before better, newer before older. */
export function byUrgency(a: Incident, b: Incident): number {
  return Number(a.status !== 'open') - Number(b.status !== 'open') || WORST.indexOf(a.severity) - WORST.indexOf(b.severity) || b.startsAt - a.startsAt;
}

/** "open 14 min", "acknowledged, open 3 h", "lasted 5 min". */
export function lifeOf({ startsAt, endsAt }: Pick<Incident, 'startsAt' | 'endsAt'>, now: number): string {
  return endsAt === null ? `for ${lasting(now - startsAt)}` : `lasted ${lasting(endsAt - startsAt)}`;
}

/** What the strongest evidence means for whoever depends on it: "checkout is failing for 38 % of requests since 12:04". */
export function effectOf({ evidence, title, startsAt }: Incident, now: number): string {
  const [main] = evidence;
  if (!main) return title;
  const since = `since ${shortClock(startsAt, now)}`;
  const { service } = main.series;
  const [value, expected] = figures(main);
  if (service === '') return `${main.series.metric} is ${value} instead of ${expected} ${since}`;
  if (main.direction === 'absent') return `${service} sends no ${measureName(main.series)} ${since}`;
  switch (main.series.kind) {
    case 'errors':
      return `${service} is failing for ${percent(main.value)} of requests ${since}`;
    case 'latency':
      return `${service} answers in ${value} instead of ${expected} ${since}`;
    case 'rate':
      return `${service} gets ${value} of requests instead of ${expected} ${since}`;
    case 'logs':
      return `${service} logs ${value} errors instead of ${expected} ${since}`;
    case 'metric':
      return `${main.series.metric} of ${service} is ${value} instead of ${expected} ${since}`;
  }
}

/** Beside what was seen, next to nothing is nothing. */
const NOTHING = 1e-4;

/** Value at the peak, and what was expected there. */
export function figures({ series, value, expected }: Anomaly): readonly [value: string, expected: string] {
  const unit = displayUnit(series.unit, series.metric, series.kind);
  return [valueIn(unit, value), valueIn(unit, Math.abs(expected) < Math.abs(value) * NOTHING ? 0 : expected)];
}

const GUARDS: Readonly<Record<Guard, string>> = {
  errors: 'as wide as its own past errors ask', counting: 'as wide as the noise of counting', share: 'no narrower than the least share that matters', size: 'no narrower than the least size that matters', loss: 'narrowed for a steady flow that loses its traffic',
};

/** How one detector judged the highest point: what it expected, its band, and what that is as wide as. */
export function judgedBy({ series }: Pick<Anomaly, 'series'>, { detector, score, expected, lower, upper, guard }: Contribution): string {
  const unit = displayUnit(series.unit, series.metric, series.kind);
  const band = bandText(lower, upper, unit);
  const said = [`${detector}: score ${significant(score, 2)}`];
  if (expected !== undefined) said.push(`expected ${valueIn(unit, expected)}`);
  if (band !== '') said.push(`band ${band}${guard === undefined ? '' : `, ${GUARDS[guard]}`}`);
  return said.join('; ');
}
