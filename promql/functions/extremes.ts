import { timeAt } from '../eval/context.js';
import type { RangeSeries } from '../eval/ranges.js';
import type { VectorSeries } from '../eval/value.js';
import { FLOAT } from '../source.js';
import type { Place, WindowFrame } from './frame.js';

/**
 * The extreme of each window of a series, each sample looked at once however many windows hold it: what a later sample beats is never the extreme again. NaN only when there is nothing else.
 * `better`: whether a value takes the place of the best one.
 */
export function slidingExtremes(better: (value: number, best: number) => boolean) {
  return ({ times, values }: RangeSeries, { range: { rangeMs, end }, grid }: WindowFrame, result: VectorSeries, place: Place): void => {
    // Places of samples that may still be the extreme, the best one first.
    const places = new Uint32Array(times.length);
    let [head, tail, from, to] = [0, 0, 0, 0];
    for (let step = 0; step < grid.steps; step += 1) {
      const last = end(timeAt(grid, step));
      for (; to < times.length && (times[to] ?? Infinity) <= last; to += 1) {
        const value = values[to] ?? Number.NaN;
        if (Number.isNaN(value)) continue;
        while (tail > head && better(value, values[places[tail - 1] ?? 0] ?? Number.NaN)) tail -= 1;
        places[tail] = to;
        tail += 1;
      }
      while (from < to && (times[from] ?? Infinity) <= last - rangeMs) from += 1;
      while (head < tail && (places[head] ?? 0) < from) head += 1;
      if (from === to) continue;
      result.values[step] = head < tail ? (values[places[head] ?? 0] ?? Number.NaN) : Number.NaN;
      result.kinds[step] = FLOAT;
      place.any = true;
    }
    place.step = grid.steps;
  };
}
