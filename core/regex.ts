import { RE2JS } from 're2js';

/** Of one expression, its characters as often as they are repeated. The engine itself takes fifty times as many, which hold the process for seconds and 100 MB. */
const LARGEST = 20_000;
/** Of what is compiled for one question. */
const LARGEST_TOGETHER = 50_000;
/** The engine refuses more. */
const MOST_REPEATED = 1000;

/** How large the expressions may be that are still compiled for one question; below 0 when that was too little for one. */
export interface RegexRoom {
  left: number;
}
export const regexRoom = (): RegexRoom => ({ left: LARGEST_TOGETHER });

/** A piece that can be repeated, a bracket, or how often the piece before it may come. What is left open ends with the text. */
const TOKEN = /\\Q.*?(?:\\E|$)|\\[pPx]\{?\^?\w*\}?|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*(?:\]|$)|\{(\d+)(?:,(\d*))?\}|./gs;

/** The characters of `source`, those of a repeated piece as often as it is repeated: so large is what it compiles to, or smaller. */
export function regexSize(source: string): number {
  const around: number[] = [];
  let size = 0;
  let piece = 0;
  for (const [token, least, most] of source.matchAll(TOKEN)) {
    if (least !== undefined) {
      const times = Math.min(Math.max(Number(least), Number(most ?? 0), 1), MOST_REPEATED);
      size += piece * (times - 1);
      piece *= times;
    } else if (token === ')') {
      piece = size + 1;
      size = (around.pop() ?? 0) + piece;
    } else {
      if (token === '(') {
        around.push(size);
        size = 0;
      }
      piece = token.length;
      size += piece;
    }
    if (size > LARGEST) return size;
  }
  return around.reduce((sum, outer) => sum + outer, size);
}

/** Throws what the engine throws, and SyntaxError for what is too large. */
export function compileRe2(source: string, flags = 0, room = regexRoom()): RE2JS {
  const size = regexSize(source);
  room.left -= size;
  if (size > LARGEST) throw new SyntaxError(`expression too large: with its repetitions it has more than ${LARGEST} characters`);
  if (room.left < 0) throw new SyntaxError(`expression too large: with those before it and all repetitions it has more than ${LARGEST_TOGETHER} characters`);
  return RE2JS.compile(source, flags);
}

const PLAIN = /^(?:[^\\.+*?()[\]{}^$]|\\[!-/:-@[-^`{}~])*$/;

/** The texts of an expression that only lists them, as `api|10\.0\.0\.1`: it needs no engine, however long it is. */
export function alternativesOf(source: string): ReadonlySet<string> | undefined {
  return PLAIN.test(source) ? new Set(source.split('|').map((text) => text.replace(/\\(.)/g, '$1'))) : undefined;
}
