import { setImmediate } from 'node:timers/promises';
import { StringColumn, NumberColumn, nativeBlock } from '#store/native.js';
import type { JudgedPart } from './judged.js';

type Bands = Pick<JudgedPart, 'rows' | 'expected' | 'lower' | 'upper'>;

/** A band is kept to this share of its width, as a power of two: the digits beyond it would be most of the table. */
const FINEST = 2 ** -10;

/** The largest power of two within the finest share of each band's width; 0 for what has none. */
function unitsOf({ rows, lower, upper }: Bands): Float64Array {
  const units = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const width = (upper[row] ?? 0) - (lower[row] ?? 0);
    if (width > 0 && width < Infinity) units[row] = 2 ** Math.floor(Math.log2(width)) * FINEST;
  }
  return units;
}

/** Expected values and bands as they are kept. */
export function keptBands(bands: Bands): Pick<Bands, 'expected' | 'lower' | 'upper'> {
  const units = unitsOf(bands);
  const kept = (values: Float64Array): Float64Array => units.map((unit, row) => (unit > 0 ? Math.round((values[row] ?? 0) / unit) * unit : (values[row] ?? 0)));
  return { expected: kept(bands.expected), lower: kept(bands.lower), upper: kept(bands.upper) };
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
    const { expected, lower, upper } = keptBands(part);
    const numbers = ([['value', part.values], ['expected', expected], ['lower', lower], ['upper', upper], ['score', part.scores]] as const).map(([name, values]) => {
      const column = new NumberColumn(name, 'Float64');
      column.pushAll(values.subarray(0, part.rows));
      return column;
    });
    blocks.push(nativeBlock([time, series, ...numbers]));
    await setImmediate();
  }
  return blocks;
}
