import type { Series } from '#core/types.js';
import type { Reading } from './band.js';
import { answer, type Ask } from './ask.js';
import { ModelInputs } from './inputs.js';
import { Readings } from './measured.js';
import type { Run } from './members.js';
import { BLOCK_ROWS } from './rings.js';

/** Asks about all rows at a time, on the thread of the test. */
export const askBy = (run: Run): Ask => (question) => answer(question, new ModelInputs(BLOCK_ROWS), run);

/** What one step reads, telemetry flowing. */
export function measuredNow(readings: readonly { readonly series: Series; readonly reading: Reading }[]): Readings {
  const measured = new Readings();
  measured.alive[0] = 1;
  for (const { series, reading } of readings) measured.put(series, 0, reading.value, reading.count);
  return measured;
}

/** Park and Miller's generator: the same noise in every run. */
export function createRandom(seed: number): { readonly uniform: () => number; readonly normal: () => number; readonly poisson: (mean: number) => number } {
  let state = seed;
  const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const poisson = (mean: number): number => Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
  return { uniform, normal, poisson };
}
