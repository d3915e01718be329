import type { Series } from './types.js';

/** How messages write numbers: 3 significant digits, whole from 1,000. */
const short = (value: number): string => (Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3))));
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
/** A thousandth of a percent is nothing to a person. */
const LEAST_SHARE = 1e-5;
const SHARES = /(^|[._\s])(ratio|utili[sz]ation|share|fraction)($|[._\s])/i;

/** A value of `series` as a person reads it: "38 %", "814 ms", "153 MiB". */
export function formatValue(value: number, { kind, metric, unit }: Pick<Series, 'kind' | 'metric' | 'unit'>): string {
  if (!Number.isFinite(value)) return 'unknown';
  if (kind === 'errors' || (unit === '1' && SHARES.test(metric))) return `${short(Math.abs(value) < LEAST_SHARE ? 0 : value * 100)} %`;
  switch (unit) {
    case 'ms':
      return Math.abs(value) >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`;
    case 's':
      return Math.abs(value) < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`;
    case '1/s':
      return `${short(value)}/s`;
    case 'By':
      return bytes(value);
    case 'By/s':
      return `${bytes(value)}/s`;
    default:
      return /^[A-Za-z%]/.test(unit) ? `${short(value)} ${unit}` : short(value);
  }
}

function bytes(value: number): string {
  const power = Math.min(BINARY.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10)));
  return `${short(value / 1024 ** power)} ${BINARY[power] ?? 'B'}`;
}
