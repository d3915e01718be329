import { GoValue } from './value.js';

/** Numbers and texts as Go's `fmt` and `strconv` write them: rule files were written against those. */

/** Without a precision, whole numbers get an exponent from here: `1e+06`. */
const SHORTEST_LIMIT = 6;

const named = (value: number): string | undefined => (Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : undefined);

/** `1e+00`: the mantissa, then a sign and at least two digits. */
function exponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

const withoutZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** `%g`. Without a precision, the shortest text that reads back the same. */
export function formatG(value: number, precision?: number): string {
  const special = named(value);
  if (special !== undefined) return special;
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const digits = precision === undefined ? undefined : Math.max(1, precision);
  const [mantissa = '', power = ''] = (digits === undefined ? value.toExponential() : value.toExponential(Math.min(digits, 101) - 1)).split('e');
  const at = Number(power);
  const short = withoutZeros(mantissa);
  const written = short.replace(/[-.]/g, '').length;
  const limit = digits === undefined ? SHORTEST_LIMIT : digits > written && written >= at + 1 ? written : digits;
  if (at < -4 || at >= limit) return exponent(`${short}e${power}`);
  return withoutZeros(value.toFixed(Math.min(100, Math.max(0, written - 1 - at))));
}

/** `%e`. Without a precision, the shortest text that reads back the same. */
export function formatE(value: number, precision?: number): string {
  return named(value) ?? exponent(precision === undefined ? value.toExponential() : value.toExponential(Math.min(precision, 100)));
}

function formatF(value: number, precision = 6): string {
  const digits = Math.min(precision, 100);
  return named(value) ?? (Math.abs(value) < 1e21 ? fixed(value, digits) : `${BigInt(value)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`);
}

/** All that `toFixed` gives. */
const MAX_DECIMALS = 100;

/** As `toFixed`, but what is exactly in the middle goes to the even digit. */
function fixed(value: number, digits: number): string {
  const rounded = value.toFixed(digits);
  const exact = value.toFixed(MAX_DECIMALS);
  const end = exact.length - MAX_DECIMALS + digits;
  const down = exact.slice(0, digits === 0 ? end - 1 : end);
  return /^5?0*$/.test(exact.slice(end)) && /[02468]$/.test(down) ? down : rounded;
}

/** `%v` of anything a template holds. */
export function formatV(value: unknown): string {
  if (typeof value === 'number') return formatG(value);
  if (typeof value === 'string') return value;
  // A whole number that the template itself holds, an int in Go.
  if (typeof value === 'bigint') return String(value);
  if (value === undefined || value === null) return '<no value>';
  if (typeof value === 'boolean') return String(value);
  if (value instanceof GoValue) return value.text ?? (value.items === undefined ? `{${Object.values(value.fields).map(formatV).join(' ')}}` : formatV(value.items));
  if (Array.isArray(value)) return `[${value.map(formatV).join(' ')}]`;
  return `map[${Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => `${key}:${formatV(item)}`).join(' ')}]`;
}

const MAX_WIDTH = 1000;

const VERB = /%([-+ #0]*)(\d+)?(?:\.(\d+)?)?([a-zA-Z%])/g;

/** `fmt.Sprintf`, with the verbs that templates use: v s q d t f e g x c and %. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const text = format.replace(VERB, (whole, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const digits = precision === undefined ? (/\.[a-zA-Z]$/.test(whole) ? 0 : undefined) : Number(precision);
    return padded(formatVerb(verb, args[next++], digits, flags), Math.min(Number(width ?? 0), MAX_WIDTH), flags);
  });
  const extra = args.slice(next).map((value) => `${typeName(value)}=${formatV(value)}`);
  return extra.length > 0 ? `${text}%!(EXTRA ${extra.join(', ')})` : text;
}

const typeName = (value: unknown): string => (typeof value === 'number' ? 'float64' : typeof value === 'bigint' ? 'int' : typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : value instanceof GoValue ? value.type : 'map[string]string');

function formatVerb(verb: string, value: unknown, precision: number | undefined, flags: string): string {
  const signed = (text: string): string => (flags.includes('+') && !/^[-+]/.test(text) ? `+${text}` : text);
  const wrong = `%!${verb}(${typeName(value)}=${formatV(value)})`;
  switch (verb) {
    case 'v':
      return typeof value === 'number' && precision !== undefined ? formatG(value, precision) : formatV(value);
    case 's': {
      const text = typeof value === 'number' || typeof value === 'bigint' ? wrong : formatV(value);
      return precision === undefined ? text : Array.from(text).slice(0, precision).join('');
    }
    case 'q':
      return JSON.stringify(formatV(value));
    case 't':
      return typeof value === 'boolean' ? String(value) : wrong;
    case 'd':
      return typeof value === 'bigint' ? signed(String(value)) : wrong;
    case 'c':
      return typeof value === 'bigint' ? String.fromCodePoint(Number(value)) : wrong;
    case 'x':
      return typeof value === 'bigint' ? value.toString(16) : typeof value === 'number' ? wrong : Buffer.from(formatV(value)).toString('hex');
    case 'f':
    case 'F':
      return typeof value === 'number' ? signed(formatF(value, precision)) : wrong;
    case 'e':
      return typeof value === 'number' ? signed(formatE(value, precision ?? 6)) : wrong;
    case 'g':
      return typeof value === 'number' ? signed(formatG(value, precision)) : wrong;
    default:
      return wrong;
  }
}

function padded(text: string, width: number, flags: string): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || !/\d/.test(text)) return text.padStart(width);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
