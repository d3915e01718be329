import { type Meaning, meaningOf, type Metadata } from './meaning.js';

const MAX_FAMILIES = 100_000;
const MAX_TEXT = 4096;

interface Known extends Metadata {
  /** Generation in which it last changed. */
  readonly since: number;
}

/** Metadata of Remote Write 1.0: it comes in requests of its own, by the name of the metric family, and concerns every sender's series of that name. */
export class Families {
  readonly #families = new Map<string, Known>();
  /** What series of a name mean, for as long as nothing new is said; neighbours that have the same label names share the list of them. */
  readonly #meanings = new Map<string, { readonly keys: readonly string[]; readonly meaning: Meaning }>();
  /** Counts changes, so that a series notices with one comparison that nothing is new. */
  generation = 0;

  /** True when it could be noted. */
  note(name: string, type: number, help: string, unit: string): boolean {
    const before = this.#families.get(name);
    if (!before && this.#families.size >= MAX_FAMILIES) return false;
    const known = { type, help: help.slice(0, MAX_TEXT), unit: unit.slice(0, MAX_TEXT) };
    if (before?.type === known.type && before.help === known.help && before.unit === known.unit) return true;
    this.generation += 1;
    this.#families.set(name, { ...known, since: this.generation });
    this.#meanings.clear();
    return true;
  }

  meaning(name: string, keys: readonly string[], known: Known | undefined): Meaning {
    const before = this.#meanings.get(name);
    if (before?.keys === keys) return before.meaning;
    if (this.#meanings.size >= MAX_FAMILIES) this.#meanings.clear();
    const meaning = meaningOf(name, keys, known);
    this.#meanings.set(name, { keys, meaning });
    return meaning;
  }

  readonly find = (name: string): Known | undefined => this.#families.get(name);
}
