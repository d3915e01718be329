import { regexRoom } from '#core/regex.js';
import type { Aggregation, AggregationOp, Binary, BinaryOp, Edges, Expr, Matcher, Matching, Modifiers, VectorSelector } from './ast.js';
import { checkTypes } from './check-types.js';
import { childrenOf, readDuration } from './durations.js';
import { isLabelName, METRIC_NAME } from './labels.js';
import { parseNumber, parseString } from './literals.js';
import { nest, onOperand } from './precedence.js';
import { MOST_DEEP, parseSyntax, syntaxError, tooDeep, type SyntaxNode } from './syntax.js';

const PLAIN = { offset: undefined, at: undefined };

/** A checked expression. Throws QueryError bad_data with the place and the reason. */
export function parsePromql(query: string, room = regexRoom()): Expr {
  try {
    const root = parseSyntax(query);
    const [node] = childrenOf(root);
    if (!node) throw syntaxError(query, 0, 'no expression found in input');
    const expr = new Builder(query).expr(node);
    checkTypes(query, expr, room);
    return expr;
  } catch (error) {
    // The grammar's own tree of half a million operators in a row.
    throw error instanceof RangeError ? tooDeep(query, 0) : error;
  }
}

/** The matchers of one selector, as in `match[]`. Throws QueryError bad_data. */
export function parseMatchers(text: string, room = regexRoom()): readonly Matcher[] {
  const expr = parsePromql(text, room);
  if (expr.type !== 'selector' || expr.offset || expr.at !== undefined) throw syntaxError(text, 0, 'expected a series selector');
  return expr.matchers;
}

/** Grammar nodes to AST. Holds the text that both point into. */
class Builder {
  readonly #query: string;
  #depth = 0;
  constructor(query: string) {
    this.#query = query;
  }

  text(node: SyntaxNode): string {
    return this.#query.slice(node.from, node.to);
  }

