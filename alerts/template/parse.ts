/** Go's text/template: https://pkg.go.dev/text/template. */

export type Operand =
  | { readonly type: 'literal'; readonly value: string | number | bigint | boolean | undefined }
  | { readonly type: 'dot'; readonly path: readonly string[] }
  | { readonly type: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly type: 'function'; readonly name: string }
  | { readonly type: 'pipe'; readonly pipe: Pipe; readonly path: readonly string[] };

/** Commands joined by `|`: the result of each is the last argument of the next. */
export interface Pipe {
  readonly names: readonly string[];
  readonly how: ':=' | '=' | '';
  readonly commands: readonly (readonly Operand[])[];
}

export type TemplateNode =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'action'; readonly pipe: Pipe }
  | { readonly type: 'if' | 'with' | 'range'; readonly pipe: Pipe; readonly body: readonly TemplateNode[]; readonly otherwise: readonly TemplateNode[] }
  | { readonly type: 'template'; readonly name: string; readonly pipe: Pipe | undefined }
  | { readonly type: 'break' | 'continue' };

export interface ParsedTemplate {
  readonly nodes: readonly TemplateNode[];
  /** By name, what `define` and `block` hold. */
  readonly defines: ReadonlyMap<string, readonly TemplateNode[]>;
  /** Names that `template` and `block` refer to. */
  readonly uses: ReadonlySet<string>;
}

const TOKEN = /\s*(?:(\/\*[^]*?\*\/)|("(?:[^"\\\n]|\\.)*"|`[^`]*`)|('(?:[^'\\]|\\.)')|([+-]?(?:0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))|(\$\w*)|((?:\.\w+)+)|(\.)|(:=|[|(),=])|(\w+))/y;

type Token = { readonly kind: 'string' | 'char' | 'number' | 'variable' | 'field' | 'dot' | 'mark' | 'word'; readonly text: string; readonly glued: boolean };

/** Throws SyntaxError with what is wrong. `known` are the functions there are. */
export function parseTemplate(text: string, known: ReadonlySet<string>): ParsedTemplate {
  const pieces = split(text);
  const defines = new Map<string, readonly TemplateNode[]>();
  const uses = new Set<string>();
  let at = 0;
  let loops = 0;

  function nodes(inside: string): { readonly list: TemplateNode[]; readonly end: readonly Token[] } {
    const list: TemplateNode[] = [];
    for (; at < pieces.length; at += 1) {
      const piece = pieces[at];
      if (!piece) break;
      if (typeof piece === 'string') {
        list.push({ type: 'text', text: piece });
        continue;
      }
      const [first, ...rest] = piece;
      if (!first) continue;
      const word = first.kind === 'word' ? first.text : '';
      if (word === 'end' || word === 'else') {
        if (inside === '' || (word === 'else' && (inside === 'define' || inside === 'block'))) throw new SyntaxError(`unexpected {{${word}}}`);
        return { list, end: piece };
      }
      const node = nodeOf(word, piece, rest, inside);
      if (node) list.push(node);
    }
    if (inside !== '') throw new SyntaxError(`unexpected end of the text: {{${inside}}} has no {{end}}`);
    return { list, end: [] };
  }

  function nodeOf(word: string, piece: readonly Token[], rest: readonly Token[], inside: string): TemplateNode | undefined {
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        return block(word, rest);
      case 'template':
        return call(word, rest);
      case 'define':
        if (inside !== '') throw new SyntaxError('unexpected {{define}} inside of another block');
        if (rest.length > 1) throw new SyntaxError('{{define}} takes a name and nothing else');
        define(word, nameOf(word, rest));
        return undefined;
      case 'block': {
        const node = call(word, rest);
        define(word, nameOf(word, rest));
        return node;
      }
      case 'break':
      case 'continue':
        if (loops === 0) throw new SyntaxError(`{{${word}}} outside of {{range}}`);
        if (rest.length > 0) throw new SyntaxError(`{{${word}}} takes nothing`);
        return { type: word };
      default:
        return { type: 'action', pipe: parsePipe(piece, known) };
    }
  }

  function nameOf(word: string, [name]: readonly Token[]): string {
    if (name?.kind !== 'string') throw new SyntaxError(`{{${word}}} needs a name in quotes`);
    return unquoted(name.text);
  }

  function call(word: string, rest: readonly Token[]): TemplateNode {
    const name = nameOf(word, rest);
    uses.add(name);
    return { type: 'template', name, pipe: rest.length > 1 ? parsePipe(rest.slice(1), known) : undefined };
  }

  function define(word: string, name: string): void {
    at += 1;
    const outer = loops;
    loops = 0;
    const { list } = nodes(word);
    loops = outer;
    // As Go has it: one without content does not replace another.
    if (defines.has(name) && list.every((node) => node.type === 'text' && node.text.trim() === '')) return;
    defines.set(name, list);
  }

  function block(type: 'if' | 'with' | 'range', head: readonly Token[]): TemplateNode {
    const pipe = parsePipe(head, known);
    at += 1;
    const loop = type === 'range' ? 1 : 0;
    loops += loop;
    const { list: body, end } = nodes(type);
    loops -= loop;
    if (end[0]?.text === 'end') return { type, pipe, body, otherwise: [] };
    const [, word, ...rest] = end;
    if (word?.text === 'if' || word?.text === 'with') return { type, pipe, body, otherwise: [block(word.text, rest)] };
    at += 1;
    const { list: otherwise, end: last } = nodes(type);
    if (last[0]?.text !== 'end') throw new SyntaxError('two {{else}} in one block');
    return { type, pipe, body, otherwise };
  }

  return { nodes: nodes('').list, defines, uses };
}

