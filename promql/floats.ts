/** Go's arithmetic and notation where JavaScript's differ: an infinity or a one can decide beside NaN. */

export function largest(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
}

export function smallest(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);
}

export function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return base ** exponent;
}

/** A number as Go prints it. */
export function formatNumber(value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
}

/** A number without an exponent. */
export function digits(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)\.?(\d*)e([+-]\d+)$/.exec(String(value)) ?? [];
  if (exponent === undefined) return formatNumber(value);
  const power = Number(exponent);
  const all = whole + fraction;
  return power < 0 ? `${sign}0.${'0'.repeat(-power - 1)}${all}` : sign + all.padEnd(power + 1, '0');
}
