import { RE2JS } from 're2js';

/** Of one expression, its characters and classes as often as they are repeated, unless it is as long as it is written. The engine itself takes fifty times as many, which hold the process for seconds and 100 MB. */
const LARGEST = 20_000;
/** Of what is compiled for one question: what a query as long as it may be comes to without repetitions always fits. */
const LARGEST_TOGETHER = 150_000;
/** The engine refuses more. */
const MOST_REPEATED = 1000;
/** Of a class, what is as large as a character. */
const CLASS_CHARS = 50;
/** What the engine works out once, however often it is repeated, in characters of the same time: the texts of Unicode's classes, and other cases of all that is in a range. */
const UNICODE_CLASS = 10;
const FOLDED_RANGE = 500;

/** How large the expressions may be that are still compiled for one question; below 0 when that was too little for one. */
export interface RegexRoom {
  left: number;
}
export const regexRoom = (): RegexRoom => ({ left: LARGEST_TOGETHER });

/** A piece that can be repeated, a bracket, or how often the piece before it may come. What is left open ends with the text. */
const TOKEN = /\\Q.*?(?:\\E|$)|\\[pPx]\{?\^?\w*\}?|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*(?:\]|$)|\{(\d+)(?:,(\d*))?\}|./gs;

/** The characters and classes of `source`, those of a repeated piece as often as it is repeated: so large is what it compiles to, or smaller. */
export function regexSize(source: string): number {
  const most = mostOf(source);
  const folds = /\(\?[a-zA-Z]*i/.test(source);
  const around: number[] = [];
  let size = 0;
  let piece = 0;
  let once = 0;
  for (const [token, least, last] of source.matchAll(TOKEN)) {
    if (least !== undefined) {
      const times = Math.min(Math.max(Number(least), Number(last ?? 0), 1), MOST_REPEATED);
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
      piece = token.startsWith('\\Q') ? token.length : Math.ceil(token.length / CLASS_CHARS);
      size += piece;
      if (token.length > 1) once += UNICODE_CLASS * countOf(token, /\\[pP]/g) + (folds ? FOLDED_RANGE * countOf(token, /-(?:\\x|[^\0-\x7f])/g) : 0);
    }
    if (size + once > most) return size + once;
  }
  return around.reduce((sum, outer) => sum + outer, size + once);
}

const mostOf = (source: string): number => Math.max(LARGEST, source.length);
const countOf = (text: string, what: RegExp): number => text.match(what)?.length ?? 0;

/** Throws SyntaxError where there is no room for an expression of this size. */
export function takeRoom(room: RegexRoom, size: number): void {
  room.left -= size;
  if (room.left < 0) throw new SyntaxError(`expression too large: with those before it and all repetitions it has more than ${LARGEST_TOGETHER} characters`);
}

/** Throws what the engine throws, and SyntaxError for what is too large. */
export function compileRe2(source: string, flags = 0, room = regexRoom()): RE2JS {
  const size = regexSize(source);
  if (size > mostOf(source)) throw new SyntaxError(`expression too large: with its repetitions it has more than ${LARGEST} characters`);
  takeRoom(room, size);
  return RE2JS.compile(source, flags);
}

const PLAIN = /^(?:[^\\.+*?()[\]{}^$]|\\[!-/:-@[-^`{}~])*$/;

/** The texts of an expression that only lists them, as `api|10\.0\.0\.1`: it needs no engine, however long it is. */
export function alternativesOf(source: string): ReadonlySet<string> | undefined {
  return PLAIN.test(source) ? new Set(source.split('|').map((text) => text.replace(/\\(.)/g, '$1'))) : undefined;
}
