import { fnv1a64 } from '#core/fingerprint.js';
import { severityName } from '../decode/severity.js';
import { headOf } from './head.js';
import { structureOf } from './structure.js';
import { coverage, merged, similarity, tokensOf, WILDCARD } from './template.js';

/** Messages of one service that say the same with other values. */
export interface LogPattern {
  /** 64 bits, decimal: `PatternId` of the records. */
  readonly id: string;
  readonly service: string;
  /** The message with `<*>` for what varies. */
  readonly template: string;
}

/** Finds the pattern of each log message as it arrives, in bounded memory. */
export interface PatternMiner {
  /** `body` is UTF-8 text from `start` to `end`. Halves of the pattern's 64-bit id; 0 for an empty message. */
  match(service: string, body: Buffer, start: number, end: number): { readonly low: number; readonly high: number };
  /** Patterns that are new or became more general since the last call. */
  takeChanged(): LogPattern[];
  /** Patterns of an earlier run: the same messages keep their ids. */
  restore(patterns: readonly LogPattern[]): void;
  readonly size: number;
}

interface Cluster {
  readonly id: { readonly low: number; readonly high: number };
  readonly service: string;
  words: readonly string[];
}

/** Words that a message must share with a pattern to belong to it. */
const SIMILAR = 0.6;
/** Patterns of one service with the same first word and length. */
const LEAF_LIMIT = 64;
/** Bytes of a message that tell its pattern. */
const HEAD_BYTES = 512;

const NONE: Cluster = { id: { low: 0, high: 0 }, service: '', words: [] };

/**
 * A fixed-depth tree as in Drain (He et al., 2017): messages part by service, length, level and first word, then join the pattern of the leaf that covers them, else the most similar.
 * Of JSON and logfmt the message counts, behind its level; of other lines what follows times, level, thread and logger decides what is similar.
 * Messages that differ in words with digits only are recognised by a hash of their bytes, without making a string of them.
 * Beyond `limit` patterns, or `LEAF_LIMIT` in one leaf, a message belongs to its service's pattern `<*>`.
 */
export function createPatternMiner(limit = 10_000): PatternMiner {
  const leaves = new Map<string, Cluster[]>();
  /** Patterns by hash of the message's bytes, dropped as a whole when it is full. */
  const known = new Map<string, Map<number, Cluster>>();
  const others = new Map<string, Cluster>();
  const changed = new Set<Cluster>();
  let size = 0;
  let remembered = 0;

  function create(service: string, words: readonly string[], id = fnv1a64(`${service}\u0000${words.join(' ')}`)): Cluster {
    const cluster = { id: { low: Number.parseInt(id.slice(8), 16), high: Number.parseInt(id.slice(0, 8), 16) }, service, words };
    size += 1;
    return cluster;
  }

  function find(service: string, words: readonly string[]): Cluster {
    if (words.length === 0) return NONE;
    if (words.length === 1 && words[0] === WILDCARD) return other(service);
    const { from, own, varying } = placeOf(service, words);
    const leaf = leaves.get(own) ?? [];
    const best = bestOf(own === varying ? leaf : [...leaf, ...(leaves.get(varying) ?? [])], words, from);
    if (best?.isCovered) return best.cluster;
    if (best && best.share >= SIMILAR) {
      best.cluster.words = merged(best.cluster.words, words);
      changed.add(best.cluster);
      return best.cluster;
    }
    if (size >= limit || leaf.length >= LEAF_LIMIT) return other(service);
    const cluster = create(service, words);
    leaves.set(own, [...leaf, cluster]);
    changed.add(cluster);
    return cluster;
  }

  /** Services may be many too: past their bound a message has no pattern. */
  function other(service: string): Cluster {
    if (size >= limit * 2 && !others.has(service)) return NONE;
    const found = others.get(service) ?? create(service, [WILDCARD]);
    if (!others.has(service)) {
      others.set(service, found);
      changed.add(found);
    }
    return found;
  }

  return {
    match(service, body, start, end) {
      const told = structureOf(body, start, end);
      const isTold = told !== undefined && told.to > told.from;
      const from = isTold ? told.from : told ? start : firstLine(body, start, end);
      const stop = Math.min(isTold ? told.to : end, from + HEAD_BYTES);
      if (from === stop) return NONE.id;
      const level = isTold ? told.severity : klogLevel(body, from);
      const hash = shapeOf(body, from, stop, level, told && !isTold ? -1 : NEWLINE);
      let own = known.get(service);
      if (!own) {
        own = new Map<number, Cluster>();
        known.set(service, own);
      }
      const seen = own.get(hash);
      if (seen) return seen.id;
      const text = body.toString('utf8', from, stop);
      const cluster = find(service, isTold ? [...(level > 0 ? [severityName(level)] : []), ...tokensOf(unescaped(text))] : tokensOf(text));
      if (remembered >= limit * 4) {
        known.clear();
        remembered = 0;
      } else {
        own.set(hash, cluster);
        remembered += 1;
      }
      return cluster.id;
    },
    takeChanged() {
      const patterns = [...changed].map(({ id, service, words }) => ({ id: String((BigInt(id.high) << 32n) | BigInt(id.low)), service, template: words.join(' ') }));
      changed.clear();
      return patterns;
    },
    restore(patterns) {
      for (const { id, service, template } of patterns) {
        const words = template.split(' ');
        const cluster = create(service, words, BigInt(id).toString(16).padStart(16, '0'));
        if (template === WILDCARD) others.set(service, cluster);
        else {
          const { own } = placeOf(service, words);
          leaves.set(own, [...(leaves.get(own) ?? []), cluster]);
        }
      }
    },
    get size() {
      return size;
    },
  };
}

