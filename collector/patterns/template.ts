/** What stands for a part that varies. */
export const WILDCARD = '<*>';
const MAX_TOKENS = 48;

const VARYING = new RegExp(
  [
    '"[^"]*"|(?<!\\w)\'[^\']*\'(?!\\w)', // quoted parts
    '\\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\\b', // UUIDs
    '\\b[0-9a-fA-F]{16,}\\b', // hashes and trace ids
    '[A-Za-z0-9]*\\d[A-Za-z0-9]*(?:[.:,]\\d[A-Za-z0-9]*)*', // words and numbers with digits, addresses, times
  ].join('|'),
  'g',
);

/** In JSON keys say what it is about: a text before a colon does not vary. */
const VARYING_JSON = /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d[\w.+-]*|\b(?:true|false|null)\b/g;
/** klog's letter for the level, before month and day. */
const KLOG = /^([IWEF])\d{4}(?= )/;
/** A message in a pair is no value. */
const MESSAGE = /\bmsg="((?:[^"\\]|\\.)*)"/;

/** How a terminal is told colours. */
const COLOURS = new RegExp(`${String.fromCodePoint(0x1b)}\\[[\\d;:]*m`, 'g');

const NEWLINE = 10;
const SPACE = 32;

/** Where the first line begins that has more than blanks and brackets. */
export function firstLine(bytes: Buffer, start: number, end: number): number {
  let line = start;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === NEWLINE) line = at + 1;
    else if (byte > SPACE && !isBracket(byte)) return line;
  }
  return start;
}

/** Of `()[]{}` and `,`. */
const isBracket = (byte: number): boolean => byte === 91 || byte === 93 || byte === 40 || byte === 41 || byte === 44 || byte === 123 || byte === 125;

/** Without colours. */
export const plain = (line: string): string => line.replace(COLOURS, '');

/** The words of a text's first line, without colours, what varies by its looks replaced by WILDCARD; what follows the first 48 is left out. Of JSON all lines count, and keys do not vary. */
export function tokensOf(text: string): string[] {
  if (text.startsWith('{')) return wordsOf(text.replace(VARYING_JSON, (part: string, colon?: string) => (colon ? part : WILDCARD)));
  const end = text.indexOf('\n');
  const line = plain(end < 0 ? text : text.slice(0, end)).replace(MESSAGE, 'msg=$1');
  return wordsOf(line.replace(KLOG, `$1${WILDCARD}`).replace(VARYING, WILDCARD));
}

const wordsOf = (text: string): string[] => text.split(/\s+/, MAX_TOKENS).filter(Boolean);

/** How many of a template's words from `from` on a message of the same length repeats; -1 where it is not covered, because a word differs that does not vary or none is left that says anything. */
export function coverage(template: readonly string[], tokens: readonly string[], from: number): number {
  let same = 0;
  let varying = 0;
  for (let index = 0; index < template.length; index += 1) {
    const word = template[index];
    if (word !== tokens[index] && word !== WILDCARD) return -1;
    if (index < from) continue;
    if (word !== WILDCARD) same += 1;
    else if (tokens[index] !== WILDCARD) varying += 1;
  }
  return same === 0 && varying > 0 ? -1 : same;
}

/** Share of the words from `from` on, but for those that vary in both, that a message of the same length repeats, 0..1. */
export function similarity(template: readonly string[], tokens: readonly string[], from: number): number {
  let same = 0;
  let words = 0;
  for (let index = from; index < template.length; index += 1) {
    if (template[index] === WILDCARD && tokens[index] === WILDCARD) continue;
    words += 1;
    if (template[index] === tokens[index]) same += 1;
  }
  return words === 0 ? 0 : same / words;
}

/** The template that fits both: words that differ vary. */
export function merged(template: readonly string[], tokens: readonly string[]): readonly string[] {
  return template.map((word, index) => (word === tokens[index] ? word : WILDCARD));
}
