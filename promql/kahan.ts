/** Neumaier's compensated sum: small addends survive beside large ones. Source: A. Neumaier, ZAMM 54 (1974). */
export class Sum {
  total = 0;
  compensation = 0;

  add(value: number): void {
    const next = this.total + value;
    if (!Number.isFinite(next)) this.compensation = 0;
    else if (Math.abs(this.total) >= Math.abs(value)) this.compensation += this.total - next + value;
    else this.compensation += value - next + this.total;
    this.total = next;
  }

  get value(): number {
    return this.total + this.compensation;
  }
}

/** The mean: of the compensated sum, or kept running once that sum leaves the range of a double. */
export class Mean {
  #sum = new Sum();
  #running = false;
  count = 0;

  add(value: number): void {
    this.count += 1;
    if (!this.#running) {
      const { total, compensation } = this.#sum;
      this.#sum.add(value);
      if (Number.isFinite(this.#sum.total) || this.count === 1) return;
      const before = this.count - 1;
      this.#sum.total = total / before;
      this.#sum.compensation = compensation / before;
      this.#running = true;
    }
    const share = (this.count - 1) / this.count;
    this.#sum.total *= share;
    this.#sum.compensation *= share;
    this.#sum.add(value / this.count);
  }

  get value(): number {
    const { total, compensation } = this.#sum;
    return this.#running ? total + compensation : total / this.count + compensation / this.count;
  }
}

/** Neumaier's sum of values[from, to), divided; infinities and NaN need no compensation. */
function compensated(values: Float64Array, from: number, to: number, divisor: number): number {
  let total = 0;
  let lost = 0;
  for (let at = from; at < to; at += 1) {
    const value = values[at] ?? Number.NaN;
    const next = total + value;
    lost += (total < 0 ? -total : total) >= (value < 0 ? -value : value) ? total - next + value : value - next + total;
    total = next;
  }
  return Number.isFinite(total) ? total / divisor + lost / divisor : total;
}

/** As of `Sum`, of values[from, to). */
export const sumOf = (values: Float64Array, from: number, to: number): number => compensated(values, from, to, 1);

/** As of `Mean`, of values[from, to). */
export function meanOf(values: Float64Array, from: number, to: number): number {
  const usual = compensated(values, from, to, to - from);
  if (Number.isFinite(usual)) return usual;
  const mean = new Mean();
  for (let at = from; at < to; at += 1) mean.add(values[at] ?? Number.NaN);
  return mean.value;
}

/** Running variance. Source: B. P. Welford, Technometrics 4 (1962). */
export class Variance {
  #mean = new Sum();
  #squares = new Sum();
  #count = 0;

  add(value: number): void {
    this.#count += 1;
    const delta = value - this.#mean.value;
    this.#mean.add(delta / this.#count);
    this.#squares.add(delta * (value - this.#mean.value));
  }

  get value(): number {
    return this.#squares.value / this.#count;
  }
}

/** The value below which a share `q` of `values` lies, linear between neighbours; NaN counts as the smallest. Orders `values`. */
export function quantileOf(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  values.sort();
  // A typed array sorts NaN to its end.
  let numbers = values.length;
  while (numbers > 0 && Number.isNaN(values[numbers - 1])) numbers -= 1;
  values.copyWithin(values.length - numbers, 0, numbers).fill(Number.NaN, 0, values.length - numbers);
  const rank = q * (values.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(values.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (values[lower] ?? Number.NaN) * (1 - weight) + (values[upper] ?? Number.NaN) * weight;
}
