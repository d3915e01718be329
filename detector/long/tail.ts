import type { Walk } from './state.js';

/**
 * How rare a statistic of one series is, learned from its own past. A fiftieth of the past exceeds `threshold`; beyond it the logarithm of statistic / threshold is taken as exponential with mean `slope`, for heavy tails are the rule.
 * Source: Hill, A Simple General Approach to Inference About the Tail of a Distribution (Annals of Statistics, 1975), made recursive.
 */
export interface RareTail {
  threshold: number;
  slope: number;
  count: number;
}

const SHARE = 0.02;
/** −log10 of SHARE. */
const AT_THRESHOLD = -Math.log10(SHARE);
const PER_SLOPE = Math.log10(Math.E);
/** What a young series is taken for: a Gaussian's threshold would be 2.3, and a slope of 0.35 is a tail of the third power. */
const FIRST_THRESHOLD = 3;
const FIRST_SLOPE = 0.35;
const LEAST_THRESHOLD = 0.05;
const LEAST_SLOPE = 0.1;
const FIRST_COUNT = 20;
/** How fast the threshold moves, in shares of itself per point. */
const THRESHOLD_PACE = 4;
/** Times the threshold that is learned at most: an anomaly must not teach that anomalies are usual. */
const CAP = 3;

export const createRareTail = (): RareTail => ({ threshold: FIRST_THRESHOLD, slope: FIRST_SLOPE, count: 0 });

/** Learns one statistic; about `memory` points are remembered. */
export function learnRare(tail: RareTail, statistic: number, memory: number): void {
  const learned = Math.min(statistic, tail.threshold * CAP);
  tail.count += 1;
  const pace = 1 / Math.min(tail.count + FIRST_COUNT, memory);
  const beyond = learned > tail.threshold;
  tail.threshold = Math.max(LEAST_THRESHOLD, tail.threshold * Math.exp(pace * THRESHOLD_PACE * ((beyond ? 1 : 0) - SHARE)));
  if (beyond) tail.slope += Math.min(1, pace / SHARE / 2) * (Math.max(0, Math.log(learned / tail.threshold)) - tail.slope);
}

/** −log10 of the probability that a point exceeds `statistic`, ≥ 0. */
export function rarity({ threshold, slope }: RareTail, statistic: number): number {
  const ratio = statistic / threshold;
  return ratio <= 1 ? AT_THRESHOLD * ratio : AT_THRESHOLD + (PER_SLOPE * Math.log(ratio)) / Math.max(slope, LEAST_SLOPE);
}

/** The statistic with a rarity of `wanted`, which is no less than the threshold's. */
export function statisticAt({ threshold, slope }: RareTail, wanted: number): number {
  return threshold * Math.exp(((wanted - AT_THRESHOLD) / PER_SLOPE) * Math.max(slope, LEAST_SLOPE));
}

export function walkTail(tail: RareTail, walk: Walk): void {
  tail.threshold = walk.number(tail.threshold);
  tail.slope = walk.number(tail.slope);
  tail.count = walk.number(tail.count);
}
