import { parser } from '@prometheus-io/lezer-promql';
import { QueryError } from '#core/promql.js';

/** One node of the grammar's tree, with what the AST builder asks of it. */
export type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** The parser's own state. Source: https://github.com/lezer-parser/lr/blob/1.4.12/src/parse.ts */
interface ParseState {
  /** Operators in a row, once they are long. It takes more than 300 for a fault, which they are not. */
  bigReductionCount: number;
  /** Above 0 behind a fault. */
  readonly recovering: number;
  readonly stoppedAt: number | null;
  /** Three numbers for each thing that is not read to its end. */
  readonly stacks: readonly { readonly stack: readonly number[] }[];
}

/** Operators, calls and parentheses inside one another that a query may have: whatever walks through it does so without running out of stack. */
export const MOST_DEEP = 800;
/** Characters of a query: a long one of dashboards has some thousands. */
const MOST_LONG = 131_072;
/** A little above this the parser takes what it reads for a fault. A level of what nests takes three to nine. */
const FULL_STACK = 8_000;
/** How far behind a fault is read: no more of them are told. */
const LOOK_ON = 1_000;

/** Functions younger than the grammar. The grammar reads a known function of the same length in their place; the text keeps the name. */
const STAND_INS: Readonly<Record<string, string>> = { min_of: 'minute', max_of: 'minute', holt_winters: 'day_of_month' };
/** What does not end takes the rest: looked for an end again from every place in it, it would take time without bound. */
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\x60[^\x60]*\x60?|#[^\n]*`;
const NEW_FUNCTION = new RegExp(`${QUOTED}|\\[[^\\]]*\\]?|\\b(min_of|max_of|holt_winters)(?=\\s*\\()`, 'gis');
/** The grammar wants these in lower case, and a digit after a decimal point: `1.e3` is read as `01e3`, which is as long. */
const UNREAD = new RegExp(`${QUOTED}|\\b(?:step|range|min_of|max_of)(?=\\s*\\()|(?<![\\w.])\\d+\\.(?=e[+-]?\\d|(?![\\w.]))`, 'gis');

/** The tree of `query`. Throws QueryError bad_data with the place of the first fault. */
export function parseSyntax(query: string): SyntaxNode {
  if (query.length > MOST_LONG) throw new QueryError('bad_data', 'the query has more than 131,072 characters');
  const readable = query.replace(UNREAD, (whole) => (/^["'`#]/.test(whole) ? whole : whole.toLowerCase().replace(/(.+)\.$/, '0$1')));
  let root = parse(query, readable);
  if (firstFault(root)) root = parse(query, readable.replace(NEW_FUNCTION, (whole: string, name?: string) => STAND_INS[name?.toLowerCase() ?? ''] ?? whole));
  if (!hasExpression(root)) throw new QueryError('bad_data', 'unknown position: parse error: no expression found in input');
  const fault = firstFault(root);
  if (!fault) return root;
  const unknown = unknownFunction(query, fault);
  throw unknown ? syntaxError(query, unknown.from, `unknown function with name "${query.slice(unknown.from, unknown.to)}"`) : syntaxError(query, fault.from, describeFault(query, fault));
}

function parse(query: string, readable: string): SyntaxNode {
  const work = parser.startParse(readable) as ReturnType<typeof parser.startParse> & ParseState;
  for (;;) {
    const tree = work.advance();
    if (tree) return tree.topNode;
    work.bigReductionCount = 0;
    if (work.stacks.some(({ stack }) => stack.length > FULL_STACK)) throw tooDeep(query, work.parsedPos);
    if (work.recovering > 0 && work.stoppedAt === null && work.parsedPos + LOOK_ON < readable.length) work.stopAt(work.parsedPos + LOOK_ON);
  }
}

export function tooDeep(query: string, offset: number): QueryError {
  return syntaxError(query, offset, `at most ${MOST_DEEP} operators, calls and parentheses may be inside one another, fewer where calls have several arguments: put parts of a long row of operators in parentheses`);
}

/** `1:5: parse error: …`, the place counted in lines and columns from 1. */
export function syntaxError(query: string, offset: number, message: string): QueryError {
  return new QueryError('bad_data', `${position(query, offset)}: parse error: ${message}`);
}

export function position(query: string, offset: number): string {
  const before = query.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

function hasExpression(root: SyntaxNode): boolean {
  for (let child = root.firstChild; child; child = child.nextSibling) if (child.name !== 'LineComment' && !(child.type.isError && child.from === child.to)) return true;
  return false;
}

function firstFault(root: SyntaxNode): SyntaxNode | undefined {
  const cursor = root.cursor();
  do if (cursor.type.isError) return cursor.node;
  while (cursor.next());
  return undefined;
}

const CONTEXT: Readonly<Record<string, string>> = {
  LabelMatchers: ' in label matching, expected identifier or "}"', GroupingLabels: ' in grouping opts, expected label', AggregateExpr: ' in aggregation', FunctionCallBody: ' in function call', MatrixSelector: ' in duration', SubqueryExpr: ' in duration',
};

function describeFault(query: string, fault: SyntaxNode): string {
  const rest = query.slice(fault.from).trimStart();
  const where = CONTEXT[fault.parent?.name ?? ''] ?? '';
  if (rest === '') return `unexpected end of input${where}`;
  if (/^["'`]/.test(rest) && fault.to - fault.from <= 1) return 'unterminated quoted string';
  const [word = ''] = /^([a-zA-Z_:][\w:]*|[\d.]+\w*|"[^"]*"|[=!<>]=?~?|.)/su.exec(rest) ?? [];
  const kind = /^[a-zA-Z_:]/.test(word) ? 'identifier ' : /^\d/.test(word) ? 'number ' : word.startsWith('"') ? 'string ' : '';
  return `unexpected ${kind}${kind === 'string ' ? word : JSON.stringify(word)}${where}`;
}

/** A name before parentheses that the grammar read as a series. */
function unknownFunction(query: string, fault: SyntaxNode): SyntaxNode | undefined {
  const selector = fault.parent?.name === 'VectorSelector' ? fault.parent : fault.prevSibling?.name === 'VectorSelector' ? fault.prevSibling : undefined;
  const name = selector?.getChild('Identifier');
  return name && query.slice(name.to).trimStart().startsWith('(') ? name : undefined;
}
