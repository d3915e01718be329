import { unwrap, type Expr } from '../ast.js';
import { position } from '../syntax.js';

const LIMIT = 10;

/** What a person should know about an answer, each thing once, with the place in the query. */
export class Annotations {
  readonly #query: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();
  constructor(query: string) {
    this.#query = query;
  }

  /** The answer may be wrong. */
  warn(message: string, at: Expr): void {
    this.#warnings.add(`PromQL warning: ${message} (${position(this.#query, unwrap(at).start)})`);
  }

  /** The answer is right and may not be what was meant. */
  info(message: string, at: Expr): void {
    this.#infos.add(`PromQL info: ${message} (${position(this.#query, unwrap(at).start)})`);
  }

  get count(): number {
    return this.#warnings.size + this.#infos.size;
  }

  get warnings(): string[] {
    return capped(this.#warnings, 'warning');
  }

  get infos(): string[] {
    return capped(this.#infos, 'info');
  }
}

function capped(messages: ReadonlySet<string>, word: string): string[] {
  const all = [...messages];
  return all.length <= LIMIT ? all : [...all.slice(0, LIMIT), `${all.length - LIMIT} more ${word} annotations omitted`];
}

export const forMetric = (message: string, name: string): string => (name === '' ? message : `${message} for metric name ${JSON.stringify(name)}`);
