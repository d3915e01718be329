import { severityOf } from '../decode/severity.js';

/** What a body in JSON or logfmt says of itself. */
export interface Structure {
  /** The bytes of its message, with their escapes; none where `from` is `to`. */
  readonly from: number;
  readonly to: number;
  /** The number of its level, 0 where it names none that is known. */
  readonly severity: number;
}

/** Bytes of a body in which its message is looked for: what was asked, by whom and of what stands before it in some. */
const REACH_BYTES = 4096;
/** Of several the first in this order. */
const MESSAGES = ['msg', 'message', 'event', 'error', 'err', 'log'];
const LEVELS = ['level', 'severity', 'lvl', 'levelname', 'loglevel', 'log.level'];
/** Of pino and bunyan, which write numbers. */
const NUMBERED: ReadonlyMap<string, number> = new Map([['10', 1], ['20', 5], ['30', 9], ['40', 13], ['50', 17], ['60', 21]]);
const PRIME = 0x0100_0193;

/** Ranks of messages, and -1 for a level, by hash of the key in any case. */
const KEYS: ReadonlyMap<number, number> = new Map([...MESSAGES.map((key, rank) => [hashOf(key), rank] as const), ...LEVELS.map((key) => [hashOf(key), -1] as const)]);
const LONGEST = Math.max(...[...MESSAGES, ...LEVELS].map((key) => key.length));

function hashOf(key: string): number {
  const bytes = Buffer.from(key);
  return keyHash(bytes, 0, bytes.length);
}

function keyHash(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ ((bytes[at] ?? 0) | 0x20), PRIME);
  return hash;
}

const NEWLINE = 10, SPACE = 32, QUOTE = 34, COLON = 58, EQUALS = 61, BACKSLASH = 92, OPEN = 123, CLOSE = 125;

/** Reads a body that begins with `{` as JSON, one that begins with `key=` as logfmt; undefined for any other. */
export function structureOf(bytes: Buffer, start: number, end: number): Structure | undefined {
  let at = start;
  while (at < end && (bytes[at] ?? 0) <= SPACE) at += 1;
  const stop = Math.min(end, at + REACH_BYTES);
  if (bytes[at] === OPEN) return readJson(bytes, at, stop);
  let key = at;
  while (key < stop && isOfKey(bytes[key] ?? 0)) key += 1;
  return key > at && key < stop && bytes[key] === EQUALS ? readLogfmt(bytes, at, stop) : undefined;
}

/** Letters, digits, `.`, `_`, `-` and `@`. */
const isOfKey = (byte: number): boolean => (byte >= 97 && byte <= 122) || (byte >= 64 && byte <= 90) || (byte >= 48 && byte <= 57) || byte === 95 || byte === 46 || byte === 45;

class Found implements Structure {
  from = 0;
  to = 0;
  #rank = MESSAGES.length;
  #named = 0;
  #numbered = 0;

  /** A number may be anybody's level, but beside `msg` it is that of the libraries that write both. */
  get severity(): number {
    return this.#named || (this.#rank === 0 ? this.#numbered : 0);
  }

  get isWhole(): boolean {
    return this.#rank === 0 && this.severity > 0;
  }

  /** Takes the value from `from` to `to` for what its key says it is. */
  take(bytes: Buffer, keyFrom: number, keyTo: number, from: number, to: number, isText: boolean): void {
    if (keyTo - keyFrom > LONGEST) return;
    const rank = KEYS.get(keyHash(bytes, keyFrom, keyTo));
    if (rank === undefined) return;
    if (rank === -1) {
      this.#named ||= severityOf(bytes, from, to);
      if (to - from === 2) this.#numbered ||= NUMBERED.get(bytes.toString('latin1', from, to)) ?? 0;
    } else if (isText && rank < this.#rank && to > from) {
      this.#rank = rank;
      this.from = from;
      this.to = to;
    }
  }
}

/** The keys of the object that begins at `start`, not of those in it. */
function readJson(bytes: Buffer, start: number, end: number): Structure {
  const found = new Found();
  let depth = 0;
  for (let at = start; at < end && !found.isWhole; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === OPEN || byte === 91) depth += 1;
    else if (byte === CLOSE || byte === 93) {
      depth -= 1;
      if (depth === 0) return found;
    } else if (byte === QUOTE) {
      const close = closeOf(bytes, at + 1, end);
      const colon = depth === 1 ? pastBlanks(bytes, close + 1, end) : end;
      if (colon >= end || bytes[colon] !== COLON) {
        at = close;
        continue;
      }
      const value = pastBlanks(bytes, colon + 1, end);
      if (bytes[value] === QUOTE) {
        const last = closeOf(bytes, value + 1, end);
        found.take(bytes, at + 1, close, value + 1, last, true);
        at = last;
      } else {
        let last = value;
        while (last < end && isOfKey(bytes[last] ?? 0)) last += 1;
        found.take(bytes, at + 1, close, value, last, false);
        at = Math.max(value, last) - 1;
      }
    }
  }
  return found;
}

/** The pairs of a line. */
function readLogfmt(bytes: Buffer, start: number, end: number): Structure {
  const found = new Found();
  let at = start;
  while (at < end && bytes[at] !== NEWLINE && !found.isWhole) {
    const key = at;
    while (at < end && (bytes[at] ?? 0) > SPACE && bytes[at] !== EQUALS) at += 1;
    if (bytes[at] === EQUALS) {
      const keyEnd = at;
      const isQuoted = bytes[at + 1] === QUOTE;
      const from = at + (isQuoted ? 2 : 1);
      at = from;
      if (isQuoted) at = closeOf(bytes, from, end);
      else while (at < end && (bytes[at] ?? 0) > SPACE) at += 1;
      found.take(bytes, key, keyEnd, from, at, true);
      if (isQuoted) at += 1;
    }
    while (at < end && (bytes[at] ?? 0) <= SPACE && bytes[at] !== NEWLINE) at += 1;
  }
  return found;
}

/** Where the quoted text that begins at `at` ends. */
function closeOf(bytes: Buffer, at: number, end: number): number {
  let close = at;
  while (close < end && bytes[close] !== QUOTE) close += bytes[close] === BACKSLASH ? 2 : 1;
  return Math.min(close, end);
}

function pastBlanks(bytes: Buffer, at: number, end: number): number {
  let past = at;
  while (past < end && (bytes[past] ?? 0) <= SPACE) past += 1;
  return past;
}

/** The text of a quoted value, as far as it goes. */
export function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`)).trimStart();
  } catch {
    return text.replaceAll(/\\[nrt]/g, '\n').replaceAll('\\', '').trimStart();
  }
}
