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
  values.sort((a, b) => (Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : Number.isNaN(b) ? 1 : a - b));
  const rank = q * (values.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(values.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (values[lower] ?? Number.NaN) * (1 - weight) + (values[upper] ?? Number.NaN) * weight;
}
