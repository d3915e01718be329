import type { Expr, VectorSelector } from './ast.js';
import { lookAt, timeAt, type Context, type Grid } from './eval/context.js';
import { evaluate } from './eval/evaluate.js';
import type { Read } from './eval/plan.js';
import { emptySeries, isEmpty, type VectorSeries } from './eval/value.js';
import { keyOf, type LabelSet } from './labels.js';
import { tooManySamples } from './query-error.js';
import type { LargeSelection, SelectLimits, SeriesData } from './source.js';

/** What one leaf of a query gave at the steps of a grid, as things were at `mark` of the change log. */
interface Kept {
  readonly grid: Grid;
  readonly mark: number;
  readonly series: readonly VectorSeries[];
  readonly bytes: number;
}

/** One leaf to be evaluated, and what is needed for it. */
export interface Leaf {
  /** The selector, or the call whose argument it is with a range. */
  readonly expr: Expr;
  /** What the leaf's answer depends on besides the series: the text of the call. */
  readonly text: string;
  readonly read: Read;
  readonly grid: Grid;
  readonly limits: SelectLimits;
}

export interface LeafAnswer {
  readonly series: readonly VectorSeries[];
  /** Samples read. */
  readonly samples: number;
}

const STEP_BYTES = 9;
const SERIES_BYTES = 300;

/**
 * Leaves over so many samples that these are neither held at once nor kept: they are read in pieces, and each piece is evaluated while the next is read.
 * What is kept are the values at the steps, of up to `maxBytes`; a refresh a few steps later evaluates only these.
 */
export function createLeaves(maxBytes: number) {
  const kept = new Map<object, Map<string, Kept>>();

  function keep(identity: object, key: string, entry: Kept): void {
    const own = kept.get(identity) ?? new Map<string, Kept>();
    kept.delete(identity);
    own.delete(key);
    if (entry.bytes <= maxBytes) own.set(key, entry);
    kept.set(identity, own);
    let total = 0;
    for (const entries of kept.values()) for (const { bytes } of entries.values()) total += bytes;
    // Identities and texts are in the order of their last use.
    for (const [oldest, entries] of kept) {
      for (const [text, { bytes }] of entries) {
        if (total <= maxBytes) return;
        entries.delete(text);
        total -= bytes;
      }
      if (entries.size === 0) kept.delete(oldest);
    }
  }

  return async (leaf: Leaf, selection: LargeSelection, context: Context): Promise<LeafAnswer> => {
    const { grid, read, text } = leaf;
    const look = lookAt(read.selector, context);
    const pinned = read.selector.at !== undefined;
    const key = `${text} ${grid.step} ${((grid.start % grid.step) + grid.step) % grid.step}`;
    const before = pinned ? undefined : kept.get(selection.identity)?.get(key);
    const changes = selection.since(before?.mark ?? 0);
    // A step is as it was when nothing came that is older than the newest sample it looks at.
    const reusable = before && changes ? countReusable(before.grid, grid, (time) => look(time) < changes.earliest) : 0;
    const rest: Grid = { start: timeAt(grid, reusable), step: grid.step, steps: grid.steps - reusable };
    const notes = context.annotations.count;
    const fresh = rest.steps === 0 ? { series: [], samples: 0 } : await evaluatePieces(leaf, rest, reusable === 0 ? read.from : look(rest.start) - (look(grid.start) - read.from), selection, context);
    const series = before && reusable > 0 ? joined(before, grid, reusable, fresh.series) : fresh.series;
    const keepable = changes && !pinned && grid.steps > 1 && context.annotations.count === notes && series.every(({ histograms }) => histograms === undefined);
    if (keepable) keep(selection.identity, key, { grid, mark: changes.mark, series, bytes: series.length * (SERIES_BYTES + grid.steps * STEP_BYTES) });
    return { series, samples: fresh.samples };
  };
}

/** How many steps of `grid`, from its first on, `before` has and `holds` is true of. */
function countReusable(before: Grid, grid: Grid, holds: (time: number) => boolean): number {
  if (grid.start < before.start || before.step !== grid.step) return 0;
  const skipped = Math.round((grid.start - before.start) / grid.step);
  let count = 0;
  while (count < grid.steps && skipped + count < before.steps && holds(timeAt(grid, count))) count += 1;
  return count;
}

async function evaluatePieces({ expr, read, limits }: Leaf, grid: Grid, from: number, selection: LargeSelection, context: Context): Promise<LeafAnswer> {
  const found = new Map<LabelSet, VectorSeries>();
  let samples = 0;
  await selection.read(from, read.to, limits, async (piece) => {
    for (const { times } of piece) samples += times.length;
    const value = await context.inTurns(evaluate(expr, grid, { ...context, data: new Map<VectorSelector, readonly SeriesData[]>([[read.selector, piece]]), done: new Map() }));
    if (value.type === 'vector') for (const one of value.series) found.set(one.labels, one);
    if (found.size * grid.steps > context.maxSamples) throw tooManySamples();
  });
  // Pieces come in the order of ids; an answer is in that of labels.
  return { series: selection.labels.flatMap((labels) => found.get(labels) ?? []), samples };
}

function joined(before: Kept, grid: Grid, reusable: number, fresh: readonly VectorSeries[]): VectorSeries[] {
  const skipped = Math.round((grid.start - before.grid.start) / grid.step);
  const tails = new Map<LabelSet, VectorSeries>(fresh.map((one) => [one.labels, one]));
  const put = (target: VectorSeries, tail: VectorSeries): void => {
    target.kinds.set(tail.kinds, reusable);
    target.values.set(tail.values, reusable);
    target.histograms = tail.histograms && [...Array.from<undefined>({ length: reusable }), ...tail.histograms];
  };
  const all: VectorSeries[] = [];
  for (const one of before.series) {
    const target = emptySeries(one.labels, grid.steps, one.dropName);
    target.kinds.set(one.kinds.subarray(skipped, skipped + reusable));
    target.values.set(one.values.subarray(skipped, skipped + reusable));
    const tail = tails.get(one.labels);
    if (tail) {
      put(target, tail);
      tails.delete(one.labels);
    }
    if (!isEmpty(target)) all.push(target);
  }
  for (const tail of tails.values()) {
    const target = emptySeries(tail.labels, grid.steps, tail.dropName);
    put(target, tail);
    all.push(target);
  }
  return all;
}

/** Identifies what a leaf computes, apart from its series. */
export function leafText(expr: Expr, context: Pick<Context, 'bounds' | 'lookbackMs'>): string {
  const parts: unknown[] = [context.lookbackMs];
  const visit = (node: Expr): void => {
    switch (node.type) {
      case 'number':
        parts.push(node.value);
        return;
      case 'paren':
        return visit(node.expr);
      case 'selector':
        parts.push('selector', lookAt(node, context)(0));
        return;
      case 'matrix':
        parts.push('range', node.range.ms({ stepMs: context.bounds.step, rangeMs: context.bounds.end - context.bounds.start }), lookAt(node.selector, context)(0));
        return;
      case 'call':
        parts.push(node.name);
        for (const arg of node.args) visit(arg);
        return;
      case 'string':
      case 'unary':
      case 'subquery':
      case 'aggregation':
      case 'binary':
        // No leaf holds these.
        parts.push(keyOf([node.type]), node.start);
    }
  };
  visit(expr);
  return JSON.stringify(parts);
}
