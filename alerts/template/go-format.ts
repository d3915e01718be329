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
/** The largest width or precision that Go takes from an argument. */
const MAX_GIVEN = 1_000_000n;

/** Flags, width, precision and verb. A `*` takes an argument, and `[n]` goes to the nth. */
const VERB = /%([-+ #0]*)(?:\[(\d+)\])?(\*|\d+)?(?:(\.)(?:\[(\d+)\])?(\*|\d+)?)?(?:\[(\d+)\])?([a-zA-Z%])/g;

/** What stands between `%` and the verb. */
interface Spec {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

/** `fmt.Sprintf`, with the verbs that templates use: v s q t c d b o O x X U f F e E g G and %. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  let inOrder = true;
  const text = format.replace(VERB, (_whole, flags: string, beforeWidth: string | undefined, width: string | undefined, dot: string | undefined, beforePrecision: string | undefined, precision: string | undefined, beforeVerb: string | undefined, verb: string) => {
    // Go refuses `%[1]5d` and `%[1].2f`: the number of the argument comes right before the verb.
    let known = beforeWidth === undefined || width === '*' || (width === undefined && dot === undefined);
    const goTo = (index: string | undefined): void => {
      if (index === undefined) return;
      inOrder = false;
      if (Number(index) >= 1 && Number(index) <= args.length) next = Number(index) - 1;
      else known = false;
    };
    const given = (): number => {
      const value = args[next++];
      return typeof value === 'bigint' && value <= MAX_GIVEN && value >= -MAX_GIVEN ? Number(value) : Number.NaN;
    };
    goTo(beforeWidth);
    const wide = width === '*' ? given() : Number(width ?? 0);
    goTo(beforePrecision);
    const digits = precision === '*' ? given() : Number(precision ?? (dot ? 0 : Number.NaN));
    goTo(beforeVerb);
    const faults = `${Number.isNaN(wide) ? '%!(BADWIDTH)' : ''}${precision === '*' && !(digits >= 0) ? '%!(BADPREC)' : ''}`;
    if (verb === '%') return `${faults}%`;
    if (!known) return `${faults}%!${verb}(BADINDEX)`;
    if (next >= args.length) return `${faults}%!${verb}(MISSING)`;
    return faults + formatVerb(verb, args[next++], { flags: wide < 0 ? `${flags}-` : flags, width: Math.min(Math.abs(wide || 0), MAX_WIDTH), precision: digits >= 0 ? digits : undefined });
  });
  const extra = inOrder ? args.slice(next).map((value) => `${typeName(value)}=${formatV(value)}`) : [];
  return extra.length > 0 ? `${text}%!(EXTRA ${extra.join(', ')})` : text;
}

const typeName = (value: unknown): string => (typeof value === 'number' ? 'float64' : typeof value === 'bigint' ? 'int' : typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : value instanceof GoValue ? value.type : 'map[string]string');

function formatVerb(verb: string, value: unknown, spec: Spec): string {
  const base = BASES.get(verb);
  if (typeof value === 'bigint' && base !== undefined) return padded(formatInteger(verb, base, value, spec), spec.width, spec.flags.replaceAll('0', ''));
  return padded(textOf(verb, value, spec), spec.width, spec.flags);
}

/** Verbs of whole numbers. */
const BASES: ReadonlyMap<string, number> = new Map([['d', 10], ['b', 2], ['o', 8], ['O', 8], ['x', 16], ['X', 16]]);
/** What `#` puts before them. */
const PREFIXES: Readonly<Record<string, string>> = { b: '0b', o: '0', O: '0', x: '0x', X: '0X' };

/** With `0`, the width is of digits and sign; with a precision, `0` says nothing. */
function formatInteger(verb: string, base: number, value: bigint, { flags, width, precision }: Spec): string {
  if (value === 0n && precision === 0) return '';
  const sign = value < 0n ? '-' : signOf(flags);
  const least = precision ?? (flags.includes('0') && !flags.includes('-') ? width - sign.length : 0);
  const digits = (value < 0n ? -value : value).toString(base).padStart(Math.min(least, MAX_WIDTH), '0');
  const prefix = flags.includes('#') && !(base === 8 && digits.startsWith('0')) ? (PREFIXES[verb] ?? '') : '';
  return sign + (verb === 'O' ? '0o' : '') + prefix + (verb === 'X' ? digits.toUpperCase() : digits);
}

/** Of what is not below zero. */
const signOf = (flags: string): string => (flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '');

function textOf(verb: string, value: unknown, { flags, precision }: Spec): string {
  const wrong = `%!${verb}(${typeName(value)}=${formatV(value)})`;
  const decimal = (format: (value: number, precision?: number) => string, digits = precision): string => {
    if (typeof value !== 'number') return wrong;
    const text = /[EG]/.test(verb) ? format(value, digits).replace('e', 'E') : format(value, digits);
    return /^[-+]/.test(text) ? text : signOf(flags) + text;
  };
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
    case 'c':
      return typeof value === 'bigint' ? String.fromCodePoint(Number(value)) : wrong;
    case 'U':
      return typeof value === 'bigint' ? `U+${value.toString(16).toUpperCase().padStart(Math.min(Math.max(4, precision ?? 0), MAX_WIDTH), '0')}` : wrong;
    case 'x':
    case 'X': {
      const hex = Buffer.from(formatV(value)).toString('hex');
      return typeof value === 'number' ? wrong : verb === 'X' ? hex.toUpperCase() : hex;
    }
    case 'f':
    case 'F':
      return decimal(formatF);
    case 'e':
    case 'E':
      return decimal(formatE, precision ?? 6);
    case 'g':
    case 'G':
      return decimal(formatG);
    default:
      return wrong;
  }
}

function padded(text: string, width: number, flags: string): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || !/\d/.test(text)) return text.padStart(width);
  const sign = /^[+ -]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