/** The leaf of a message and the one of those whose first word varies; `from`: where it is that it begins to say something. */
function placeOf(service: string, words: readonly string[]): { readonly from: number; readonly own: string; readonly varying: string } {
  const { length, level, severity } = headOf(words);
  const first = words[length] ?? '';
  const place = `${service}\u0000${words.length}\u0000${level}\u0000${severity}\u0000`;
  return { from: length, own: `${place}${first.includes(WILDCARD) ? WILDCARD : first}`, varying: `${place}${WILDCARD}` };
}

interface Fit {
  readonly cluster: Cluster;
  /** The template fits as it is: with `share` words that do not vary. Else with a share of the words. */
  readonly isCovered: boolean;
  readonly share: number;
}

/** The pattern that covers a message with the most words that do not vary, else the most similar; of several the one with the smallest id, so that it is the same after a restart. */
function bestOf(clusters: readonly Cluster[], words: readonly string[], from: number): Fit | undefined {
  let best: Fit | undefined;
  for (const cluster of clusters) {
    const covered = coverage(cluster.words, words, from);
    const isCovered = covered >= 0;
    if (!isCovered && best?.isCovered) continue;
    const share = isCovered ? covered : similarity(cluster.words, words, from);
    if (!best || isCovered !== best.isCovered || share > best.share || (share === best.share && isBefore(cluster, best.cluster))) best = { cluster, isCovered, share };
  }
  return best;
}

const isBefore = ({ id: a }: Cluster, { id: b }: Cluster): boolean => a.high < b.high || (a.high === b.high && a.low < b.low);

/** The text of a quoted value, as far as it goes. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`)).trimStart();
  } catch {
    return text.replaceAll(/\\[nrt]/g, '\n').replaceAll('\\', '').trimStart();
  }
}

/** Where the first line begins that has more than blanks and brackets. */
function firstLine(bytes: Buffer, start: number, end: number): number {
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

/** The letter in which klog's lines alone tell an error from a success: `E1130 `. */
function klogLevel(bytes: Buffer, at: number): number {
  const letter = bytes[at] ?? 0;
  return isDigit(bytes[at + 1] ?? 0) && bytes[at + 5] === SPACE && isDigit(bytes[at + 4] ?? 0) && (letter === 69 || letter === 70 || letter === 73 || letter === 87) ? letter : 0;
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const NEWLINE = 10;
const SPACE = 32;
const ESCAPE = 27;

/** Where the colour of a terminal that begins at `at` ends; `at` where none begins. */
function lastOfColour(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at + 1] !== 91) return at;
  let last = at + 2;
  // Digits, `:` and `;`.
  while (last < end && (bytes[last] ?? 0) >= 48 && (bytes[last] ?? 0) <= 59) last += 1;
  return last < end && bytes[last] === 109 ? last : at;
}

/** A hash (53 bits) of the bytes in which every word with a digit is the same word, without colours. What follows a byte `last` does not count. */
function shapeOf(bytes: Uint8Array, start: number, end: number, seed: number, last: number): number {
  let low = 0x811c_9dc5 ^ seed;
  let high = 0x1234_5678;
  let word = 0;
  let digits = false;
  for (let at = start; at <= end; at += 1) {
    const byte = at < end ? (bytes[at] ?? 0) : NEWLINE;
    const digit = byte >= 48 && byte <= 57;
    if (digit || (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte >= 128) {
      digits ||= digit;
      word = Math.imul(word ^ byte, 0x0100_0193);
      continue;
    }
    if (byte === ESCAPE) {
      const past = lastOfColour(bytes, at, end);
      if (past > at) {
        at = past;
        continue;
      }
    }
    const part = digits ? 1 : word;
    low = Math.imul(low ^ part ^ byte, 0x0100_0193);
    high = Math.imul(high ^ part, 0x85eb_ca6b) + byte;
    word = 0;
    digits = false;
    if (byte === last) break;
  }
  return (low >>> 0) * 0x20_0000 + ((high ^ (high >>> 15)) & 0x1f_ffff);
}
