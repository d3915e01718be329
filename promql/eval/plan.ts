import { operandsOf, unwrap, type Call, type Expr, type VectorSelector } from '../ast.js';
import { infoSelector } from './info-selector.js';
import { reachOf } from './ranges.js';
import { gridFor, lastTime, lookAt, positiveMs, subqueryGrid, type Bounds, type Grid } from './context.js';

/** What one selector must read: samples in (from, to]. */
export interface Read {
  readonly selector: VectorSelector;
  readonly from: number;
  readonly to: number;
  /** Its range, or the lookback. */
  readonly spanMs: number;
  /** The node that can be evaluated some series at a time: the selector itself, or the call of a function of single series. undefined when there is none. */
  readonly leaf: Expr | undefined;
  readonly grid: Grid;
  /** Whether nothing but counts and sums of its histograms is asked for. */
  readonly countsOnly: boolean;
}

/** What the functions around a selector want of its histograms: their counts and sums, their buckets whatever else they want, or nothing in particular. */
type Wanted = 'counts' | 'buckets' | undefined;

const COUNTS = new Set(['histogram_count', 'histogram_sum', 'histogram_avg']);
const BUCKETS = new Set(['histogram_quantile', 'histogram_quantiles', 'histogram_fraction']);

function wantedBy({ name }: Call, wanted: Wanted): Wanted {
  return wanted === 'buckets' || BUCKETS.has(name) ? 'buckets' : COUNTS.has(name) ? 'counts' : wanted;
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

  function read(selector: VectorSelector, on: Grid, rangeMs: number, leaf: Expr | undefined, wanted: Wanted): void {
    if (on.steps === 0) return;
    const look = lookAt(selector, context);
    const { backMs, aheadMs } = reachOf(selector.edges, context.lookbackMs);
    // What looks beyond its own times is not evaluated in pieces.
    reads.push({ selector, from: look(on.start) - rangeMs - backMs, to: look(lastTime(on)) + aheadMs, spanMs: rangeMs, leaf: selector.edges ? undefined : leaf, grid: on, countsOnly: wanted === 'counts' });
  }

  function visit(node: Expr, outer: Grid, wanted: Wanted, call?: Call): void {
    const on = gridFor(node, outer);
    switch (node.type) {
      case 'number':
      case 'string':
        return;
      case 'paren':
      case 'unary':
        return visit(node.expr, on, wanted, call);
      case 'selector':
        // timestamp() of a selector wants its samples.
        return read(node, on, context.lookbackMs, call ? undefined : node, wanted);
      case 'matrix':
        return read(node.selector, on, positiveMs(node.range, context), call && isBySeries(call) ? call : undefined, wanted);
      case 'subquery':
        // Resets between the steps of a subquery are found by their buckets.
        return visit(node.expr, subqueryGrid(node, on, context), 'buckets');
      case 'aggregation':
        if (node.param) visit(node.param, on, wanted);
        return visit(node.expr, on, wanted);
      case 'binary':
        for (const side of operandsOf(node)) visit(side, on, node.op === '</' || node.op === '>/' ? 'buckets' : wanted);
        return;
      case 'call':
        if (node.name === 'info') read(infoSelector(node), on, context.lookbackMs, undefined, undefined);
        // The second argument of info is no vector.
        for (const arg of node.name === 'info' ? node.args.slice(0, 1) : node.args) visit(arg, on, wantedBy(node, wanted), node);
    }
  }

  visit(expr, grid, undefined);
  return reads;
}
