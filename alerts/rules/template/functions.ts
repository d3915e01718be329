import { RE2JS } from 're2js';
import type { PromSeries } from '#core/promql.js';
import { parseDuration } from '../durations.js';
import { formatG, formatV, sprintf } from './go-format.js';

/** The functions of Prometheus' templates: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ */
export type TemplateFunction = (...args: unknown[]) => unknown;

/** One sample of a query, as templates see it. */
export interface TemplateSample {
  readonly Labels: Readonly<Record<string, string>>;
  readonly Value: number;
}

export function samplesOf(series: readonly PromSeries[]): TemplateSample[] {
  return series.map(({ metric, values }) => ({ Labels: metric, Value: values[0] ?? Number.NaN }));
}

function numberOf(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  const text = formatV(value).trim();
  const known: Readonly<Record<string, number>> = { '+inf': Infinity, inf: Infinity, '-inf': -Infinity, nan: Number.NaN };
  const number = known[text.toLowerCase()] ?? (text === '' ? undefined : Number(text));
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

const text = formatV;

/** As Go's url.QueryEscape. */
function queryEscape(value: unknown): string {
  return encodeURIComponent(text(value)).replaceAll('%20', '+').replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** As Go's ReplaceAllString: `$1`, `$name` and `${name}` are what a group caught, `$$` is a dollar. */
function replaceAll(pattern: string, replacement: string, from: string): string {
  const regex = RE2JS.compile(pattern);
  const groups = regex.namedGroups();
  const matcher = regex.matcher(from);
  let out = '';
  let at = 0;
  while (matcher.find()) {
    const caught = replacement.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_whole, dollar?: string, bare?: string, braced?: string) => {
      if (dollar) return dollar;
      const name = bare ?? braced ?? '';
      const group = /^\d+$/.test(name) ? Number(name) : groups[name];
      return group === undefined || group > matcher.groupCount() ? '' : (matcher.group(group) ?? '');
    });
    out += from.slice(at, matcher.start()) + caught;
    at = matcher.end();
  }
  return out + from.slice(at);
}

const isTrue = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value) || Number.isNaN(value));
export { isTrue };

function compare(a: unknown, b: unknown): number {
  const numeric = (one: unknown): one is number | bigint => typeof one === 'number' || typeof one === 'bigint';
  if (numeric(a) && numeric(b)) return a < b ? -1 : a > b ? 1 : Number(a) === Number(b) ? 0 : Number.NaN;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'boolean' && a === b) return 0;
  if (typeof a === 'boolean' && typeof b === 'boolean') return 1;
  throw new TypeError('incompatible types for comparison');
}

const sampleOf = (value: unknown): TemplateSample => {
  if (typeof value === 'object' && value !== null && 'Labels' in value && 'Value' in value) return value as TemplateSample;
  throw new TypeError('expected a sample of a query');
};
const listOf = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  throw new TypeError('expected the samples of a query');
};

export const templateFunctions: Readonly<Record<string, TemplateFunction>> = {
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
  printf: (format, ...args) => sprintf(text(format), args),
  print: (...args) => args.map(text).reduce((all, one, index) => all + (index > 0 && typeof args[index] !== 'string' && typeof args[index - 1] !== 'string' ? ' ' : '') + one, ''),
  println: (...args) => `${args.map(text).join(' ')}\n`,
  title: (value) => text(value).replace(/(^|[^\p{L}\p{N}_])(\p{L})/gu, (_whole, before: string, letter: string) => before + letter.toUpperCase()),
  toUpper: (value) => text(value).toUpperCase(),
  toLower: (value) => text(value).toLowerCase(),
  match: (pattern, value) => RE2JS.compile(text(pattern)).matcher(text(value)).find(),
  reReplaceAll: (pattern, replacement, value) => replaceAll(text(pattern), text(replacement), text(value)),
  stripPort: (value) => text(value).replace(/^\[([^\]]*)\](:\d+)?$/, '$1').replace(/^([^:]*):\d+$/, '$1'),
  stripDomain: (value) => text(value).replace(/^([a-zA-Z][^.:]*)\.[^:]*(:\d+)?$/, '$1$2'),
  graphLink: (expr) => `/graph?g0.expr=${queryEscape(expr)}&g0.tab=0`,
  tableLink: (expr) => `/graph?g0.expr=${queryEscape(expr)}&g0.tab=1`,
  urlquery: queryEscape,
  urlQueryEscape: queryEscape,
  parseDuration: (value) => {
    const ms = parseDuration(text(value));
    if (ms === undefined) throw new TypeError(`not a valid duration string: ${JSON.stringify(text(value))}`);
    return ms / 1000;
  },
  safeHtml: text,
  html: (value) => text(value).replace(/[&<>"']/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[mark] ?? `&#${mark.charCodeAt(0)};`),
  first: (list) => {
    const [one] = listOf(list);
    if (one === undefined) throw new TypeError('first() called on vector with no elements');
    return one;
  },
  value: (sample) => sampleOf(sample).Value,
  strvalue: (sample) => sampleOf(sample).Labels['__value__'] ?? '',
  label: (name, sample) => sampleOf(sample).Labels[text(name)] ?? '',
  sortByLabel: (name, list) => listOf(list).toSorted((a, b) => compare(sampleOf(a).Labels[text(name)] ?? '', sampleOf(b).Labels[text(name)] ?? '')),
  index: (map, ...keys) => keys.reduce((value: unknown, key) => (typeof value === 'object' && value !== null ? ((value as Readonly<Record<string, unknown>>)[text(key)] ?? '') : ''), map),
  len: (value) => BigInt(typeof value === 'string' ? Buffer.byteLength(value) : typeof value === 'object' && value !== null ? Object.keys(value).length : 0),
  eq: (a, ...others) => others.some((b) => compare(a, b) === 0),
  ne: (a, b) => compare(a, b) !== 0,
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  // As Go has it, also for NaN.
  gt: (a, b) => !(compare(a, b) <= 0),
  ge: (a, b) => !(compare(a, b) < 0),
  not: (value) => !isTrue(value),
  and: (...args) => args.find((value) => !isTrue(value)) ?? args.at(-1),
  or: (...args) => args.find(isTrue) ?? args.at(-1),
};
