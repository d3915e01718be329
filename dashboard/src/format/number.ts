/** What stands between a number and its unit: a space that does not break. */
export const GAP = '\u00a0';
export const NONE = '–';

/** What is as large, or as small, is written with an exponent: its zeros would fill a page. */
const HUGE = 1e21;
const TINY = 1e-12;

const formats = new Map<number, Intl.NumberFormat>();

/** 3 significant digits without trailing zeros: 0.00123, 4.56, 1,930, 1.8e308. Whole digits are never rounded away. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size >= HUGE || (size > 0 && size < TINY)) return value.toExponential(digits - 1).replace(/\.?0*e\+?/, 'e');
  const kept = Math.max(digits, value === 0 ? 1 : Math.floor(Math.log10(size)) + 1);
  let format = formats.get(kept);
  if (!format) formats.set(kept, (format = new Intl.NumberFormat('en-US', { maximumSignificantDigits: kept })));
  return format.format(value);
}

const SI = ['', 'k', 'M', 'G', 'T', 'P'];

/** Counts and plain values: exact below 10,000, then 12.3 k, 4.56 M. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size < 10_000 || size >= HUGE) return significant(value);
  const power = Math.min(SI.length - 1, Math.floor(Math.log10(Number(size.toPrecision(3))) / 3));
  return `${significant(value / 1_000 ** power)}${GAP}${SI[power] ?? ''}`;
}

/** Requests, records or spans per second. */
export function rate(perSecond: number | null | undefined): string {
  const text = number(perSecond);
  return text === NONE ? text : `${text}/s`;
}

/** A share 0..1 as 38 %. What is neither 0 nor 1 never reads as 0 % or 100 %. */
export function percent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return NONE;
  const percents = ratio * 100;
  if (percents > 0 && percents < 0.01) return `<0.01${GAP}%`;
  if (percents < 100 && percents > 99.9) return `>99.9${GAP}%`;
  return `${significant(percents, Math.abs(percents) >= 10 ? 3 : 2)}${GAP}%`;
}

/** How likely something is, in whole per cent: nobody knows it better. */
export const likelihood = (share: number): string => percent(Math.round(share * 100) / 100);

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const power = value === 0 || Math.abs(value) >= HUGE ? 0 : Math.min(BINARY.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(value)) / 10)));
  return `${significant(value / 1_024 ** power)}${GAP}${BINARY[power] ?? ''}`;
}
