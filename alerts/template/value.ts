/** A method of a value; throws an Error when it cannot be called so. */
export type Method = (...args: unknown[]) => unknown;
/** What `range`, `index` and `len` see. */
export type Items = readonly unknown[] | Readonly<Record<string, unknown>>;

interface Parts {
  readonly type: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly methods?: Readonly<Record<string, Method>>;
  readonly items?: Items;
  /** As `%v` writes it. */
  readonly text?: string;
}

/** A value that has a type in Go: a struct, or a list or map with methods. Plain texts, numbers, lists and maps are just that. */
export class GoValue {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly methods: Readonly<Record<string, Method>>;
  readonly items: Items | undefined;
  readonly text: string | undefined;
  constructor({ type, fields = {}, methods = {}, items, text }: Parts) {
    this.type = type;
    this.fields = fields;
    this.methods = methods;
    this.items = items;
    this.text = text;
  }
}

/** Text that is HTML already. */
export class SafeHtml extends GoValue {
  constructor(text: string) {
    super({ type: 'template.HTML', text });
  }
}

/** The list or map that a value is; undefined when it is neither. */
export function itemsOf(value: unknown): Items | undefined {
  if (value instanceof GoValue) return value.items;
  return typeof value === 'object' && value !== null ? (value as Items) : undefined;
}

/** What `if` and `with` go by. A struct is always true. */
export function isTrue(value: unknown): boolean {
  const items = itemsOf(value);
  if (items) return Object.keys(items).length > 0;
  if (value instanceof GoValue) return value.text !== '' && value.text !== '0s';
  return Boolean(value) || Number.isNaN(value);
}

/** A field, the answer of a method, or the entry of a map, where one that is absent is empty. Throws TypeError when there is none of these. */
export function memberOf(from: unknown, key: string, args: readonly unknown[]): unknown {
  if (from instanceof GoValue) {
    const method = Object.hasOwn(from.methods, key) ? from.methods[key] : undefined;
    if (method) return method(...args);
  }
  if (args.length > 0) throw new TypeError(`${key} has arguments but cannot be invoked as function`);
  if (from instanceof GoValue && Object.hasOwn(from.fields, key)) return from.fields[key];
  const items = itemsOf(from);
  if (items === undefined || Array.isArray(items)) throw new TypeError(`can't evaluate field ${key}${from instanceof GoValue ? ` in type ${from.type}` : ''}`);
  return Object.hasOwn(items, key) ? (items as Readonly<Record<string, unknown>>)[key] : '';
}
