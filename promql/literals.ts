import { promDurationMs } from '#core/duration.js';

/** Numbers and strings as PromQL writes them. Each returns undefined, or throws a SyntaxError, when the text is not one. */

/** A number, or a duration as its seconds: `5m` is 300. */
export function parseNumber(text: string): number | undefined {
  const bare = text.toLowerCase();
  if (/^[+-]?inf(inity)?$/.test(bare)) return bare.startsWith('-') ? -Infinity : Infinity;
  if (bare === 'nan') return Number.NaN;
  if (/^0x[0-9a-f](_?[0-9a-f])*$/.test(bare)) return Number(bare.replaceAll('_', ''));
  if (/^0[0-7]+$/.test(bare)) return Number.parseInt(bare, 8);
  if (/^(\d(_?\d)*\.?(\d(_?\d)*)?|\.\d(_?\d)*)(e[+-]?\d+)?$/.test(bare)) return finite(Number(bare.replaceAll('_', '')));
  const ms = promDurationMs(text);
  return ms === undefined ? undefined : ms / 1000;
}

/** What is larger than any number is none. */
const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

const ESCAPES: Readonly<Record<string, string>> = { a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"' };
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gsu;

/** The grammar takes one that the query ends in for whole. */
const CLOSED = /^(?:(["'])(?:\\.|(?!\1)[^\\])*\1|`[^`]*`)$/s;

/** The text inside quotes, with Go's escapes: `\n`, `\x41`, `\u00e9`, `\101`. Bytes that are not UTF-8 become U+FFFD. Throws SyntaxError. */
export function parseString(quoted: string): string {
  if (!CLOSED.test(quoted)) throw new SyntaxError('unterminated quoted string');
  const quote = quoted[0];
  const inner = quoted.slice(1, -1);
  if (quote === '`') return inner;
  if (!inner.includes('\\')) return inner;
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of inner.matchAll(ESCAPE)) {
    parts.push(Buffer.from(inner.slice(from, match.index)));
    from = match.index + match[0].length;
    const [, hex, short, long, octal, plain] = match;
    if (hex ?? octal) parts.push(Buffer.from([Number.parseInt(hex ?? octal ?? '', hex ? 16 : 8)]));
    else if (short ?? long) {
      const point = Number.parseInt(short ?? long ?? '', 16);
      if (point > 0x10_ffff) throw new SyntaxError('escape sequence is an invalid Unicode code point');
      parts.push(Buffer.from(String.fromCodePoint(point)));
    } else {
      const value = ESCAPES[plain ?? ''];
      if (value === undefined || ((plain === "'" || plain === '"') && plain !== quote)) throw new SyntaxError(`unknown escape sequence U+${(plain ?? '').codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')} '${plain}'`);
      parts.push(Buffer.from(value));
    }
  }
  parts.push(Buffer.from(inner.slice(from)));
  return Buffer.concat(parts).toString('utf8');
}
