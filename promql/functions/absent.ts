import { unwrap, type Expr, type Matcher } from '../ast.js';
import { ABSENT, emptySeries, setFloat, vector } from '../eval/value.js';
import { slide } from '../eval/ranges.js';
import { labelSet, METRIC_NAME, type LabelSet } from '../labels.js';
import type { Frame, FunctionTable } from './frame.js';

/** The labels an absent series would surely have: those with one `=` matcher and no other. */
function impliedLabels(expr: Expr | undefined): LabelSet {
  const inner = expr && unwrap(expr);
  const matchers: readonly Matcher[] = inner?.type === 'selector' ? inner.matchers : inner?.type === 'matrix' ? inner.selector.matchers : [];
  const values = new Map<string, string>();
  const unclear = new Set<string>();
  for (const { name, op, value } of matchers) {
    if (name === METRIC_NAME) continue;
    if (op === '=' && !values.has(name)) values.set(name, value);
    else unclear.add(name);
  }
  return labelSet([...values].filter(([name]) => !unclear.has(name)));
}

function whereMissing(frame: Frame, present: Uint8Array) {
  const series = emptySeries(impliedLabels(frame.call.args[0]), frame.grid.steps);
  for (let step = 0; step < frame.grid.steps; step += 1) if (!present[step]) setFloat(series, step, 1);
  return vector([series]);
}

export const absentFunctions: FunctionTable = {
  absent: (frame) => {
    const present = new Uint8Array(frame.grid.steps);
    for (const series of frame.vector(0)) for (const [step, kind] of series.kinds.entries()) if (kind !== ABSENT) present[step] = 1;
    return whereMissing(frame, present);
  },
  *absent_over_time(frame) {
    const present = new Uint8Array(frame.grid.steps);
    const range = frame.ranges(0);
    for (const series of range.series) yield* slide(series, range, frame.grid, frame.context, (_window, step) => void (present[step] = 1));
    return whereMissing(frame, present);
  },
};

