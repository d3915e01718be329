import { setImmediate } from 'node:timers/promises';
import { StringColumn, NumberColumn, nativeBlock } from '#store/native.js';
import type { JudgedPart } from './judged.js';

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
    const numbers = ([['value', part.values], ['expected', part.expected], ['lower', part.lower], ['upper', part.upper], ['score', part.scores]] as const).map(([name, values]) => {
      const column = new NumberColumn(name, 'Float64');
      column.pushAll(values.subarray(0, part.rows));
      return column;
    });
    blocks.push(nativeBlock([time, series, ...numbers]));
    await setImmediate();
  }
  return blocks;
}
