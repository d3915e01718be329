import { seriesOf } from '#core/series.js';
import type { Series } from '#core/types.js';

/** Words that metric names have in common everywhere. `good` are shares of what went well: their complement is the error ratio. */
const GOOD = /success|availab/i;
const ERRORS = /error|fail|fault|5xx|exception/i;
const LATENCY = /latency|duration|response_?time|(^|[^a-z])(lat|rt)([^a-z]|$)|(^|_)p(50|75|90|95|99)$/i;
/** What a service waits for, not what it serves. */
const OUTWARD = /client|outbound|upstream|downstream/i;
const RATE = /requests?|qps|rps|tps|throughput|workload|calls/i;

/** Milliseconds in the unit that a name ends with. */
const UNITS: readonly (readonly [words: RegExp, ms: number])[] = [
  [/(_ms|\(ms\)|milliseconds?)$/i, 1],
  [/(_us|\(us\)|microseconds?)$/i, 1e-3],
  [/(_s|\(s\)|seconds?)$/i, 1_000],
];

/** Whether a metric is how long an entity waits for others. */
export function isWait(metric: string): boolean {
  return LATENCY.test(metric) && OUTWARD.test(metric);
}

export interface Classified {
  readonly series: Series;
  /** Turns a stored value into the series' own: a good share into an error ratio. */
  of(value: number): number;
}

/** A neutral metric as the series that the product would watch: its kind follows from the words in its name. `largest` tells per cent from ratios. */
export function classify(entity: string, metric: string, largest: number): Classified {
  const same = (value: number): number => value;
  const scale = largest > 1 ? 100 : 1;
  if (GOOD.test(metric)) return { series: named('errors', entity, metric, '1'), of: (value) => 1 - value / scale };
  if (ERRORS.test(metric)) return { series: named('errors', entity, metric, /rate|ratio|pct|percent|%/i.test(metric) ? '1' : ''), of: same };
  if (LATENCY.test(metric) && !isWait(metric)) {
    const toMs = UNITS.find(([words]) => words.test(metric))?.[1];
    return toMs === undefined ? { series: named('latency', entity, metric, ''), of: same } : { series: named('latency', entity, metric, 'ms'), of: (value) => value * toMs };
  }
  if (RATE.test(metric) && !OUTWARD.test(metric)) return { series: named('rate', entity, metric, ''), of: same };
  return { series: named('metric', entity, metric, ''), of: same };
}

export function named(kind: Series['kind'], entity: string, metric: string, unit: string): Series {
  return seriesOf(kind, entity, '', metric, unit);
}
