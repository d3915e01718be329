import { fnv1a64 } from '#core/fingerprint.js';
import { merged, similarity, tokensOf, WILDCARD } from './template.js';

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
  match(service: string, body: Uint8Array, start: number, end: number): { readonly low: number; readonly high: number };
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
 * A fixed-depth tree as in Drain (He et al., 2017): messages part by service, length and first word, then join the most similar pattern of the leaf.
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
    const first = words[0] ?? '';
    const key = `${service}\u0000${words.length}\u0000${first.includes(WILDCARD) ? WILDCARD : first}`;
    const leaf = leaves.get(key) ?? [];
    let best: Cluster | undefined;
    let most = 0;
    for (const cluster of leaf) {
      const share = similarity(cluster.words, words);
      if (share > most) {
        best = cluster;
        most = share;
      }
    }
    if (best && (most >= SIMILAR || merged(best.words, words) === best.words)) {
      const wider = merged(best.words, words);
      if (wider !== best.words) {
        best.words = wider;
        changed.add(best);
      }
      return best;
    }
    if (size >= limit || leaf.length >= LEAF_LIMIT) return other(service);
    const cluster = create(service, words);
    leaves.set(key, [...leaf, cluster]);
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
      if (start === end) return NONE.id;
      const stop = Math.min(end, start + HEAD_BYTES);
      const hash = shapeOf(body, start, stop);
      const own = known.get(service) ?? new Map<number, Cluster>();
      known.set(service, own);
      const seen = own.get(hash);
      if (seen) return seen.id;
      const cluster = find(service, tokensOf(Buffer.from(body.buffer, body.byteOffset + start, stop - start).toString('utf8')));
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
          const first = words[0] ?? '';
          const key = `${service}\u0000${words.length}\u0000${first.includes(WILDCARD) ? WILDCARD : first}`;
          leaves.set(key, [...(leaves.get(key) ?? []), cluster]);
        }
      }
    },
    get size() {
      return size;
    },
  };
}

const ESCAPE = 27;

/** Where the colour of a terminal that begins at `at` ends; `at` where none begins. */
function lastOfColour(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at + 1] !== 91) return at;
  let last = at + 2;
  // Digits, `:` and `;`.
  while (last < end && (bytes[last] ?? 0) >= 48 && (bytes[last] ?? 0) <= 59) last += 1;
  return last < end && bytes[last] === 109 ? last : at;
}

/** A hash (53 bits) of the bytes in which every word with a digit is the same word, without colours. The first line counts. */
function shapeOf(bytes: Uint8Array, start: number, end: number): number {
  let low = 0x811c_9dc5;
  let high = 0x1234_5678;
  let word = 0;
  let digits = false;
  for (let at = start; at <= end; at += 1) {
    const byte = at < end ? (bytes[at] ?? 0) : 10;
    const digit = byte >= 48 && byte <= 57;
    if (digit || (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte >= 128) {
      digits ||= digit;
      word = Math.imul(word ^ byte, 0x0100_0193);
      continue;
    }
    if (byte === ESCAPE) {
      const last = lastOfColour(bytes, at, end);
      if (last > at) {
        at = last;
        continue;
      }
    }
    const part = digits ? 1 : word;
    low = Math.imul(low ^ part ^ byte, 0x0100_0193);
    high = Math.imul(high ^ part, 0x85eb_ca6b) + byte;
    word = 0;
    digits = false;
    if (byte === 10) break;
  }
  return (low >>> 0) * 0x20_0000 + ((high ^ (high >>> 15)) & 0x1f_ffff);
}
