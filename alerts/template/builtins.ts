import type { TemplateFunctions } from './expansion.js';
import { formatV, sprintf } from './go-format.js';
import { isTrue, itemsOf } from './value.js';

/** As Go's url.QueryEscape. */
export function queryEscape(value: unknown): string {
  return encodeURIComponent(formatV(value)).replaceAll('%20', '+').replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** As Go's html.EscapeString and its template functions. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[mark] ?? `&#${mark.charCodeAt(0)};`);
}

/** As Go's template.JSEscapeString. */
function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (mark) => (/[\\'"]/.test(mark) ? `\\${mark}` : `\\u${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`));
}

export function compare(a: unknown, b: unknown): number {
  const numeric = (one: unknown): one is number | bigint => typeof one === 'number' || typeof one === 'bigint';
  if (numeric(a) && numeric(b)) return a < b ? -1 : a > b ? 1 : Number(a) === Number(b) ? 0 : Number.NaN;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'boolean' && a === b) return 0;
  if (typeof a === 'boolean' && typeof b === 'boolean') return 1;
  throw new TypeError('incompatible types for comparison');
}

function indexed(value: unknown, key: unknown): unknown {
  const items = itemsOf(value);
  if (Array.isArray(items)) {
    const at = typeof key === 'bigint' || typeof key === 'number' ? Number(key) : Number.NaN;
    if (!Number.isInteger(at) || at < 0 || at >= items.length) throw new RangeError(`index out of range: ${formatV(key)}`);
    return items[at];
  }
  const name = formatV(key);
  return items && Object.hasOwn(items, name) ? (items as Readonly<Record<string, unknown>>)[name] : '';
}

function sliced(value: unknown, from: unknown = 0n, to?: unknown): unknown {
  const list = typeof value === 'string' ? value : itemsOf(value);
  if (typeof list !== 'string' && !Array.isArray(list)) throw new TypeError("can't slice this");
  const [start, end] = [Number(from), to === undefined ? list.length : Number(to)];
  if (!(start >= 0 && start <= end && end <= list.length)) throw new RangeError('index out of range');
  return list.slice(start, end);
}

/** What every template of Go knows: https://pkg.go.dev/text/template#hdr-Functions, less `call`. */
export const builtins = {
  printf: (format, ...args) => sprintf(formatV(format), args),
  print: (...args) => args.map(formatV).reduce((all, one, index) => all + (index > 0 && typeof args[index] !== 'string' && typeof args[index - 1] !== 'string' ? ' ' : '') + one, ''),
  println: (...args) => `${args.map(formatV).join(' ')}\n`,
  html: (value) => escapeHtml(formatV(value)),
  js: (value) => escapeJs(formatV(value)),
  urlquery: queryEscape,
  index: (value, ...keys) => keys.reduce(indexed, value),
  slice: sliced,
  len: (value) => {
    const items = itemsOf(value);
    return BigInt(typeof value === 'string' ? Buffer.byteLength(value) : items ? Object.keys(items).length : 0);
  },
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
} satisfies TemplateFunctions;
