import { formatG, formatV } from './go-format.js';
import type { TemplateFunctions } from './expansion.js';
import { GoDuration } from './go-time.js';

const NAMED: ReadonlyMap<string, number> = new Map([['+inf', Infinity], ['inf', Infinity], ['-inf', -Infinity], ['nan', Number.NaN]]);

/** The number that a value is or holds as text; a duration in seconds. Throws TypeError when it is none. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (value instanceof GoDuration) return value.ms / 1000;
  const text = formatV(value).trim();
  const number = NAMED.get(text.toLowerCase()) ?? (text === '' ? undefined : Number(text));
  if (number === undefined || (Number.isNaN(number) && text.toLowerCase() !== 'nan')) throw new TypeError(`${JSON.stringify(text)} is not a number`);
  return number;
}

/** Divides by `base` while it is too large, or multiplies while it is too small, and names the step. */
function scaled(value: number, base: number, larger: readonly string[], smaller: readonly string[]): string {
  let rest = value;
  let prefix = '';
  if (Math.abs(value) >= 1) {
    for (const next of larger) {
      if (Math.abs(rest) < base) break;
      prefix = next;
      rest /= base;
    }
  } else {
    for (const next of smaller) {
      if (Math.abs(rest) >= 1) break;
      prefix = next;
      rest *= base;
    }
  }
  return `${formatG(rest, 4)}${prefix}`;
}

const SMALL = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];
const LARGE = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const BINARY = ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];
const isPlain = (value: number): boolean => value === 0 || !Number.isFinite(value);

function humanizeDuration(given: unknown): string {
  const value = numberOf(given);
  if (!Number.isFinite(value)) return formatG(value, 4);
  if (value === 0) return '0s';
  if (Math.abs(value) < 1) return `${scaled(value, 1000, [], SMALL)}s`;
  const sign = value < 0 ? '-' : '';
  const whole = Math.trunc(Math.abs(value));
  const [days, hours, minutes, seconds] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m ${seconds}s`;
  if (minutes > 0) return `${sign}${minutes}m ${seconds}s`;
  return `${sign}${formatG(Math.abs(value), 4)}s`;
}

/** `2026-01-02 03:04:05.678 +0000 UTC` */
function humanizeTimestamp(given: unknown): string {
  const value = numberOf(given);
  if (!Number.isFinite(value) || Math.abs(value) > 9_223_372_036) return formatG(value, 4);
  const [day = '', time = ''] = new Date(Math.trunc(value * 1000)).toISOString().split('T');
  return `${day} ${time.replace('Z', '').replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') || time.includes('.') ? '' : zeros))} +0000 UTC`;
}

/** Numbers for people: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#numbers */
export const humanizeFunctions = {
  humanize: (given) => {
    const value = numberOf(given);
    return isPlain(value) ? formatG(value, 4) : scaled(value, 1000, LARGE, SMALL);
  },
  humanize1024: (given) => {
    const value = numberOf(given);
    return isPlain(value) || Math.abs(value) <= 1 ? formatG(value, 4) : scaled(value, 1024, BINARY, []);
  },
  humanizeDuration,
  humanizePercentage: (value) => `${formatG(numberOf(value) * 100, 4)}%`,
  humanizeTimestamp,
} satisfies TemplateFunctions;
