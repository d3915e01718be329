import type { DurationContext, Expr, Matching, Modifiers, VectorSelector } from './ast.js';
import { isSetOp } from './ast.js';
import { digits } from './floats.js';
import { METRIC_NAME } from './labels.js';
import { SIGNATURES } from './signatures.js';

/** Durations are shown as if step and range were nothing, as in Prometheus before a query is asked. */
const UNASKED: DurationContext = { stepMs: 0, rangeMs: 0 };

/** The query as the tree that Prometheus' `/api/v1/parse_query` gives. Times are milliseconds. */
export function treeOf(expr: Expr): object {
  switch (expr.type) {
    case 'number':
      return { type: 'numberLiteral', val: digits(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'paren':
      return { type: 'parenExpr', expr: treeOf(expr.expr) };
    case 'unary':
      return { type: 'unaryExpr', op: expr.op, expr: treeOf(expr.expr) };
    case 'selector':
      return { type: 'vectorSelector', name: expr.name, ...where(expr), ...edgesOf(expr), matchers: matchersOf(expr) };
    case 'matrix':
      return { type: 'matrixSelector', name: expr.selector.name, range: expr.range.ms(UNASKED), ...where(expr.selector), ...edgesOf(expr.selector), matchers: matchersOf(expr.selector) };
    case 'subquery':
      return { type: 'subquery', expr: treeOf(expr.expr), range: expr.range.ms(UNASKED), step: expr.step?.ms(UNASKED) ?? 0, ...where(expr) };
    case 'aggregation':
      return { type: 'aggregation', op: expr.op, expr: treeOf(expr.expr), param: expr.param ? treeOf(expr.param) : null, grouping: expr.grouping, without: expr.without };
    case 'binary': {
      const vectors = expr.left.type !== 'number' && expr.right.type !== 'number';
      return { type: 'binaryExpr', op: expr.op, lhs: treeOf(expr.left), rhs: treeOf(expr.right), matching: vectors ? matchingOf(expr.matching, isSetOp(expr.op)) : null, bool: expr.bool };
    }
    case 'call': {
      const signature = SIGNATURES.get(expr.name);
      const variadic = signature?.repeats ? -1 : (signature?.optional ?? 0);
      return { type: 'call', func: { name: expr.name, argTypes: signature?.args ?? [], variadic, returnType: signature?.returns ?? 'vector' }, args: expr.args.map(treeOf) };
    }
  }
}

function where({ offset, at }: Modifiers): object {
  return { offset: offset?.ms(UNASKED) ?? 0, timestamp: typeof at === 'number' ? at : null, startOrEnd: typeof at === 'string' ? at : null };
}

const edgesOf = ({ edges }: VectorSelector): object => ({ anchored: edges === 'anchored', smoothed: edges === 'smoothed' });

/** The name comes last, as Prometheus adds it. */
function matchersOf({ name, matchers }: VectorSelector): object[] {
  const ordered = name === '' || matchers[0]?.name !== METRIC_NAME ? matchers : [...matchers.slice(1), ...matchers.slice(0, 1)];
  return ordered.map((matcher) => ({ type: matcher.op, name: matcher.name, value: matcher.value }));
}

function matchingOf({ card, on, labels, include }: Matching, isSet: boolean): object {
  return { card: isSet ? 'many-to-many' : card, labels, on, include };
}
