import { isByMetrics } from '#core/served.js';
import { isState } from '#core/states.js';
import type { Contribution, Guard, Series, SeriesKind } from '#core/types.js';

/** One reading of a series in one step. `count` is what it rests on: requests, observations of a mean, or 0 for a plain value. Above `reach` a level and a share of failures are outside, and a flow below it, however far models err; not a number where there is none. `silent`: points since a flow was last seen, where it is never silent for so long; else 0. */
export interface Reading {
  readonly value: number;
  readonly count: number;
  readonly reach?: number;
  readonly silent?: number;
}

/** What a step measured, and the last requests together; undefined where they do not speak. */
export interface Readings {
  readonly own: Reading;
  readonly pooled: Reading | undefined;
}

/** What a model expects, in the series' own unit. */
export interface Expectation {
  readonly detector: string;
  readonly expected: number;
  /** Standard deviation. */
  readonly scale: number;
  /** Standard deviations from centre to edge, as calibrated for this series. */
  readonly width: number;
  /** Who says so, and of what. */
  readonly source?: Pick<Contribution, 'model' | 'window'>;
}

export interface Verdict {
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
  /** Distance from what was expected in half-widths of the band; above 1 is outside. */
  readonly score: number;
  readonly contributions: readonly Contribution[];
}

/** By what series of a kind are judged: one for all that are alike, so that nothing of a series has to be looked up for each of its points. */
export interface Rule {
  readonly kind: SeriesKind;
  /** Moves smaller than these are of no practical interest, whatever their significance. */
  readonly relative: number;
  readonly absolute: number;
  readonly sides: 'both' | 'up';
  /** Counts what passes in a second. */
  readonly isFlow: boolean;
  /** Is not below zero, whatever a model says. */
  readonly isUnsigned: boolean;
  /** Is 0 or 1, and counts nothing. */
  readonly isState: boolean;
  /** Silence means none, as of spans and logs. */
  readonly isCounted: boolean;
}

const METRIC: Rule = { kind: 'metric', relative: 0.25, absolute: 0, sides: 'both', isFlow: false, isUnsigned: false, isState: false, isCounted: false };
const STATE: Rule = { ...METRIC, isState: true };
const FLOW: Rule = { ...METRIC, isFlow: true };
const UNSIGNED: Rule = { ...METRIC, isUnsigned: true };
const RULES: Readonly<Record<Exclude<SeriesKind, 'metric'>, Rule>> = {
  rate: { kind: 'rate', relative: 0.4, absolute: 0.5, sides: 'both', isFlow: true, isUnsigned: true, isState: false, isCounted: true },
  errors: { kind: 'errors', relative: 0, absolute: 0.02, sides: 'up', isFlow: false, isUnsigned: true, isState: false, isCounted: false },
  latency: { kind: 'latency', relative: 0.5, absolute: 10, sides: 'up', isFlow: false, isUnsigned: true, isState: false, isCounted: false },
  logs: { kind: 'logs', relative: 0.5, absolute: 0.5, sides: 'up', isFlow: true, isUnsigned: true, isState: false, isCounted: true },
};

/** Requests by metrics: what does not answer scrapes may serve some all the same. */
const RATE_BY_METRICS: Rule = { ...RULES.rate, isCounted: false };

export function ruleOf({ kind, metric, unit, labels }: Pick<Series, 'kind' | 'metric' | 'unit' | 'labels'>): Rule {
  if (kind === 'rate' && isByMetrics({ kind, labels })) return RATE_BY_METRICS;
  if (kind !== 'metric') return RULES[kind];
  if (isState({ kind, metric })) return STATE;
  return unit.endsWith('/s') ? FLOW : UNSIGNED_UNITS.has(unit) ? UNSIGNED : METRIC;
}

/** Standard deviations that the noise of counting alone must be exceeded by. */
const COUNTING_WIDTH = 4;
/** Least error ratio assumed when counting noise is estimated: no series is perfect. */
const LEAST_RATIO = 0.005;
/** A flow that loses this share of its traffic is of interest, however noisy it is: of what is expected where it is steady, of the least of its window where it is not. */
export const LOSS = 0.75;
/** Requests per step below which a loss may be chance, and the noise beyond which a flow is not steady. */
const STEADY_COUNT = 20;
const STEADY_NOISE = 0.25;
/** Models work in single precision: noise below this share of a value is theirs. */
export const PRECISION = 1e-5;
/** A series that never moved says little of how far it may move: its first moves are weak evidence. */
const FIRST_MOVE_SCORE = 1.5;
/** What no step shows by itself says that something is wrong, not how much. */
export const POOLED_SCORE = 1.5;
const MAX_SCORE = 1_000;
/** Units of times and sizes, which are seldom below zero: a band that says so of them is only a wide one. */
const UNSIGNED_UNITS: ReadonlySet<string> = new Set(['ns', 'us', 'ms', 's', 'min', 'h', 'd', 'By', 'KiBy', 'MiBy', 'GiBy', 'bit']);

/** Models work in single precision: what is closer than this is the same score, and the first of them decides. */
const SAME_SCORE = 1e-6;
export const isMoreSurprised = (score: number, than: number): boolean => score > than + SAME_SCORE * Math.abs(than);

