/** Random numbers that are the same on every machine: integers only, and the logarithm and cosine that V8 brings along. */
export interface Random {
  /** In [0, 1). */
  uniform(): number;
  between(from: number, to: number): number;
  /** As likely in every decade between the two. */
  logBetween(from: number, to: number): number;
  normal(): number;
  exponential(): number;
  poisson(mean: number): number;
  /** A whole number in [0, count). */
  below(count: number): number;
  chance(probability: number): boolean;
}

const TWO_TO_32 = 4_294_967_296;
/** Above it a Poisson count is as good as Gaussian. */
const MANY = 30;
const WARM_UP = 15;

/** Source: Doty-Humphrey, PractRand, generator sfc32. */
export function createRandom(seed: number): Random {
  let [a, b, c, counter] = [seed | 0, Math.floor(seed / TWO_TO_32) | 0, 0x9e3779b9 | 0, 1];
  const uniform = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return (sum >>> 0) / TWO_TO_32;
  };
  for (let round = 0; round < WARM_UP; round += 1) uniform();
  const exponential = (): number => -Math.log(1 - uniform());
  const normal = (): number => Math.sqrt(2 * exponential()) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    exponential,
    normal,
    between: (from, to) => from + (to - from) * uniform(),
    logBetween: (from, to) => from * Math.exp(Math.log(to / from) * uniform()),
    poisson(mean) {
      if (mean > MANY) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
      const limit = Math.exp(-mean);
      let count = 0;
      for (let product = uniform(); product > limit; product *= uniform()) count += 1;
      return count;
    },
    below: (count) => Math.floor(uniform() * count),
    chance: (probability) => uniform() < probability,
  };
}
