/** A PromQL expression as a tree. `start` and `end` are offsets into the query text; times are milliseconds. */

export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix';

interface Node {
  readonly start: number;
  readonly end: number;
}

interface NumberLiteral extends Node {
  readonly type: 'number';
  readonly value: number;
}

interface StringLiteral extends Node {
  readonly type: 'string';
  readonly value: string;
  /** As written, with quotes. */
  readonly text: string;
}

export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** A length of time that may depend on the query's step and range, as in `[step() * 2]`. */
export interface Duration {
  readonly text: string;
  ms(context: DurationContext): number;
}

export interface DurationContext {
  readonly stepMs: number;
  readonly rangeMs: number;
}

/** Where a selector or subquery looks: `offset` and `@`. */
export interface Modifiers {
  readonly offset: Duration | undefined;
  /** Milliseconds, or the query's own bounds. */
  readonly at: number | 'start' | 'end' | undefined;
}

/** How the edges of a range are filled: with the sample before its start, or on the line between the samples around each edge. */
export type Edges = 'anchored' | 'smoothed';

export interface VectorSelector extends Node, Modifiers {
  readonly type: 'selector';
  /** The name written before the braces, '' when there is none. */
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly edges: Edges | undefined;
}

export interface MatrixSelector extends Node {
  readonly type: 'matrix';
  readonly selector: VectorSelector;
  readonly range: Duration;
}

export interface Subquery extends Node, Modifiers {
  readonly type: 'subquery';
  readonly expr: Expr;
  readonly range: Duration;
  readonly step: Duration | undefined;
}

export interface Call extends Node {
  readonly type: 'call';
  readonly name: string;
  readonly args: readonly Expr[];
}

export type AggregationOp = 'sum' | 'avg' | 'min' | 'max' | 'count' | 'group' | 'stddev' | 'stdvar' | 'topk' | 'bottomk' | 'quantile' | 'count_values' | 'limitk' | 'limit_ratio';

export interface Aggregation extends Node {
  readonly type: 'aggregation';
  readonly op: AggregationOp;
  readonly param: Expr | undefined;
  readonly expr: Expr;
  readonly grouping: readonly string[];
  readonly without: boolean;
}

type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOp = '==' | '!=' | '<' | '>' | '<=' | '>=';
export type SetOp = 'and' | 'or' | 'unless';
/** Cut the buckets of a native histogram above or below a value. */
type TrimOp = '</' | '>/';
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp | TrimOp;

export interface Matching {
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels that group_left or group_right copies from the "one" side. */
  readonly include: readonly string[];
  /** Values that stand in for a missing left or right side. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface Binary extends Node {
  readonly type: 'binary';
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  readonly bool: boolean;
  readonly matching: Matching;
}

interface Unary extends Node {
  readonly type: 'unary';
  readonly op: '+' | '-';
  readonly expr: Expr;
}

interface Paren extends Node {
  readonly type: 'paren';
  readonly expr: Expr;
}

export type Expr = NumberLiteral | StringLiteral | VectorSelector | MatrixSelector | Subquery | Call | Aggregation | Binary | Unary | Paren;

/** The expression inside any parentheses. */
export function unwrap(expr: Expr): Expr {
  let inner = expr;
  while (inner.type === 'paren') inner = inner.expr;
  return inner;
}

/** The expressions that `expr` is made of. */
export function operandsOf(expr: Expr): readonly Expr[] {
  switch (expr.type) {
    case 'number':
    case 'string':
    case 'selector':
      return [];
    case 'matrix':
      return [expr.selector];
    case 'paren':
    case 'unary':
    case 'subquery':
      return [expr.expr];
    case 'aggregation':
      return expr.param ? [expr.expr, expr.param] : [expr.expr];
    case 'binary':
      return [expr.left, expr.right];
    case 'call':
      return expr.args;
  }
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return op === 'and' || op === 'or' || op === 'unless';
}

/** Comparisons and trims pass on values of the left side, so its name stays true. */
export function keepsValues(op: BinaryOp): boolean {
  return isComparison(op) || op === '</' || op === '>/';
}

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return op === '==' || op === '!=' || op === '<' || op === '>' || op === '<=' || op === '>=';
}