/** Judges a reading by every model; the one that is surprised most decides. */
export function judge(series: Series, reading: Reading, expectations: readonly Expectation[], stepSeconds: number, sensitivity: number): Verdict {
  const rule = ruleOf(series);
  const band = createBand();
  let verdict: Band = { expected: 0, lower: 0, upper: 0, score: -1 };
  const contributions = expectations.map(({ detector, expected, scale, width, source }): Contribution => {
    judgeBy(rule, { ...reading, expected, scale, width }, stepSeconds, sensitivity, band);
    if (isMoreSurprised(band.score, verdict.score)) verdict = { ...band };
    return { detector, ...band, guard: guardOf(rule, reading, band, (width * scale) / sensitivity, stepSeconds), ...source };
  });
  return { ...verdict, contributions };
}

/** Judges what a step measured and, where that is inside the band, what the last requests say, which is weaker evidence. */
export function judgeReadings(series: Series, { own, pooled }: Readings, expectations: readonly Expectation[], stepSeconds: number, sensitivity: number): { readonly reading: Reading; readonly verdict: Verdict } {
  const verdict = judge(series, own, expectations, stepSeconds, sensitivity);
  if (!pooled || verdict.score > 1) return { reading: own, verdict };
  const last = judge(series, pooled, expectations, stepSeconds, sensitivity);
  return last.score > verdict.score ? { reading: pooled, verdict: { ...last, score: Math.min(last.score, POOLED_SCORE) } } : { reading: own, verdict };
}

/** What a band has its width of. */
function guardOf(rule: Rule, { value, count }: Reading, { expected, upper }: Band, errors: number, stepSeconds: number): Guard {
  const { kind, relative, absolute } = rule;
  const widths: readonly (readonly [Guard, number])[] = [['errors', errors], ['counting', countingNoise(rule, expected, value, count, stepSeconds) * COUNTING_WIDTH], ['share', relative * Math.abs(expected)], ['size', absolute]];
  const [guard, width] = widths.reduce((widest, one) => (one[1] > widest[1] ? one : widest));
  return upper - expected >= width * (1 - PRECISION) ? guard : kind === 'rate' || value < expected ? 'loss' : 'reach';
}

export type Band = { -readonly [Key in Exclude<keyof Verdict, 'contributions'>]: Verdict[Key] };

/** A band to be filled, again and again: a number that is handed on by itself would be an object each time. */
export const createBand = (): Band => ({ expected: Number.NaN, lower: Number.NaN, upper: Number.NaN, score: Number.NaN });

/** A reading and what one model expected of it. */
export type Point = { -readonly [Key in keyof Reading]: Reading[Key] } & { -readonly [Key in 'expected' | 'scale' | 'width']: Expectation[Key] };

/** Judges a reading by one model: this runs for every series in every step. */
export function judgeBy(rule: Rule, { value, count, reach = Number.NaN, silent = 0, expected: raw, scale, width }: Point, stepSeconds: number, sensitivity: number, into: Band): void {
  const { kind } = rule;
  const expected = kind === 'metric' ? raw : Math.max(0, raw);
  const noise = countingNoise(rule, expected, value, count, stepSeconds) * COUNTING_WIDTH;
  const distance = value - expected;
  const unmoved = kind === 'metric' && scale <= PRECISION * Math.max(Math.abs(expected), Math.abs(value));
  let half = Math.max((width * scale) / sensitivity, noise, rule.relative * Math.abs(expected), rule.absolute, Number.MIN_VALUE);
  if (kind !== 'rate') {
    // Replicas, consumers, brokers: what never moved does not lose most of itself by chance, though counting so few would allow it.
    if (unmoved && expected > 0 && value <= (1 - LOSS) * expected) half = Math.min(half, LOSS * expected);
    if (distance > 0 && !Number.isNaN(reach)) half = Math.min(half, Math.max(noise, rule.relative * Math.abs(expected), rule.absolute, reach - expected));
  } else if (distance < 0) {
    if (expected * stepSeconds >= STEADY_COUNT && scale <= STEADY_NOISE * expected) half = Math.min(half, Math.max(noise, LOSS * expected));
    if (reach * stepSeconds >= (1 - LOSS) * STEADY_COUNT) half = Math.min(half, Math.max(noise, LOSS * expected, expected - reach));
    // What none of many points says that each may miss by chance, they say together.
    if (expected * stepSeconds * silent >= STEADY_COUNT) half = Math.min(half, Math.max(noise / Math.sqrt(silent), LOSS * expected));
  }
  into.expected = expected;
  into.lower = rule.sides === 'up' ? 0 : rule.isUnsigned && (kind !== 'metric' || (expected >= 0 && value >= 0)) ? Math.max(0, expected - half) : expected - half;
  into.upper = expected + half;
  into.score = rule.sides === 'up' && distance < 0 ? 0 : Math.min(Math.abs(distance) / half, unmoved ? FIRST_MOVE_SCORE : MAX_SCORE);
}

/** Standard deviation that counting alone causes: Poisson for rates and for whole numbers, binomial for ratios, and for a mean or a 95th percentile the few samples it rests on. */
function countingNoise({ kind, isFlow, isState: state }: Rule, expected: number, value: number, count: number, stepSeconds: number): number {
  if (isFlow) return Math.sqrt(Math.max(expected * stepSeconds, 1)) / stepSeconds;
  if (kind === 'errors') {
    const ratio = Math.min(Math.max(expected, LEAST_RATIO), 0.5);
    return Math.sqrt((ratio * (1 - ratio)) / Math.max(count, 1)) + 0.5 / Math.max(count, 1);
  }
  if (kind === 'latency') return (expected * 1.2) / Math.sqrt(Math.max(count, 1));
  if (count > 0) return (Math.abs(expected) * 1.2) / Math.sqrt(count);
  return Number.isInteger(value) && !state ? Math.sqrt(Math.max(Math.abs(expected), 1)) : 0;
}
