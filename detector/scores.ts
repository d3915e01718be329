import { setImmediate } from 'node:timers/promises';
import { StringColumn, NumberColumn, nativeBlock } from '#store/native.js';
import type { JudgedPart } from './judged.js';

/** A band is kept to this share of its width, as a power of two: the digits beyond it would be most of the table. */
const FINEST = 2 ** -10;

/** `values` of bands, each rounded to a multiple of the largest power of two within the finest share of its band's width. What has no width stays as it is. */
export function rounded(values: Float64Array, { rows, lower, upper }: Pick<JudgedPart, 'rows' | 'lower' | 'upper'>): Float64Array {
  const result = values.slice(0, rows);
  for (let row = 0; row < rows; row += 1) {
    const unit = 2 ** Math.floor(Math.log2((upper[row] ?? 0) - (lower[row] ?? 0))) * FINEST;
    if (unit > 0 && unit < Infinity) result[row] = Math.round((result[row] ?? 0) / unit) * unit;
  }
  return result;
}

/** Blocks of `anomaly_scores`: one for each part, with a pause between them. */
export async function scoreBlocks(at: number, parts: readonly JudgedPart[]): Promise<Buffer[]> {
  const blocks: Buffer[] = [];
  for (const part of parts) {
    if (part.rows === 0) continue;
    const time = new NumberColumn('time', 'DateTime64(3)');
    const series = new StringColumn('series');
    for (let row = 0; row < part.rows; row += 1) {
      time.push(at);
      series.push(part.series[row]?.id ?? '');
    }
    const numbers = ([['value', part.values], ['expected', rounded(part.expected, part)], ['lower', rounded(part.lower, part)], ['upper', rounded(part.upper, part)], ['score', part.scores]] as const).map(([name, values]) => {
      const column = new NumberColumn(name, 'Float64');
      column.pushAll(values.subarray(0, part.rows));
      return column;
    });
    blocks.push(nativeBlock([time, series, ...numbers]));
    await setImmediate();
  }
  return blocks;
}