/** Text and the tokens of actions in turn, white space trimmed where `{{-` and `-}}` say so. */
function split(text: string): (string | Token[])[] {
  const pieces: (string | Token[])[] = [];
  let from = 0;
  let trim = false;
  const push = (part: string): void => {
    if (part !== '') pieces.push(part);
  };
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', from)) {
    const left = /^-\s/.test(text.slice(open + 2, open + 4));
    const before = text.slice(from, open);
    const cut = trim ? before.trimStart() : before;
    push(left ? cut.trimEnd() : cut);
    const { tokens, end } = tokensOf(text, open + (left ? 3 : 2));
    const right = /^\s+-\}\}/.exec(text.slice(end));
    const close = right ?? /^\s*\}\}/.exec(text.slice(end));
    if (!close) throw new SyntaxError(end >= text.length ? 'unclosed action' : `unexpected ${JSON.stringify(text.slice(end).trim()[0] ?? '')} in an action`);
    if (tokens.length > 0) pieces.push(tokens);
    from = end + close[0].length;
    trim = right !== null;
  }
  push(trim ? text.slice(from).trimStart() : text.slice(from));
  return pieces;
}

const KINDS = ['comment', 'string', 'char', 'number', 'variable', 'field', 'dot', 'mark', 'word'] as const;

function tokensOf(text: string, start: number): { readonly tokens: Token[]; readonly end: number } {
  const tokens: Token[] = [];
  let end = start;
  for (;;) {
    TOKEN.lastIndex = end;
    if (/^\s-?\}\}/.test(text.slice(end, end + 4))) break;
    const match = TOKEN.exec(text);
    if (!match) break;
    const group = match.findIndex((part, index) => index > 0 && part !== undefined);
    const kind = KINDS[group - 1];
    const found = match[group] ?? '';
    if (kind && kind !== 'comment') tokens.push({ kind, text: found, glued: match[0] === found });
    end = TOKEN.lastIndex;
  }
  return { tokens, end };
}

