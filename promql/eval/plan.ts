import type { Expr, VectorSelector } from '../ast.js';
import { gridFor, lastTime, lookAt, positiveMs, subqueryGrid, type Bounds, type Grid } from './context.js';

/** What one selector must read: samples in (from, to]. */
export interface Read {
  readonly selector: VectorSelector;
  readonly from: number;
  readonly to: number;
}

/** Every read of `expr` on `grid`, so that all of them are done before evaluation begins. */
export function planReads(expr: Expr, grid: Grid, context: Bounds & { readonly lookbackMs: number }): Read[] {
  const reads: Read[] = [];

  function read(selector: VectorSelector, on: Grid, backMs: number): void {
    if (on.steps === 0) return;
    const look = lookAt(selector, context);
    reads.push({ selector, from: look(on.start) - backMs, to: look(lastTime(on)) });
  }

  function visit(node: Expr, outer: Grid): void {
    const on = gridFor(node, outer);
    switch (node.type) {
      case 'number':
      case 'string':
        return;
      case 'paren':
      case 'unary':
        return visit(node.expr, on);
      case 'selector':
        return read(node, on, context.lookbackMs);
      case 'matrix':
        return read(node.selector, on, positiveMs(node.range, context));
      case 'subquery':
        return visit(node.expr, subqueryGrid(node, on, context));
      case 'aggregation':
        if (node.param) visit(node.param, on);
        return visit(node.expr, on);
      case 'binary':
        visit(node.left, on);
        return visit(node.right, on);
      case 'call':
        for (const arg of node.args) visit(arg, on);
    }
  }

  visit(expr, grid);
  return reads;
}
