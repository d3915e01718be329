import { StringColumn, NumberColumn, nativeBlock } from '#store/native.js';
import type { JudgedPart } from './judged.js';

/** Blocks of `anomaly_scores`: one for each part. */
export function scoreBlocks(at: number, parts: readonly JudgedPart[]): Buffer[] {
  return parts.flatMap((part) => {
    if (part.rows === 0) return [];
    const time = new NumberColumn('time', 'DateTime64(3)');
    const series = new StringColumn('series');
    for (let row = 0; row < part.rows; row += 1) {
      time.push(at);
      series.push(part.series[row]?.id ?? '');
    }
    const numbers = ([['value', part.values], ['expected', part.expected], ['lower', part.lower], ['upper', part.upper], ['score', part.scores]] as const).map(([name, values]) => {
      const column = new NumberColumn(name, 'Float64');
      column.pushAll(values.subarray(0, part.rows));
      return column;
    });
    return [nativeBlock([time, series, ...numbers])];
  });
}
