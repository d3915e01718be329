import type { RegexRoom } from '#core/regex.js';
import { matcherOf, printMatchers, type Matcher, type MatchOperator } from './matcher.js';

/**
 * The matchers in a text such as `{severity="page", team=~"a|b"}`; braces are optional, and so is a comma at the end.
 * Read by the UTF-8 grammar and, where that fails or the two disagree, by the classic one: what Alertmanager calls fallback mode.
 * Throws RangeError when neither reads it.
 * Source: https://prometheus.io/docs/alerting/latest/configuration/#matcher
 */
export function parseMatchers(text: string, room?: RegexRoom): Matcher[] {
  const utf8 = attempt(() => parseUtf8(text, room));
  const classic = attempt(() => parseClassic(text, room));
  if (!Array.isArray(utf8) && !Array.isArray(classic)) throw utf8;
  if (!Array.isArray(classic)) return utf8 as Matcher[];
  return Array.isArray(utf8) && printMatchers(utf8) === printMatchers(classic) ? utf8 : classic;
}

function attempt(read: () => Matcher[]): Matcher[] | RangeError {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return error;
    throw error;
  }
}

const QUOTED = String.raw`"(?:[^"\\\n]|\\.)*"`;
const UNQUOTED = String.raw`[^\s{}!=~,\\"'${'`'}]+`;
const UTF8_MATCHER = new RegExp(String.raw`\s*(${QUOTED}|${UNQUOTED})\s*(=~|!~|!=|=)\s*(${QUOTED}|${UNQUOTED})\s*`, 'y');

function parseUtf8(text: string, room?: RegexRoom): Matcher[] {
  const trimmed = text.trim();
  const opened = trimmed.startsWith('{');
  if (opened !== (trimmed.length > 1 && trimmed.endsWith('}'))) throw wrong(text, 'its braces do not pair');
  const inner = opened ? trimmed.slice(1, -1) : trimmed;
  const found: Matcher[] = [];
  let at = 0;
  while (inner.slice(at).trim() !== '') {
    UTF8_MATCHER.lastIndex = at;
    const match = UTF8_MATCHER.exec(inner);
    if (!match) throw wrong(text, `expected a matcher such as severity="page" at ${JSON.stringify(inner.slice(at).trim())}`);
    const [, name = '', op = '=', value = ''] = match;
    found.push(matcherOf(plain(name, text), op as MatchOperator, plain(value, text), room));
    at = UTF8_MATCHER.lastIndex;
    if (at < inner.length) {
      if (inner[at] !== ',') throw wrong(text, `expected a comma at ${JSON.stringify(inner.slice(at))}`);
      at += 1;
    }
  }
  return found;
}

const plain = (token: string, text: string): string => (token.startsWith('"') ? unquote(token, text) : token);

const ESCAPES: Readonly<Record<string, string>> = { a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"' };
const ESCAPE = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

/** The value of a Go string literal. Its escapes may name single bytes of UTF-8. */
function unquote(token: string, text: string): string {
  const inner = token.slice(1, -1);
  const parts: Buffer[] = [];
  for (let at = 0; at < inner.length; ) {
    const next = inner.indexOf('\\', at);
    const until = next === -1 ? inner.length : next;
    parts.push(Buffer.from(inner.slice(at, until), 'utf8'));
    at = until;
    if (next === -1) break;
    ESCAPE.lastIndex = at;
    const match = ESCAPE.exec(inner);
    if (!match) throw wrong(text, `${inner.slice(at, at + 2)} is no escape; write \\\\ for a backslash`);
    const [whole, known, hex, octal, short, long] = match;
    const byte = hex !== undefined ? Number.parseInt(hex, 16) : octal !== undefined ? Number.parseInt(octal, 8) : undefined;
    const point = Number.parseInt(short ?? long ?? '0', 16);
    if (point > 0x10_ffff || (byte ?? 0) > 255) throw wrong(text, `${whole} names no character`);
    parts.push(byte !== undefined ? Buffer.from([byte]) : Buffer.from(known !== undefined ? (ESCAPES[known] ?? '') : String.fromCodePoint(point), 'utf8'));
    at += whole.length;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
  } catch (cause) {
    throw new RangeError(`${JSON.stringify(text)}: its value is not UTF-8`, { cause });
  }
}

/** Splits at commas outside of quotes. */
function parseClassic(text: string, room?: RegexRoom): Matcher[] {
  const inner = text.replace(/^\{/, '').replace(/\}$/, '');
  const tokens: string[] = [];
  let quoted = false;
  let escaped = false;
  let from = 0;
  for (let at = 0; at < inner.length; at += 1) {
    const char = inner[at];
    if (char === ',' && !quoted) {
      tokens.push(inner.slice(from, at));
      from = at + 1;
    } else if (char === '"' && !escaped) quoted = !quoted;
    escaped = char === '\\' && !escaped;
  }
  const last = inner.slice(from).trim();
  if (last !== '') tokens.push(last);
  return tokens.map((token) => parseOneClassic(token, room));
}

function parseOneClassic(token: string, room?: RegexRoom): Matcher {
  const match = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*([\s\S]*?)\s*$/.exec(token);
  if (!match) throw wrong(token, 'expected a matcher such as severity="page"');
  const [, name = '', op = '=', raw = ''] = match;
  const opened = raw.startsWith('"');
  const inner = opened ? raw.slice(1) : raw;
  // An escape that is none stands for itself, and so does a backslash at the end.
  const parts = inner.match(/\\[\s\S]|[\s\S]/g) ?? [];
  const closed = opened && parts.at(-1) === '"';
  const body = closed ? parts.slice(0, -1) : parts;
  if (opened !== closed || body.includes('"')) throw wrong(token, 'a double quote is not escaped');
  const value = body.map((part) => (part === '\\n' ? '\n' : part === '\\"' || part === '\\\\' ? part.slice(1) : part)).join('');
  return matcherOf(name, op as MatchOperator, value, room);
}

const wrong = (text: string, why: string): RangeError => new RangeError(`bad matcher ${JSON.stringify(text.trim())}: ${why}`);
