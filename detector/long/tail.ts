/**
 * How rare a statistic of one series is, learned from its own past. Beyond `threshold`, which a fiftieth of the past exceeds, the logarithm of the excess is taken as exponential (Hill): heavy tails are the rule.
 */
export interface RareTail {
  threshold: number;
  /** Mean of log(statistic / threshold) beyond it. */
  slope: number;
  count: number;
}

const SHARE = 0.02;
const PRIOR_SLOPE = 0.35;
const PRIOR_WEIGHT = 20;
const LEAST_SLOPE = 0.1;

export const createRareTail = (): RareTail => ({ threshold: 3, slope: PRIOR_SLOPE, count: 0 });

/** Learns one statistic, at most `limit`. */
export function learnRare(tail: RareTail, statistic: number, memory: number): void {
  tail.count += 1;
  const pace = 1 / Math.min(tail.count + PRIOR_WEIGHT, memory);
  const beyond = statistic > tail.threshold;
  // In steps that are a share of the threshold itself: it may be of any size.
  tail.threshold *= Math.exp(pace * 8 * ((beyond ? 1 : 0) - SHARE));
  if (tail.threshold < 0.05) tail.threshold = 0.05;
  if (beyond) tail.slope += Math.min(1, pace / SHARE / 2) * (Math.log(statistic / tail.threshold) - tail.slope);
}

/** −log10 of the probability that a point exceeds `statistic`. */
export function rarity(tail: RareTail, statistic: number): number {
  const ratio = statistic / tail.threshold;
  if (ratio <= 1) return 1.7 * ratio;
  return 1.7 + Math.log10(Math.E) * (Math.log(ratio) / Math.max(tail.slope, LEAST_SLOPE));
}

/** The statistic that is as rare as `wanted`, at least ATTACHED. */
export function widthAt(tail: RareTail, wanted: number): number {
  return tail.threshold * Math.exp(((wanted - 1.7) / Math.log10(Math.E)) * Math.max(tail.slope, LEAST_SLOPE));
}
