import type { Call } from '../ast.js';
import { checkHeld, timeAt, type Context, type Grid } from '../eval/context.js';
import { slide, type Ranges, type RangeSeries, type Window } from '../eval/ranges.js';
import { emptySeries, isEmpty, setAny, setFloat, vector, type Value, type VectorSeries } from '../eval/value.js';
import { TURN_SAMPLES, type Evaluation } from '../eval/turns.js';
import type { Histogram } from '../histogram/histogram.js';
import { FLOAT } from '../source.js';

/** One call being evaluated: its arguments by position. */
export interface Frame {
  readonly call: Call;
  readonly grid: Grid;
  readonly context: Context;
  vector(index: number): readonly VectorSeries[];
  /** One number per step. */
  scalar(index: number): Float64Array;
  text(index: number): string;
  ranges(index: number): Ranges;
}

export type PromFunction = (frame: Frame) => Value | Evaluation<Value>;
export type FunctionTable = Readonly<Record<string, PromFunction>>;

/** A function of each float; histograms are left out and the name is dropped. */
export function overFloats(apply: (value: number, frame: Frame, step: number) => number, argument = 0): (frame: Frame) => Value {
  return (frame) =>
    vector(
      frame.vector(argument).map((series) => {
        const result = emptySeries(series.labels, frame.grid.steps, true);
        for (let step = 0; step < frame.grid.steps; step += 1) if (series.kinds[step] === FLOAT) setFloat(result, step, apply(series.values[step] ?? Number.NaN, frame, step));
        return result;
      }),
    );
}

/** What a function of a window is told besides the window. */
export interface WindowFrame extends Frame {
  readonly range: Ranges;
}

interface WindowOptions {
  readonly argument?: number;
  readonly keepsName?: boolean;
  /** The same for a series without histograms and start times, into `result`: from `place` on, some TURN_SAMPLES far. */
  readonly floats?: (series: RangeSeries, frame: WindowFrame, result: VectorSeries, place: Place) => void;
}

/** How far the steps of one series are done: the next of them, the samples [from, to) of the window before it, and whether there was any value. */
export interface Place {
  step: number;
  from: number;
  to: number;
  any: boolean;
}

/** A function of each window that holds a sample; undefined leaves the step out. */
export function overWindows(apply: (window: Window, frame: WindowFrame, step: number) => number | Histogram | undefined, options: WindowOptions = {}): PromFunction {
  return function* (frame) {
    const range = frame.ranges(options.argument ?? 0);
    const inner: WindowFrame = { ...frame, range };
    const results: VectorSeries[] = [];
    for (const series of range.series) {
      checkHeld(results.length + 1, frame.grid, frame.context);
      const result = emptySeries(series.labels, frame.grid.steps, series.dropName || !options.keepsName);
      if (options.floats && range.edges === undefined && series.histograms.length === 0 && !series.starts) {
        const place: Place = { step: 0, from: 0, to: 0, any: false };
        while (place.step < frame.grid.steps) {
          options.floats(series, inner, result, place);
          if (frame.context.checkTime()) yield;
        }
        if (place.any) results.push(result);
        continue;
      }
      yield* slide(series, range, frame.grid, frame.context, (window, step) => {
        const value = apply(window, inner, step);
        if (value !== undefined) setAny(result, step, value);
      });
      if (!isEmpty(result)) results.push(result);
    }
    return vector(results);
  };
}

/** A figure of the floats of each window, for `floats`; undefined leaves the step out. */
export function ofEachWindow(figure: (values: Float64Array, from: number, to: number, times: Float64Array) => number | undefined): NonNullable<WindowOptions['floats']> {
  return ({ times, values }, { range: { rangeMs, end }, grid }, result, place) => {
    let { step, from, to, any } = place;
    for (let looked = 0; step < grid.steps && looked < TURN_SAMPLES; step += 1) {
      const last = end(timeAt(grid, step));
      while (to < times.length && (times[to] ?? Infinity) <= last) to += 1;
      while (from < to && (times[from] ?? Infinity) <= last - rangeMs) from += 1;
      if (from === to) continue;
      looked += to - from;
      const value = figure(values, from, to, times);
      if (value === undefined) continue;
      setFloat(result, step, value);
      any = true;
    }
    place.step = step;
    place.from = from;
    place.to = to;
    place.any = any;
  };
}

export const floatCount = (window: Window): number => window.to - window.from;
export const histogramCount = (window: Window): number => window.histogramTo - window.histogramFrom;
