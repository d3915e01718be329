import type { UnixMs } from '#core/types.js';
import { type Meaning, meaningOf, type Metadata, metadataFor } from './meaning.js';

const MAX_FAMILIES = 100_000;
const MAX_TEXT = 4096;
/** Senders may describe a family each in its own way (exporters of two versions): one keeps its place as long as it is said, which is every minute. */
const HELD_MS = 300_000;

interface Known extends Metadata {
  saidAt: UnixMs;
  /** Generation in which it last changed. */
  readonly since: number;
}

/** What is said of the series of a name that have the labels `keys`. */
interface Described {
  readonly keys: readonly string[];
  readonly meaning: Meaning;
  readonly since: number;
}

/** Metadata of Remote Write 1.0: it comes in requests of its own, by the name of the metric family, and concerns every sender's series of that name. */
export class Families {
  readonly #families = new Map<string, Known>();
  /** What series of a name mean, for as long as nothing new is said; neighbours that have the same label names share the list of them. */
  readonly #described = new Map<string, Described>();
  /** Counts changes, so that a series notices with one comparison that nothing is new. */
  generation = 0;

  /** True when it could be noted. */
  note(name: string, type: number, help: string, unit: string, now: UnixMs): boolean {
    const before = this.#families.get(name);
    if (!before && this.#families.size >= MAX_FAMILIES) return false;
    const known = { type, help: help.slice(0, MAX_TEXT), unit: unit.slice(0, MAX_TEXT) };
    if (before?.type === known.type && before.help === known.help && before.unit === known.unit) {
      before.saidAt = now;
      return true;
    }
    if (before && now - before.saidAt < HELD_MS) return true;
    this.generation += 1;
    this.#families.set(name, { ...known, saidAt: now, since: this.generation });
    this.#described.clear();
    return true;
  }

  /** What its own metadata or its name says of a series, and the generation in which that changed. */
  of(name: string, keys: readonly string[]): Described {
    const before = this.#described.get(name);
    if (before?.keys === keys) return before;
    if (this.#described.size >= MAX_FAMILIES) this.#described.clear();
    const known = metadataFor(name, (family) => this.#families.get(family));
    const described = { keys, meaning: meaningOf(name, keys, known), since: known?.since ?? 0 };
    this.#described.set(name, described);
    return described;
  }
}
