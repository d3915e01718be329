import { fnv1a64 } from '#core/fingerprint.js';
import { severityName } from '../decode/severity.js';
import { headOf } from './head.js';
import { klogLevel, NEWLINE, shapeOf } from './shape.js';
import { structureOf, unescaped } from './structure.js';
import { coverage, firstLine, merged, similarity, tokensOf, WILDCARD } from './template.js';

/** Messages of one service that say the same with other values. */
export interface LogPattern {
  /** 64 bits, decimal: `PatternId` of the records. */
  readonly id: string;
  readonly service: string;
  /** The message with `<*>` for what varies. */
  readonly template: string;
}

/** What is known of messages that differ in words with digits only. */
export interface Match {
  /** Halves of the pattern's 64-bit id; 0 for an empty message. */
  readonly low: number;
  readonly high: number;
  /** What such a message says of its severity, kept here by who finds that out. */
  severity: number | undefined;
}

/** Finds the pattern of each log message as it arrives, in bounded memory. */
export interface PatternMiner {
  /** `body` is UTF-8 text from `start` to `end`. */
  match(service: string, body: Buffer, start: number, end: number): Match;
  /** Patterns that are new or became more general since the last call, or that are still said: each once after a restart, and once a day. */
  takeChanged(): LogPattern[];
  /** Patterns of an earlier run: the same messages keep their ids. */
  restore(patterns: readonly LogPattern[]): void;
  /** How many there are, without the `<*>` of services. */
  readonly size: number;
  /** A service that had no room for what it said: its newest messages may share the pattern `<*>`. */
  readonly crowded: string | undefined;
}

interface Cluster {
  readonly id: { readonly low: number; readonly high: number };
  readonly service: string;
  words: readonly string[];
  /** The turn in which a message had it last. */
  matched: number;
}

/** A leaf: what parts its messages from others, and their first word. */
interface Place {
  readonly branch: string;
  readonly first: string;
}

interface Known extends Match {
  readonly cluster: Cluster;
}

interface Service {
  readonly name: string;
  /** By hash of the message's bytes. */
  readonly known: Map<number, Known>;
  readonly leaves: Map<string, Cluster[]>;
  /** How many leaves each branch has. */
  readonly firsts: Map<string, number>;
  readonly clusters: Map<Cluster, Place>;
  /** The turn in which it last had no room: until the next there is none, unless another takes from it. */
  fullAt: number;
  other?: Cluster;
  /** The turn in which it logged last. */
  heard: number;
}

/** Share of the words that a message must have in common with a pattern to belong to it, and where a leaf has as many patterns as say that its words vary. */
const SIMILAR = 0.6;
const LESS_SIMILAR = 0.5;
const MANY = 8;
/** Patterns in one leaf: what comes then joins any with which it shares a word. */
const LEAF_LIMIT = 64;
/** First words of messages of one length and level; others share a leaf. */
const MOST_FIRSTS = 32;
/** Turns, those of a day, after which what nobody said makes room. */
const LET_GO = 17_280;
/** Turns, those of an hour, after which a service that nobody heard of makes room, and the share of them that leave at once. */
const QUIET = 720;
const LEAVING = 0.1;
/** Bytes of a message that tell its pattern. */
const HEAD_BYTES = 512;

const NOWHERE: Place = { branch: '', first: '' };
const NONE: Cluster = { id: { low: 0, high: 0 }, service: '', words: [], matched: 0 };

/**
 * A fixed-depth tree as in Drain (He et al., 2017): messages part by service, length, level and first word, then join the pattern of the leaf that covers them, else the most similar.
 * Of JSON and logfmt the message counts, behind its level; of other lines what follows times, level, thread and logger decides what is similar.
 * Messages that differ in words with digits only are recognised by a hash of their bytes, without making a string of them.
 * Of `limit` services those leave that logged longest ago, an hour at least, when others come; past that a message has no pattern.
 * A service has up to `share` patterns and all have `limit`; then the pattern makes room that was said longest ago, a day at least, or else the message belongs to its service's pattern `<*>`. Where all are full a service with less than its part takes from the one with the most.
 */