  fail(node: SyntaxNode, message: string): never {
    throw syntaxError(this.#query, node.from, message);
  }

  expr(node: SyntaxNode): Expr {
    this.#depth += 1;
    if (this.#depth > MOST_DEEP) throw tooDeep(this.#query, node.from);
    const expr = this.build(node);
    this.#depth -= 1;
    return expr;
  }

  build(node: SyntaxNode): Expr {
    const at = { start: node.from, end: node.to };
    const children = childrenOf(node);
    const [first] = children;
    if (!first) return this.leaf(node);
    switch (node.name) {
      case 'ParenExpr':
        return { type: 'paren', expr: this.expr(first), ...at };
      case 'UnaryExpr':
        return { type: 'unary', op: this.text(first) === '-' ? '-' : '+', expr: this.expr(children[1] ?? this.fail(node, 'unexpected end of input')), ...at };
      case 'BinaryExpr':
        return this.binary(node, children);
      case 'FunctionCall': {
        const body = node.getChild('FunctionCallBody');
        return { type: 'call', name: this.text(first).toLowerCase(), args: body ? childrenOf(body).map((child) => this.expr(child)) : [], ...at };
      }
      case 'AggregateExpr':
        return this.aggregation(node);
      case 'VectorSelector':
        return this.selector(node);
      case 'MatrixSelector':
        return onOperand(this.expr(first), node.to, (inner) => {
          if (inner.type !== 'selector') return this.fail(node, 'ranges only allowed for vector selectors');
          if (inner.offset || inner.at !== undefined) return this.fail(node, `no ${inner.offset ? 'offset' : '@'} modifiers allowed before range`);
          return { type: 'matrix', selector: inner, range: readDuration(this.#query, children[1] ?? node), start: inner.start, end: node.to };
        });
      case 'SubqueryExpr':
        return onOperand(this.expr(first), node.to, (inner) => {
          const step = children[2];
          return { type: 'subquery', expr: inner, range: readDuration(this.#query, children[1] ?? node), step: step && readDuration(this.#query, step), ...PLAIN, start: inner.start, end: node.to };
        });
      case 'OffsetExpr':
        return this.modify(node, first, 'offset', { offset: readDuration(this.#query, children[2] ?? node) });
      case 'StepInvariantExpr':
        return this.modify(node, first, '@', { at: this.instant(node, children[2]) });
      case 'AnchoredExpr':
      case 'SmoothedExpr':
        return this.modifyEdges(node, first, node.name === 'AnchoredExpr' ? 'anchored' : 'smoothed');
      default:
        return this.leaf(node);
    }
  }

  leaf(node: SyntaxNode): Expr {
    const at = { start: node.from, end: node.to };
    if (node.name === 'NumberDurationLiteral') {
      const [, sign = '', digits = ''] = /^([+-]?)\s*(.*)$/s.exec(this.text(node)) ?? [];
      const value = parseNumber(digits);
      if (value === undefined) return this.fail(node, `${Number(digits) === Infinity ? 'number out of range' : 'bad number or duration syntax'}: ${JSON.stringify(this.text(node))}`);
      // A sign is an operator that binds less than `^`.
      return sign === '' ? { type: 'number', value, ...at } : { type: 'unary', op: sign === '-' ? '-' : '+', expr: { type: 'number', value, start: node.to - digits.length, end: node.to }, ...at };
    }
    if (node.name === 'StringLiteral') return { type: 'string', value: this.string(node), text: this.text(node), ...at };
    return this.fail(node, `unexpected ${JSON.stringify(this.text(node))}`);
  }

  string(node: SyntaxNode): string {
    try {
      return parseString(this.text(node));
    } catch (error) {
      return this.fail(node, `error unquoting string: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Milliseconds after `@`, or the query's own bound. */
  instant(node: SyntaxNode, given: SyntaxNode | undefined): number | 'start' | 'end' {
    if (!given) return this.fail(node, 'unexpected end of input in @');
    if (given.name !== 'NumberDurationLiteral') return given.getChild('AtStart') ? 'start' : 'end';
    const text = this.text(given).replace(/\s/g, '');
    const value = parseNumber(text.replace(/^[+-]/, ''));
    if (value === undefined || !Number.isFinite(value)) return this.fail(given, `timestamp out of bounds for @ modifier: ${text}`);
    return Math.round(value * 1000) * (text.startsWith('-') ? -1 : 1);
  }

  /** What `anchored` and `smoothed` may stand behind. */
  modifyEdges(node: SyntaxNode, inner: SyntaxNode, edges: Edges): Expr {
    const apply = (target: VectorSelector): VectorSelector => (target.edges && target.edges !== edges ? this.fail(node, 'anchored and smoothed modifiers cannot be used together') : { ...target, edges, end: node.to });
    return onOperand(this.expr(inner), node.to, (expr) => {
      if (expr.type === 'matrix') return { ...expr, selector: apply(expr.selector), end: node.to };
      if (expr.type === 'selector') return apply(expr);
      return this.fail(node, expr.type === 'subquery' ? `${edges} modifier is not supported for subqueries` : `${edges} modifier not implemented`);
    });
  }

  modify(node: SyntaxNode, inner: SyntaxNode, word: string, change: Partial<Modifiers>): Expr {
    const apply = <T extends Modifiers>(target: T): T => {
      const repeated = ('offset' in change && target.offset) || ('at' in change && target.at !== undefined);
      return repeated ? this.fail(node, `${word} ${word === '@' ? '<timestamp> may' : 'may'} not be set multiple times`) : { ...target, ...change, end: node.to };
    };
    return onOperand(this.expr(inner), node.to, (expr) => {
      if (expr.type === 'matrix') return { ...expr, selector: apply(expr.selector), end: node.to };
      if (expr.type === 'selector' || expr.type === 'subquery') return apply(expr);
      return this.fail(node, `${word} modifier must be preceded by an instant vector selector or range vector selector or a subquery`);
    });
  }

  selector(node: SyntaxNode): VectorSelector {
    const identifier = node.getChild('Identifier');
    const name = identifier ? this.text(identifier) : '';
    const matchers: Matcher[] = name === '' ? [] : [{ name: METRIC_NAME, op: '=', value: name }];
    const braces = node.getChild('LabelMatchers');
    for (const child of braces ? childrenOf(braces) : []) {
      const value = this.string(child.getChild('StringLiteral') ?? this.fail(child, 'expected string'));
      if (child.name === 'QuotedLabelName') {
        matchers.push({ name: METRIC_NAME, op: '=', value });
        continue;
      }
      const quoted = child.getChild('QuotedLabelName');
      const label = quoted ? this.string(quoted) : this.text(child.getChild('LabelName') ?? child);
      const op = this.text(child.getChild('MatchOp') ?? child) as Matcher['op'];
      matchers.push({ name: label, op, value });
    }
    if (matchers.filter((matcher) => matcher.name === METRIC_NAME && matcher.op === '=').length > 1) this.fail(node, 'metric name must not be set twice');
    return { type: 'selector', name, matchers, edges: undefined, ...PLAIN, start: node.from, end: node.to };
  }

  labels(node: SyntaxNode | null): string[] {
    if (!node) return [];
    return childrenOf(node).map((child) => {
      const name = child.name === 'QuotedLabelName' ? this.string(child.firstChild ?? child) : this.text(child);
      return isLabelName(name) ? name : this.fail(child, `invalid label name ${JSON.stringify(name)}`);
    });
  }

  aggregation(node: SyntaxNode): Aggregation {
    const op = this.text(node.getChild('AggregateOp') ?? node).toLowerCase() as AggregationOp;
    const body = node.getChild('FunctionCallBody');
    const args = body ? childrenOf(body).map((child) => this.expr(child)) : [];
    const modifier = node.getChild('AggregateModifier');
    const wanted = TAKES_PARAMETER.has(op) ? 2 : 1;
    const expr = args[wanted - 1];
    if (!expr || args.length !== wanted) return this.fail(node, args.length === 0 ? 'no arguments for aggregate expression provided' : `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`);
    return { type: 'aggregation', op, param: wanted === 2 ? args[0] : undefined, expr, grouping: this.labels(modifier?.getChild('GroupingLabels') ?? null), without: Boolean(modifier?.getChild('Without')), start: node.from, end: node.to };
  }

  binary(node: SyntaxNode, children: readonly SyntaxNode[]): Expr {
    const left = this.expr(children[0] ?? node);
    const right = this.expr(children.at(-1) ?? node);
    const op = this.text(children[1] ?? node).toLowerCase() as BinaryOp;
    const clause = node.getChild('MatchingModifierClause');
    const many: Matching['card'] = clause?.getChild('GroupLeft') ? 'many-to-one' : clause?.getChild('GroupRight') ? 'one-to-many' : 'one-to-one';
    const lists = clause?.getChildren('GroupingLabels') ?? [];
    const matching: Matching = {
      card: op === 'and' || op === 'or' || op === 'unless' ? 'many-to-many' : many,
      on: Boolean(clause?.getChild('On')), labels: this.labels(lists[0] ?? null), include: this.labels(lists[1] ?? null), ...this.fills(node.getChild('FillModifier')),
    };
    if (matching.card === 'many-to-many' && many !== 'one-to-one') this.fail(node, `no grouping allowed for "${op}" operation`);
    if (matching.card === 'many-to-many' && (matching.fillLeft !== undefined || matching.fillRight !== undefined)) this.fail(node, 'fill modifiers are not allowed for set operators');
    const shared = matching.on ? matching.include.find((label) => matching.labels.includes(label)) : undefined;
    if (shared) this.fail(node, `label "${shared}" must not occur in ON and GROUP clause at once`);
    const build = (from: Expr, to: Expr): Binary => ({ type: 'binary', op, left: from, right: to, bool: node.getChild('BoolModifier') !== null, matching, start: from.start, end: to.end });
    return nest(left, op, right, build);
  }

  fills(modifier: SyntaxNode | null): Pick<Matching, 'fillLeft' | 'fillRight'> {
    const value = (clause: string): number | undefined => {
      const node = modifier?.getChild(clause);
      if (!node) return undefined;
      const text = this.text(node).replace(/^\w+\s*\(\s*|\s*\)$/g, '');
      return (parseNumber(text.replace(/^[+-]\s*/, '')) ?? this.fail(node, 'expected a number')) * (text.startsWith('-') ? -1 : 1);
    };
    const both = value('FillClause');
    return { fillLeft: value('FillLeftClause') ?? both, fillRight: value('FillRightClause') ?? both };
  }
}

const TAKES_PARAMETER: ReadonlySet<AggregationOp> = new Set(['topk', 'bottomk', 'quantile', 'count_values', 'limitk', 'limit_ratio']);
