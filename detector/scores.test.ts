import { expect, test } from 'vitest';
import { seriesOf } from '#core/series.js';
import { JudgedPart } from './judged.js';
import { Rings } from './rings.js';
import { createScoreBlocks, kept, unitOf } from './scores.js';
import { createRandom } from './testing.js';

test('bands are kept to a thousandth of their width, in order, and what has no width exactly', () => {
  for (const [lower, expected, upper] of [[9.87654321, 10.01234567, 10.123456789], [1_795_910_873.5, 1_795_910_874.1, 1_795_910_874.7], [1e300, 1.5e300, 2e300]] as const) {
    const unit = unitOf(lower, upper);
    expect(unit).toBeLessThanOrEqual((upper - lower) / 1024);
    const [low, middle, high] = [kept(lower, unit), kept(expected, unit), kept(upper, unit)];
    for (const [one, exact] of [[low, lower], [middle, expected], [high, upper]] as const) expect(Math.abs(one - exact)).toBeLessThanOrEqual(unit / 2);
    expect(low <= middle && middle <= high).toBe(true);
  }
  for (const [lower, upper] of [[5, 5], [-Infinity, Infinity], [Number.NaN, 1]] as const) expect(kept(5.000000001, unitOf(lower, upper))).toBe(5.000000001);
});

/** The ids of blocks, in order: each block is its counts, a column of times, and the ids. */
function idsOf(blocks: readonly Buffer[]): string[] {
  return blocks.flatMap((block) => [...block.toString('latin1').matchAll(/[\da-f]{16}/g)].map(([id]) => id));
}

test('scores come in the order of their series, as these come, pause, go, and others take their places', async () => {
  const random = createRandom(3);
  const all = Array.from({ length: 400 }, (_, index) => seriesOf('metric', 'shop', '', `m${index}`, '', {}));
  const parts = [new JudgedPart(new Rings()), new JudgedPart(new Rings()), new JudgedPart(new Rings())];
  const blocks = createScoreBlocks();
  /** Who is where: a place is given to another now and then. */
  const owners = parts.map(() => Array.from({ length: 60 }, () => 0));
  let next = 0;
  for (let step = 0; step < 40; step += 1) {
    const judged: string[] = [];
    for (const [index, part] of parts.entries()) {
      part.rows = 0;
      for (let place = 0; place < 60; place += 1) {
        if (step === 0 || random.uniform() < 0.03) (owners[index] ?? [])[place] = next++ % all.length;
        const one = all[owners[index]?.[place] ?? 0];
        if (!one || random.uniform() < 0.1 || judged.includes(one.id)) continue;
        part.series[part.rows] = one;
        part.places[part.rows] = place;
        part.scores[part.rows] = step;
        part.rows += 1;
        judged.push(one.id);
      }
    }
    expect(idsOf(await blocks(1_000 * step, parts))).toEqual(judged.toSorted());
  }
});
