import type { Binary, BinaryOp, Expr } from './ast.js';

/**
 * The grammar gives `[5m]`, `offset` and `@` to everything on their left; PromQL gives them to the nearest operand.
 * These two functions put the tree right.
 */
const PRECEDENCE: Readonly<Record<BinaryOp, number>> = {
  or: 1, and: 2, unless: 2, '==': 3, '!=': 3, '<': 3, '>': 3, '<=': 3, '>=': 3, '</': 3, '>/': 3, '+': 4, '-': 4, '*': 5, '/': 5, '%': 5, atan2: 5, '^': 6,
};
const UNARY = 5;

/** `expr` with `apply` done to its last operand. */
export function onOperand(expr: Expr, end: number, apply: (operand: Expr) => Expr): Expr {
  if (expr.type === 'binary') return { ...expr, right: onOperand(expr.right, end, apply), end };
  if (expr.type === 'unary') return { ...expr, expr: onOperand(expr.expr, end, apply), end };
  return apply(expr);
}

/** `left op right`, where an operator inside `left` that binds less keeps its own left side. */
export function nest(left: Expr, op: BinaryOp, right: Expr, build: (left: Expr, right: Expr) => Binary): Expr {
  const binds = PRECEDENCE[op];
  if (left.type === 'binary' && (PRECEDENCE[left.op] < binds || (op === '^' && left.op === '^'))) {
    const inner = nest(left.right, op, right, build);
    return { ...left, right: inner, end: inner.end };
  }
  if (left.type === 'unary' && UNARY < binds) {
    const inner = nest(left.expr, op, right, build);
    return { ...left, expr: inner, end: inner.end };
  }
  return build(left, right);
}
