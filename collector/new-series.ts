import type { Clock } from '#core/clock.js';
import { sourceKey } from './source-key.js';

const WINDOW_MS = 3_600_000;
/** Bits of a sketch: enough to tell thousands of values from tens of thousands. */
const BITS = 8_192;
/** A label with so many values within an hour is worth a word. */
const MANY = 2_000;
/** So many bits are set, on average, by MANY values. Source: Whang et al., A Linear-Time Probabilistic Counting Algorithm (TODS, 1990). */
const MANY_BITS = Math.round(BITS * (1 - Math.exp(-MANY / BITS)));
const MAX_SOURCES = 10_000;
const MAX_LABELS = 64;
const MAX_KEY_LENGTH = 200;
/** They tell targets and buckets apart, and are as many as those. */
const EXPECTED = new Set(['job', 'instance', 'le', 'quantile']);

/** What to say of a new series. */
export interface SeriesVerdict {
  /** Why it is not taken. */
  readonly refused?: string;
  /** What its owner should mend. */
  readonly warning?: string;
}

/** Counts the new series of every source, and which label makes them. */
export interface NewSeries {
  /** `count` more series of `service`, that differ in nothing but what a histogram adds; their labels by key, and a hash of each value. */
  admit(service: string, count: number, keys: readonly string[], hashes: ArrayLike<number>): SeriesVerdict;
}

const FINE: SeriesVerdict = {};
export const ANY_SERIES: NewSeries = { admit: () => FINE };

interface Sketch {
  readonly bits: Uint8Array;
  set: number;
}

interface Window {
  readonly since: number;
  series: number;
  readonly labels: Map<string, Sketch>;
  /** Of the series before: neighbours share the list of their keys. */
  keys: readonly string[];
  sketches: readonly (Sketch | undefined)[];
  verdict: SeriesVerdict;
}

/** At most `limit` new series of one source in an hour; `limited` is told of those above. */
export function createNewSeries({ limit, clock, limited }: { limit: number; clock: Clock; limited: (series: number) => void }): NewSeries {
  const windows = new Map<string, Window>();
  /** Of the series before: those of one source come in a row. */
  let last: { readonly service: string; readonly window: Window } | undefined;

  function windowOf(service: string): Window {
    const now = clock();
    if (last?.service === service && now - last.window.since < WINDOW_MS) return last.window;
    const window = knownWindow(sourceKey(service), now);
    last = { service, window };
    return window;
  }

  function knownWindow(key: string, now: number): Window {
    const known = windows.get(key);
    if (known && now - known.since < WINDOW_MS) return known;
    if (windows.size >= MAX_SOURCES) windows.clear();
    const made: Window = { since: now, series: 0, labels: new Map<string, Sketch>(), keys: [], sketches: [], verdict: FINE };
    windows.set(key, made);
    return made;
  }

  return {
    admit(service, count, keys, hashes) {
      const window = windowOf(service);
      if (window.series + count > limit) {
        limited(count);
        if (window.verdict.refused === undefined) window.verdict = { ...window.verdict, refused: `more than ${limit} new series of one source in an hour${worstOf(window.labels)}` };
        return window.verdict;
      }
      window.series += count;
      if (window.keys !== keys) {
        window.keys = keys;
        window.sketches = keys.map((key) => (EXPECTED.has(key) ? undefined : sketchOf(window.labels, key)));
      }
      for (let index = 0; index < keys.length; index += 1) {
        const sketch = window.sketches[index];
        if (sketch && note(sketch, hashes[index] ?? 0) && sketch.set === MANY_BITS && window.verdict.warning === undefined) {
          const key = keys[index] ?? '';
          window.verdict = { warning: `its metrics have more than ${MANY} values of ${key} within an hour, and each makes new series: keep ${key} on spans or logs` };
        }
      }
      // Once there is no room for many, there may still be some for few.
      return window.verdict.refused === undefined ? window.verdict : { ...(window.verdict.warning !== undefined && { warning: window.verdict.warning }) };
    },
  };
}

function sketchOf(labels: Map<string, Sketch>, key: string): Sketch | undefined {
  const known = labels.get(key);
  if (known || labels.size >= MAX_LABELS || key.length > MAX_KEY_LENGTH) return known;
  const sketch = { bits: new Uint8Array(BITS / 8), set: 0 };
  labels.set(key, sketch);
  return sketch;
}

/** False when it was noted before. */
function note(sketch: Sketch, hash: number): boolean {
  const bit = hash & (BITS - 1);
  const mask = 1 << (bit & 7);
  const byte = sketch.bits[bit >> 3] ?? 0;
  if ((byte & mask) !== 0) return false;
  sketch.bits[bit >> 3] = byte | mask;
  sketch.set += 1;
  return true;
}

function worstOf(labels: ReadonlyMap<string, Sketch>): string {
  const [worst] = [...labels].toSorted(([, a], [, b]) => b.set - a.set);
  if (!worst) return '';
  const [key, { set }] = worst;
  const values = set >= BITS - 1 ? BITS * 8 : -BITS * Math.log(1 - set / BITS);
  return `; its label ${key} has the most values, about ${Number(values.toPrecision(1))}`;
}

/** Source: Fowler, Noll, Vo, FNV-1a of 32 bits; the last step mixes what `note` cuts off. */
export function hashText(text: string): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  return hash ^ (hash >>> 15);
}
