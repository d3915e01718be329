import { unwrap, type Call, type Expr, type VectorSelector } from '../ast.js';
import { infoSelector } from './info-selector.js';
import { reachOf } from './ranges.js';
import { gridFor, lastTime, lookAt, positiveMs, subqueryGrid, type Bounds, type Grid } from './context.js';

/** What one selector must read: samples in (from, to]. */
export interface Read {
  readonly selector: VectorSelector;
  readonly from: number;
  readonly to: number;
  /** The node that can be evaluated some series at a time: the selector itself, or the call of a function of single series. undefined when there is none. */
  readonly leaf: Expr | undefined;
  readonly grid: Grid;
}

/** Functions of a range that look at one series at a time. */
const BY_SERIES = new Set(['rate', 'increase', 'delta', 'irate', 'idelta', 'deriv', 'changes', 'resets', 'predict_linear', 'avg_over_time', 'count_over_time', 'first_over_time', 'last_over_time', 'mad_over_time', 'max_over_time', 'min_over_time', 'present_over_time', 'quantile_over_time', 'stddev_over_time', 'stdvar_over_time', 'sum_over_time']);

/** What else it is given must be the same for every piece, whatever grid it is evaluated on. */
function isBySeries({ name, args }: Call): boolean {
  return BY_SERIES.has(name) && args.every((arg) => ['number', 'matrix'].includes(unwrap(arg).type));
}

/** Every read of `expr` on `grid`, so that all of them are done before evaluation begins. */
export function planReads(expr: Expr, grid: Grid, context: Bounds & { readonly lookbackMs: number }): Read[] {
  const reads: Read[] = [];

  function read(selector: VectorSelector, on: Grid, rangeMs: number, leaf: Expr | undefined): void {
    if (on.steps === 0) return;
    const look = lookAt(selector, context);
    const { backMs, aheadMs } = reachOf(selector.edges, context.lookbackMs);
    // What looks beyond its own times is not evaluated in pieces.
    reads.push({ selector, from: look(on.start) - rangeMs - backMs, to: look(lastTime(on)) + aheadMs, leaf: selector.edges ? undefined : leaf, grid: on });
  }

  function visit(node: Expr, outer: Grid, call?: Call): void {
    const on = gridFor(node, outer);
    switch (node.type) {
      case 'number':
      case 'string':
        return;
      case 'paren':
      case 'unary':
        return visit(node.expr, on, call);
      case 'selector':
        // timestamp() of a selector wants its samples.
        return read(node, on, context.lookbackMs, call ? undefined : node);
      case 'matrix':
        return read(node.selector, on, positiveMs(node.range, context), call && isBySeries(call) ? call : undefined);
      case 'subquery':
        return visit(node.expr, subqueryGrid(node, on, context));
      case 'aggregation':
        if (node.param) visit(node.param, on);
        return visit(node.expr, on);
      case 'binary':
        visit(node.left, on);
        return visit(node.right, on);
      case 'call':
        if (node.name === 'info') read(infoSelector(node), on, context.lookbackMs, undefined);
        // The second argument of info is no vector.
        for (const arg of node.name === 'info' ? node.args.slice(0, 1) : node.args) visit(arg, on, node);
    }
  }

  visit(expr, grid);
  return reads;
}
