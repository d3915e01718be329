import { emptySeries, setFloat, vector, type Value } from '../eval/value.js';
import { largest, smallest } from '../floats.js';
import { NO_LABELS } from '../labels.js';
import { FLOAT } from '../source.js';
import type { Frame, FunctionTable, PromFunction } from './frame.js';

function constant({ grid }: Frame, value: number): Value {
  return { type: 'scalar', values: new Float64Array(grid.steps).fill(value) };
}

const pair = (apply: (a: number, b: number) => number): PromFunction => (frame) => {
  const left = frame.scalar(0);
  const right = frame.scalar(1);
  return { type: 'scalar', values: left.map((value, step) => apply(value, right[step] ?? Number.NaN)) };
};

export const scalarFunctions: FunctionTable = {
  pi: (frame) => constant(frame, Math.PI),
  start: (frame) => constant(frame, frame.context.bounds.start / 1000),
  end: (frame) => constant(frame, frame.context.bounds.end / 1000),
  step: (frame) => constant(frame, frame.context.bounds.step / 1000),
  range: (frame) => constant(frame, (frame.context.bounds.end - frame.context.bounds.start) / 1000),
  min_of: pair(smallest),
  max_of: pair(largest),
  vector: (frame) => {
    const series = emptySeries(NO_LABELS, frame.grid.steps);
    for (const [step, value] of frame.scalar(0).entries()) setFloat(series, step, value);
    return vector([series]);
  },
  /** The only float at each step, NaN when there are none or several. */
  scalar: (frame) => {
    const counts = new Uint32Array(frame.grid.steps);
    const values = new Float64Array(frame.grid.steps).fill(Number.NaN);
    for (const series of frame.vector(0)) {
      for (const [step, kind] of series.kinds.entries()) {
        if (kind !== FLOAT) continue;
        counts[step] = (counts[step] ?? 0) + 1;
        values[step] = counts[step] === 1 ? (series.values[step] ?? Number.NaN) : Number.NaN;
      }
    }
    return { type: 'scalar', values };
  },
};
