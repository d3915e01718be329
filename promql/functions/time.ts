import { DAY_MS } from '#core/clock.js';
import { timeAt } from '../eval/context.js';
import { asSelector, selectStarts, selectTimes } from '../eval/instant.js';
import type { Evaluation } from '../eval/turns.js';
import { emptySeries, setFloat, vector, type Value } from '../eval/value.js';
import { NO_LABELS } from '../labels.js';
import { ABSENT } from '../eval/value.js';
import { overFloats, type Frame, type FunctionTable, type PromFunction } from './frame.js';

/** Seconds of each evaluation time. */
function now({ grid }: Frame): Float64Array {
  return Float64Array.from({ length: grid.steps }, (_none, step) => timeAt(grid, step) / 1000);
}

/** A part of the date, UTC, of each value, or of the evaluation time when there is no argument. */
function datePart(part: (date: Date) => number): PromFunction {
  const of = (seconds: number): number => part(new Date(Math.floor(seconds) * 1000));
  return (frame) => {
    if (frame.call.args.length > 0) return overFloats(of)(frame);
    const series = emptySeries(NO_LABELS, frame.grid.steps);
    for (const [step, seconds] of now(frame).entries()) setFloat(series, step, of(seconds));
    return vector([series]);
  };
}

/** The sample's own time for a plain selector, the evaluation time for anything computed. */
function* timestamp(frame: Frame): Evaluation<Value> {
  const selector = asSelector(frame.call.args[0]);
  if (selector) return vector((yield* selectTimes(selector, frame.grid, frame.context)).map((series) => ({ ...series, dropName: true })));
  const times = now(frame);
  return vector(
    frame.vector(0).map((series) => {
      const result = emptySeries(series.labels, frame.grid.steps, true);
      for (const [step, kind] of series.kinds.entries()) if (kind !== ABSENT) setFloat(result, step, times[step] ?? Number.NaN);
      return result;
    }),
  );
}

/** When what a plain selector's sample counts began, 0 where nobody knows. Nothing is known of what was computed. */
function* startTimestamp(frame: Frame): Evaluation<Value> {
  const selector = asSelector(frame.call.args[0]);
  return vector(selector ? (yield* selectStarts(selector, frame.grid, frame.context)).map((series) => ({ ...series, dropName: true })) : []);
}

export const timeFunctions: FunctionTable = {
  time: (frame) => ({ type: 'scalar', values: now(frame) }),
  timestamp,
  start_timestamp: startTimestamp,
  minute: datePart((date) => date.getUTCMinutes()),
  hour: datePart((date) => date.getUTCHours()),
  day_of_week: datePart((date) => date.getUTCDay()),
  day_of_month: datePart((date) => date.getUTCDate()),
  day_of_year: datePart((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1),
  days_in_month: datePart((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
  month: datePart((date) => date.getUTCMonth() + 1),
  year: datePart((date) => date.getUTCFullYear()),
};
