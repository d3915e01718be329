import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '#core/clock.js';
import { parseTable, type Table } from '../../backtest/table.js';
import { createRandom } from '../../demo/random.js';

/** prom_z: the rule of thumb `abs(x - avg_over_time(x[1d])) > 3 * stddev_over_time(x[1d])`. */
const SIGMAS = 3;
/** The random judge alerts once in so many rows. */
const ONE_IN = 2_000;

/** Scores of one file, row by row; 1 is where the baseline alerts. */
export type Baseline = (table: Table) => Float64Array;

export const BASELINES: Readonly<Record<string, Baseline>> = {
  random: ({ times }) => {
    const random = createRandom(times.length);
    return Float64Array.from(times, () => random() / (1 - 1 / ONE_IN));
  },
  prom_z: ({ times, columns }) => {
    const worst = new Float64Array(times.length);
    for (const column of columns) for (const [row, z] of zOfDay(times, column).entries()) worst[row] = Math.max(worst[row] ?? 0, z / SIGMAS);
    return worst;
  },
};

/** Distance from the mean of the last day, in its standard deviations. */
function zOfDay(times: Float64Array, values: Float64Array): Float64Array {
  const scores = new Float64Array(times.length);
  let [sum, squares, count, first] = [0, 0, 0, 0];
  for (const [row, time] of times.entries()) {
    const value = values[row] ?? Number.NaN;
    for (; (times[first] ?? Infinity) < time - DAY_MS; first += 1) {
      const old = values[first] ?? Number.NaN;
      if (Number.isNaN(old)) continue;
      sum -= old;
      squares -= old * old;
      count -= 1;
    }
    if (Number.isNaN(value)) continue;
    sum += value;
    squares += value * value;
    count += 1;
    const mean = sum / count;
    const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
    scores[row] = deviation > 0 ? Math.abs(value - mean) / deviation : 0;
  }
  return scores;
}

/** Writes a baseline's answers for every file of a folder in the scorers' format. */
export function writeBaseline(baseline: Baseline, input: string, output: string): void {
  mkdirSync(output, { recursive: true });
  for (const name of readdirSync(input).filter((file) => file.endsWith('.csv'))) {
    const table = parseTable(readFileSync(join(input, name), 'utf8'), name);
    const scores = baseline(table);
    const lines = table.stamps.map((stamp, row) => `${stamp},${(scores[row] ?? 0).toPrecision(6)},${(scores[row] ?? 0) >= 1 ? 1 : 0}`);
    writeFileSync(join(output, name), `timestamp,score,alert\n${lines.join('\n')}\n`);
  }
}
