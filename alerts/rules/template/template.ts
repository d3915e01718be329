import type { PromSeries } from '#core/promql.js';
import { messageOf } from '#core/errors.js';
import type { Labels } from '#core/types.js';
import { isTrue, samplesOf, templateFunctions } from './functions.js';
import { formatV } from './go-format.js';
import { parseTemplate, type Operand, type Pipe, type TemplateNode } from './parse.js';

/** What a template speaks of: one sample of its rule. */
export interface TemplateData {
  readonly labels: Labels;
  readonly value: number;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  /** Answers the function `query`. */
  query(expr: string): Promise<readonly PromSeries[]>;
}

/** Text with `{{ … }}` in it. */
export interface Template {
  /** Rejects with an Error when it cannot be filled in. */
  expand(data: TemplateData): Promise<string>;
}

const MAX_TEXT = 100_000;
const MAX_ROUNDS = 10_000;
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(templateFunctions), 'query', 'externalURL', 'pathPrefix']);

/** Throws SyntaxError. */
export function compileTemplate(text: string): Template {
  if (!text.includes('{{')) return { expand: () => Promise.resolve(text) };
  const nodes = parseTemplate(text, KNOWN);
  return { expand: (data) => new Expansion(data).run(nodes) };
}

type Scope = Map<string, { value: unknown }>;

/** One filling-in: the variables and what was written so far. */
class Expansion {
  readonly #data: TemplateData;
  #written = '';
  #rounds = 0;
  constructor(data: TemplateData) {
    this.#data = data;
  }

  async run(nodes: readonly TemplateNode[]): Promise<string> {
    const { labels, value, externalLabels, externalUrl } = this.#data;
    const dot = { Labels: labels, Value: value, ExternalLabels: externalLabels, ExternalURL: externalUrl };
    const scope: Scope = new Map(Object.entries({ $: dot, $labels: labels, $value: value, $externalLabels: externalLabels, $externalURL: externalUrl }).map(([name, one]) => [name, { value: one }]));
    await this.#nodes(nodes, dot, scope);
    return this.#written;
  }

  async #nodes(nodes: readonly TemplateNode[], dot: unknown, outer: Scope): Promise<void> {
    const scope = new Map(outer);
    for (const node of nodes) await this.#node(node, dot, scope);
  }

  async #node(node: TemplateNode, dot: unknown, scope: Scope): Promise<void> {
    switch (node.type) {
      case 'text':
        this.#write(node.text);
        break;
      case 'action': {
        const value = await this.#pipe(node.pipe, dot, scope);
        if (node.pipe.how === '') this.#write(formatV(value));
        break;
      }
      case 'if':
      case 'with': {
        const inner = new Map(scope);
        const value = await this.#pipe(node.pipe, dot, inner);
        if (isTrue(value)) await this.#nodes(node.body, node.type === 'with' ? value : dot, inner);
        else await this.#nodes(node.otherwise, dot, inner);
        break;
      }
      case 'range': {
        const value = await this.#pipe({ ...node.pipe, names: [], how: '' }, dot, scope);
        const items = entriesOf(value);
        if (items.length === 0) await this.#nodes(node.otherwise, dot, scope);
        for (const [key, item] of items) {
          if ((this.#rounds += 1) > MAX_ROUNDS) throw new RangeError(`more than ${MAX_ROUNDS} rounds in a template`);
          const { names } = node.pipe;
          const inner = new Map(scope);
          if (names.length > 1) inner.set(names[0] ?? '', { value: key });
          if (names.length > 0) inner.set(names.at(-1) ?? '', { value: item });
          await this.#nodes(node.body, item, inner);
        }
        break;
      }
    }
  }

  #write(text: string): void {
    this.#written += text;
    if (this.#written.length > MAX_TEXT) throw new RangeError(`a template of more than ${MAX_TEXT} characters`);
  }

  async #pipe({ names, how, commands }: Pipe, dot: unknown, scope: Scope): Promise<unknown> {
    let value: unknown;
    for (const [place, command] of commands.entries()) value = await this.#command(command, place === 0 ? [] : [value], dot, scope);
    const [name = ''] = names;
    if (how === ':=') scope.set(name, { value });
    else if (how === '=') {
      const known = scope.get(name);
      if (!known) throw new ReferenceError(`undefined variable ${name}`);
      known.value = value;
    }
    return value;
  }

  async #command([first, ...rest]: readonly Operand[], piped: readonly unknown[], dot: unknown, scope: Scope): Promise<unknown> {
    if (first?.type !== 'function') return first && this.#operand(first, dot, scope);
    const args: unknown[] = [];
    for (const operand of rest) args.push(await this.#operand(operand, dot, scope));
    args.push(...piped);
    switch (first.name) {
      case 'query':
        return samplesOf(await this.#data.query(formatV(args[0])));
      case 'externalURL':
        return this.#data.externalUrl;
      case 'pathPrefix':
        return new URL(this.#data.externalUrl).pathname.replace(/\/$/, '');
      default:
        try {
          return templateFunctions[first.name]?.(...args);
        } catch (error) {
          throw new Error(`error calling ${first.name}: ${messageOf(error)}`, { cause: error });
        }
    }
  }

  async #operand(operand: Operand, dot: unknown, scope: Scope): Promise<unknown> {
    switch (operand.type) {
      case 'literal':
        return operand.value;
      case 'dot':
        return walk(dot, operand.path);
      case 'variable': {
        const known = scope.get(operand.name);
        if (!known) throw new ReferenceError(`undefined variable ${operand.name}`);
        return walk(known.value, operand.path);
      }
      case 'pipe':
        return walk(await this.#pipe(operand.pipe, dot, new Map(scope)), operand.path);
      case 'function':
        return this.#command([operand], [], dot, scope);
    }
  }
}

/** A label that is absent is empty; a field of anything else must exist. */
function walk(value: unknown, path: readonly string[]): unknown {
  return path.reduce((from: unknown, key) => {
    if (typeof from !== 'object' || from === null || Array.isArray(from)) throw new TypeError(`can't evaluate field ${key}`);
    if (Object.hasOwn(from, key)) return (from as Readonly<Record<string, unknown>>)[key];
    if ('Value' in from) throw new TypeError(`can't evaluate field ${key}`);
    return '';
  }, value);
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  if (typeof value === 'object' && value !== null) return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  throw new TypeError("range can't iterate over this");
}
