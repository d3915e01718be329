/** Uniform numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

/** Source: mulberry32, Tommy Ettinger, public domain. Good enough for noise; no secret depends on it. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A seed for one part of the shop, so that parts draw independently of each other. */
export function seedOf(seed: number, part: string): number {
  let hash = seed >>> 0;
  for (const char of part) hash = (Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash;
}

/** Waiting time to the next of events that come `perSecond` on average, in milliseconds. */
export function exponentialMs(random: Random, perSecond: number): number {
  return (-Math.log(1 - random()) / perSecond) * 1000;
}

/** A duration around `median` with the long tail that latencies have; `sigma` is that of its logarithm. */
export function logNormal(random: Random, median: number, sigma: number): number {
  const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * gauss);
}

/** One of `choices`, by weight. */
export function pick<T extends string>(random: Random, choices: Readonly<Record<T, number>>): T {
  const entries = Object.entries<number>(choices) as [T, number][];
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  const found = entries.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  if (!found) throw new RangeError('the weights of all choices are 0');
  return found[0];
}