function parsePipe(tokens: readonly Token[], known: ReadonlySet<string>): Pipe {
  let at = 0;
  const pipe = read('');
  if (at < tokens.length) throw new SyntaxError(`unexpected ${JSON.stringify(tokens[at]?.text)} in an action`);
  return pipe;

  function read(until: string): Pipe {
    const { names, how } = declared();
    const commands: Operand[][] = [];
    let command: Operand[] = [];
    for (; at < tokens.length; at += 1) {
      const token = tokens[at];
      if (!token || (token.kind === 'mark' && token.text === until)) break;
      if (token.kind === 'mark' && token.text === '|') {
        commands.push(command);
        command = [];
      } else command.push(operand(token, command.length === 0));
    }
    commands.push(command);
    if (commands.some((one) => one.length === 0)) throw new SyntaxError('missing value for a command');
    for (const [place, [first, ...rest]] of commands.entries()) {
      // A field may be a method: whether it is shows when it is called.
      const callable = first?.type === 'function' || (first !== undefined && 'path' in first && first.path.length > 0);
      if (!callable && (rest.length > 0 || place > 0)) throw new SyntaxError('a value cannot be called or take an argument');
    }
    return { names, how, commands };
  }

  function declared(): Pick<Pipe, 'names' | 'how'> {
    const names: string[] = [];
    let ahead = at;
    for (let token = tokens[ahead]; token?.kind === 'variable'; token = tokens[ahead]) {
      names.push(token.text);
      ahead += 1;
      if (tokens[ahead]?.text === ',') ahead += 1;
      else break;
    }
    const mark = tokens[ahead]?.text;
    if (names.length === 0 || (mark !== ':=' && mark !== '=')) return { names: [], how: '' };
    at = ahead + 1;
    return { names, how: mark };
  }

  function path(): string[] {
    const next = tokens[at + 1];
    if (next?.kind !== 'field' || !next.glued) return [];
    at += 1;
    return next.text.slice(1).split('.');
  }

  function operand({ kind, text }: Token, first: boolean): Operand {
    switch (kind) {
      case 'string':
        return { type: 'literal', value: unquoted(text) };
      case 'char':
        return { type: 'literal', value: BigInt(unquote(`"${text.slice(1, -1)}"`).codePointAt(0) ?? 0) };
      case 'number':
        return { type: 'literal', value: /^[+-]?(\d+|0[xX][\da-fA-F]+)$/.test(text) ? BigInt(text.replace('+', '')) : Number(text) };
      case 'dot':
        return { type: 'dot', path: [] };
      case 'field':
        return { type: 'dot', path: text.slice(1).split('.') };
      case 'variable':
        return { type: 'variable', name: text, path: path() };
      case 'word':
        if (text === 'true' || text === 'false') return { type: 'literal', value: text === 'true' };
        if (text === 'nil') return { type: 'literal', value: undefined };
        if (!known.has(text)) throw new SyntaxError(`function ${JSON.stringify(text)} not defined`);
        return first ? { type: 'function', name: text } : { type: 'pipe', pipe: { names: [], how: '', commands: [[{ type: 'function', name: text }]] }, path: [] };
      case 'mark': {
        if (text !== '(') throw new SyntaxError(`unexpected ${JSON.stringify(text)} in an action`);
        at += 1;
        const pipe = read(')');
        if (tokens[at]?.text !== ')') throw new SyntaxError('unclosed left paren');
        return { type: 'pipe', pipe, path: path() };
      }
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|(.))/g, (_whole, hex?: string, long?: string, plain?: string) => {
    if (hex ?? long) return String.fromCharCode(Number.parseInt(hex ?? long ?? '', 16));
    const value = ESCAPES[plain ?? ''];
    if (value === undefined) throw new SyntaxError(`unknown escape \\${plain} in a string`);
    return value;
  });
}

function unquoted(text: string): string {
  return text.startsWith('`') ? text.slice(1, -1) : unquote(text);
}
