import { messageOf } from '#core/errors.js';
import { formatV } from './go-format.js';
import type { Operand, Pipe, TemplateNode } from './parse.js';
import { isTrue, itemsOf, memberOf } from './value.js';

/** Called with the values of its arguments, the piped one last. Throws an Error when it cannot answer. May return a promise where templates are expanded by `expandAsync`. */
export type TemplateFunction = (...args: unknown[]) => unknown;
export type TemplateFunctions = Readonly<Record<string, TemplateFunction>>;

/** What `template` calls by name. */
export interface Definition {
  readonly nodes: readonly TemplateNode[];
  /** Ours, so what it writes is escaped for the medium. */
  readonly builtIn: boolean;
}

/** How text and values become part of what is written. It may remember what it saw: one for each expansion. */
export interface Medium {
  literal(text: string): string;
  /** `by` is the function that the value comes from; '' for none. */
  value(value: unknown, builtIn: boolean, by: string): string;
}

export interface ExpandOptions {
  readonly dot: unknown;
  /** Besides `$`, which is the dot at the start. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly functions: TemplateFunctions;
  readonly templates?: ReadonlyMap<string, Definition>;
  /** Plain text when left out. */
  readonly medium?: Medium;
  /** Most characters written. */
  readonly maxText: number;
}

const MAX_ROUNDS = 100_000;
const MAX_DEPTH = 50;
const PLAIN: Medium = { literal: (text) => text, value: formatV };

type Scope = Map<string, { value: unknown }>;
/** What is still to be answered is yielded, and its answer comes back. */
type Steps<T> = Generator<Promise<unknown>, T, unknown>;
type Jump = 'break' | 'continue' | undefined;
interface Place {
  readonly builtIn: boolean;
  readonly depth: number;
}

/** Throws an Error when the template cannot be filled in. */
export function expand(nodes: readonly TemplateNode[], options: ExpandOptions): string {
  const step = new Expansion(options).run(nodes).next();
  if (step.done !== true) throw new Error('this template has to wait for an answer');
  return step.value;
}

/** As `expand`, with functions that return promises. */
export async function expandAsync(nodes: readonly TemplateNode[], options: ExpandOptions): Promise<string> {
  const steps = new Expansion(options).run(nodes);
  let step = steps.next();
  while (step.done !== true) step = steps.next(await step.value);
  return step.value;
}

/** One filling-in: the variables and what was written so far. */
class Expansion {
  readonly #options: ExpandOptions;
  readonly #medium: Medium;
  #written = '';
  #rounds = 0;
  constructor(options: ExpandOptions) {
    this.#options = options;
    this.#medium = options.medium ?? PLAIN;
  }

  *run(nodes: readonly TemplateNode[]): Steps<string> {
    const { dot, variables = {} } = this.#options;
    yield* this.#nodes(nodes, dot, new Map(Object.entries({ $: dot, ...variables }).map(([name, value]) => [name, { value }])), { builtIn: false, depth: 0 });
    return this.#written;
  }