export function createPatternMiner({ limit = 10_000, share = 500 } = {}): PatternMiner {
  const services = new Map<string, Service>();
  const changed = new Set<Cluster>();
  let size = 0;
  let remembered = 0;
  let [turn, clearedAt] = [0, -1];
  let crowded: string | undefined;

  function create(service: string, words: readonly string[], matched = turn, id = fnv1a64(`${service}\u0000${words.join(' ')}`)): Cluster {
    return { id: { low: Number.parseInt(id.slice(8), 16), high: Number.parseInt(id.slice(0, 8), 16) }, service, words, matched };
  }

  function begin(name: string, heard = turn): Service | undefined {
    if (services.size >= limit) clearQuiet();
    if (services.size >= limit) return undefined;
    const service: Service = { name, known: new Map(), leaves: new Map(), firsts: new Map(), clusters: new Map(), fullAt: -1, heard };
    services.set(name, service);
    return service;
  }

  /** Looks through all of them, so once a turn at most. */
  function clearQuiet(): void {
    if (clearedAt === turn) return;
    clearedAt = turn;
    const quiet = [...services.values()].filter(({ heard }) => turn - heard >= QUIET).toSorted((a, b) => a.heard - b.heard);
    for (const { name, known, clusters } of quiet.slice(0, Math.ceil(limit * LEAVING))) {
      services.delete(name);
      remembered -= known.size;
      size -= clusters.size;
    }
  }

  function find(service: Service, words: readonly string[]): Cluster {
    if (words.length === 0) return NONE;
    if (words.length === 1 && words[0] === WILDCARD) return other(service);
    const { from, branch, first } = placeOf(words);
    const same = service.leaves.get(branch + first);
    const isVarying = first === WILDCARD || (!same && (service.firsts.get(branch) ?? 0) >= MOST_FIRSTS);
    const varying = first === WILDCARD ? same : service.leaves.get(branch + WILDCARD);
    const leaf = (isVarying ? varying : same) ?? [];
    const best = bestOf(isVarying || !varying ? leaf : [...leaf, ...varying], words, from);
    if (best?.isCovered) return best.cluster;
    if (best && best.share >= leastShare(leaf.length)) {
      best.cluster.words = merged(best.cluster.words, words);
      changed.add(best.cluster);
      return best.cluster;
    }
    if (leaf.length >= LEAF_LIMIT || !hasRoom(service)) {
      crowded ??= service.name;
      return other(service);
    }
    const cluster = create(service.name, words);
    put(service, cluster, branch, isVarying ? WILDCARD : first);
    changed.add(cluster);
    return cluster;
  }

  function put(service: Service, cluster: Cluster, branch: string, first: string): void {
    const leaf = service.leaves.get(branch + first);
    if (leaf) leaf.push(cluster);
    else {
      service.leaves.set(branch + first, [cluster]);
      service.firsts.set(branch, (service.firsts.get(branch) ?? 0) + 1);
    }
    service.clusters.set(cluster, { branch, first });
    size += 1;
  }

  /** Makes room for one more pattern of a service, where it may have one. */
  function hasRoom(service: Service): boolean {
    if (service.fullAt === turn) return false;
    const own = service.clusters.size;
    if (own < share && size < limit) return true;
    const isOwn = own >= share || own >= limit / services.size;
    const giver = isOwn ? service : [...services.values()].reduce((most, one) => (one.clusters.size > most.clusters.size ? one : most));
    let oldest: Cluster | undefined;
    for (const cluster of giver.clusters.keys()) if (!oldest || cluster.matched < oldest.matched) oldest = cluster;
    if (!oldest || (isOwn && turn - oldest.matched < LET_GO)) {
      service.fullAt = turn;
      return false;
    }
    letGo(giver, oldest);
    giver.fullAt = -1;
    return true;
  }

  function letGo({ leaves, firsts, clusters }: Service, cluster: Cluster): void {
    const { branch, first } = clusters.get(cluster) ?? NOWHERE;
    const leaf = leaves.get(branch + first) ?? [];
    leaf.splice(leaf.indexOf(cluster), 1);
    if (leaf.length === 0) {
      leaves.delete(branch + first);
      firsts.set(branch, (firsts.get(branch) ?? 1) - 1);
    }
    clusters.delete(cluster);
    size -= 1;
  }

  function other(service: Service): Cluster {
    if (service.other) return service.other;
    service.other = create(service.name, [WILDCARD]);
    changed.add(service.other);
    return service.other;
  }

  return {
    match(name, body, start, end) {
      const told = structureOf(body, start, end);
      const isTold = told !== undefined && told.to > told.from;
      const from = isTold ? told.from : told ? start : firstLine(body, start, end);
      const stop = Math.min(isTold ? told.to : end, from + HEAD_BYTES);
      if (from === stop) return matchOf(NONE);
      const level = isTold ? told.severity : klogLevel(body, from);
      const hash = shapeOf(body, from, stop, level, told && !isTold ? -1 : NEWLINE);
      const service = services.get(name) ?? begin(name);
      if (!service) return matchOf(NONE);
      service.heard = turn;
      const seen = service.known.get(hash);
      if (seen) {
        seen.cluster.matched = turn;
        return seen;
      }
      const text = body.toString('utf8', from, stop).trimStart();
      const cluster = find(service, isTold ? [...(level > 0 ? [severityName(level)] : []), ...tokensOf(unescaped(text))] : tokensOf(text));
      // Kept for longer than what nobody says any more.
      if (cluster.matched < 0) changed.add(cluster);
      cluster.matched = turn;
      if (remembered >= limit * 4) {
        for (const { known } of services.values()) known.clear();
        remembered = 0;
      }
      const match = matchOf(cluster);
      service.known.set(hash, match);
      remembered += 1;
      return match;
    },
    takeChanged() {
      turn += 1;
      if (turn % LET_GO === 0) for (const { clusters } of services.values()) for (const cluster of clusters.keys()) if (turn - cluster.matched < LET_GO) changed.add(cluster);
      const patterns = [...changed].map(({ id, service, words }) => ({ id: String((BigInt(id.high) << 32n) | BigInt(id.low)), service, template: words.join(' ') }));
      changed.clear();
      return patterns;
    },
    restore(patterns) {
      for (const { id, service: name, template } of patterns) {
        // They come newest first.
        const service = services.get(name) ?? begin(name, -LET_GO - services.size);
        if (!service || service.clusters.size >= share || size >= limit) continue;
        const words = template.split(' ');
        const cluster = create(name, words, -LET_GO, BigInt(id).toString(16).padStart(16, '0'));
        if (template === WILDCARD) service.other = cluster;
        else {
          const { branch, first } = placeOf(words);
          const isVarying = !service.leaves.has(branch + first) && (service.firsts.get(branch) ?? 0) >= MOST_FIRSTS;
          put(service, cluster, branch, isVarying ? WILDCARD : first);
        }
      }
    },
    get size() {
      return size;
    },
    get crowded() {
      return crowded;
    },
  };
}

const matchOf = (cluster: Cluster): Known => ({ low: cluster.id.low, high: cluster.id.high, severity: undefined, cluster });

/** How similar a message must be to one of so many patterns of a leaf. */
function leastShare(patterns: number): number {
  if (patterns >= LEAF_LIMIT) return Number.MIN_VALUE;
  return patterns >= MANY ? LESS_SIMILAR : SIMILAR;
}

/** The leaf of a message, and where the first word is that says something. */
function placeOf(words: readonly string[]): Place & { readonly from: number } {
  const { length, level, severity } = headOf(words);
  const first = words[length] ?? '';
  return { from: length, branch: `${words.length}\u0000${level}\u0000${severity}\u0000`, first: first.includes(WILDCARD) ? WILDCARD : first };
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
