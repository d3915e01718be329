import { setImmediate } from 'node:timers/promises';
import { StringColumn, NumberColumn, nativeBlock } from '#store/native.js';
import type { JudgedPart } from './judged.js';

type Bands = Pick<JudgedPart, 'rows' | 'expected' | 'lower' | 'upper'>;

/** A band is kept to this share of its width, as a power of two: the digits beyond it would be most of the table. */
const FINEST = 2 ** -10;

const double = new Float64Array(1);
const [LOW, HIGH] = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? [0, 1] : [1, 0];
const halves = new Uint32Array(double.buffer);
/** Sign and exponent of a double's upper half. */
const EXPONENT = 0xfff0_0000;

/** The largest power of two that is not above a positive number: its double without the digits. */
function powerWithin(value: number): number {
  double[0] = value;
  halves[LOW] = 0;
  halves[HIGH] = (halves[HIGH] ?? 0) & EXPONENT;
  return double[0];
}

/** Expected values and bands as they are kept; what has no width is kept exactly. */
export function keptBands({ rows, expected, lower, upper }: Bands): Pick<Bands, 'expected' | 'lower' | 'upper'> {
  const kept = { expected: expected.slice(0, rows), lower: lower.slice(0, rows), upper: upper.slice(0, rows) };
  for (let row = 0; row < rows; row += 1) {
    const width = (upper[row] ?? 0) - (lower[row] ?? 0);
    if (!(width > 0 && width < Infinity)) continue;
    const unit = powerWithin(width) * FINEST;
    if (unit === 0) continue;
    kept.expected[row] = Math.round((expected[row] ?? 0) / unit) * unit;
    kept.lower[row] = Math.round((lower[row] ?? 0) / unit) * unit;
    kept.upper[row] = Math.round((upper[row] ?? 0) / unit) * unit;
  }
  return kept;
}

const time = new NumberColumn('time', 'DateTime64(3)');
const series = new StringColumn('series');
const numbers = (['value', 'expected', 'lower', 'upper', 'score'] as const).map((name) => new NumberColumn(name, 'Float64'));
/** Filled anew for each block: as garbage, they made V8 look through its heap in every step. */
const columns = [time, series, ...numbers];

/** Blocks of `anomaly_scores`: one for each part, with a pause between them. */
export async function scoreBlocks(at: number, parts: readonly JudgedPart[]): Promise<Buffer[]> {
  const blocks: Buffer[] = [];
  for (const part of parts) {
    if (part.rows === 0) continue;
    for (const column of columns) column.reset();
    time.pushAll(new BigInt64Array(part.rows).fill(BigInt(at)));
    for (let row = 0; row < part.rows; row += 1) series.push(part.series[row]?.id ?? '');
    const { expected, lower, upper } = keptBands(part);
    for (const [index, values] of [part.values, expected, lower, upper, part.scores].entries()) numbers[index]?.pushAll(values.subarray(0, part.rows));
    blocks.push(nativeBlock(columns));
    await setImmediate();
  }
  return blocks;
}