  *#nodes(nodes: readonly TemplateNode[], dot: unknown, outer: Scope, place: Place): Steps<Jump> {
    const scope = new Map(outer);
    for (const node of nodes) {
      const jump = yield* this.#node(node, dot, scope, place);
      if (jump) return jump;
    }
    return undefined;
  }

  *#node(node: TemplateNode, dot: unknown, scope: Scope, place: Place): Steps<Jump> {
    switch (node.type) {
      case 'text':
        this.#write(this.#medium.literal(node.text));
        return undefined;
      case 'action': {
        const value = yield* this.#pipe(node.pipe, dot, scope);
        const last = node.pipe.commands.at(-1)?.[0];
        if (node.pipe.how === '') this.#write(this.#medium.value(value, place.builtIn, last?.type === 'function' ? last.name : ''));
        return undefined;
      }
      case 'if':
      case 'with': {
        const inner = new Map(scope);
        const value = yield* this.#pipe(node.pipe, dot, inner);
        return yield* isTrue(value) ? this.#nodes(node.body, node.type === 'with' ? value : dot, inner, place) : this.#nodes(node.otherwise, dot, inner, place);
      }
      case 'range':
        return yield* this.#range(node, dot, scope, place);
      case 'template': {
        const definition = this.#options.templates?.get(node.name);
        if (!definition) throw new ReferenceError(`template ${JSON.stringify(node.name)} is not defined`);
        if (place.depth >= MAX_DEPTH) throw new RangeError(`templates call each other more than ${MAX_DEPTH} deep`);
        const given = node.pipe && (yield* this.#pipe(node.pipe, dot, new Map(scope)));
        yield* this.#nodes(definition.nodes, given, new Map([['$', { value: given }]]), { builtIn: definition.builtIn, depth: place.depth + 1 });
        return undefined;
      }
      case 'break':
      case 'continue':
        return node.type;
    }
  }

  *#range({ pipe, body, otherwise }: Extract<TemplateNode, { type: 'range' | 'if' | 'with' }>, dot: unknown, scope: Scope, place: Place): Steps<Jump> {
    const items = entriesOf(yield* this.#pipe({ ...pipe, names: [], how: '' }, dot, scope));
    if (items.length === 0) return yield* this.#nodes(otherwise, dot, scope, place);
    const { names } = pipe;
    for (const [key, item] of items) {
      if ((this.#rounds += 1) > MAX_ROUNDS) throw new RangeError(`more than ${MAX_ROUNDS} rounds in a template`);
      const inner = new Map(scope);
      if (names.length > 1) inner.set(names[0] ?? '', { value: key });
      if (names.length > 0) inner.set(names.at(-1) ?? '', { value: item });
      if ((yield* this.#nodes(body, item, inner, place)) === 'break') break;
    }
    return undefined;
  }

  #write(text: string): void {
    this.#written += text;
    if (this.#written.length > this.#options.maxText) throw new RangeError(`a template of more than ${this.#options.maxText} characters`);
  }

  *#pipe({ names, how, commands }: Pipe, dot: unknown, scope: Scope): Steps<unknown> {
    let value: unknown;
    for (const [place, command] of commands.entries()) value = yield* this.#command(command, place === 0 ? [] : [value], dot, scope);
    const [name = ''] = names;
    if (how === ':=') scope.set(name, { value });
    else if (how === '=') {
      const known = scope.get(name);
      if (!known) throw new ReferenceError(`undefined variable ${name}`);
      known.value = value;
    }
    return value;
  }

  *#command([first, ...rest]: readonly Operand[], piped: readonly unknown[], dot: unknown, scope: Scope): Steps<unknown> {
    if (!first) return undefined;
    const name = first.type === 'function' ? first.name : '';
    const args: unknown[] = [];
    for (const operand of rest) {
      const value = yield* this.#operand(operand, [], dot, scope);
      // As Go has it: what comes after is not asked.
      if ((name === 'and' && !isTrue(value)) || (name === 'or' && isTrue(value))) return value;
      args.push(value);
    }
    args.push(...piped);
    return yield* this.#operand(first, args, dot, scope);
  }

  *#operand(operand: Operand, args: readonly unknown[], dot: unknown, scope: Scope): Steps<unknown> {
    switch (operand.type) {
      case 'literal':
        return operand.value;
      case 'dot':
        return walk(dot, operand.path, args);
      case 'variable': {
        const known = scope.get(operand.name);
        if (!known) throw new ReferenceError(`undefined variable ${operand.name}`);
        return walk(known.value, operand.path, args);
      }
      case 'pipe':
        return walk(yield* this.#pipe(operand.pipe, dot, new Map(scope)), operand.path, args);
      case 'function':
        try {
          const answer = this.#options.functions[operand.name]?.(...args);
          return answer instanceof Promise ? yield answer : answer;
        } catch (error) {
          throw new Error(`error calling ${operand.name}: ${messageOf(error)}`, { cause: error });
        }
    }
  }
}

/** `args` go to the method that the path ends in. */
function walk(value: unknown, path: readonly string[], args: readonly unknown[]): unknown {
  return path.reduce((from: unknown, key, index) => memberOf(from, key, index === path.length - 1 ? args : []), value);
}

function entriesOf(value: unknown): [unknown, unknown][] {
  const items = itemsOf(value);
  if (items === undefined) {
    // Go ranges over nothing, but not over a text or a number.
    if (value === undefined || value === null) return [];
    throw new TypeError("range can't iterate over this");
  }
  if (Array.isArray(items)) return items.map((item: unknown, index) => [BigInt(index), item]);
  return Object.entries(items).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
