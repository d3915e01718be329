import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import { detectorConfig } from './config.js';
import { BUILT_IN_MEMBERS, type Run } from './members.js';
import { BLOCK_ROWS } from './rings.js';
import { SEASON, WINDOW } from './models/shape.js';
import { askBy, createRandom, measuredNow } from './testing.js';
import { createWatch } from './watch.js';

const STEP = 15_000;
const config = detectorConfig.parse({});
/** Each comes in one of so many steps. */
const PACES = [1, 1, 4, 4];
const series = PACES.map((pace, index) => seriesOf('metric', 'shop', '', `m${index}`, '', { pace: String(pace) }));

/** Those that judge, given the window. */
const ASKED = BUILT_IN_MEMBERS.map((member) => ({ ...member, inputs: ['window'] as const }));

/** Says the last point of the window, and how many it was asked about each time. */
function lastPoint(): { run: Run; asked: number[] } {
  const asked: number[] = [];
  const run: Run = async (slot, rows, { window }) => {
    if (slot === 'seasonal') asked.push(rows);
    // As a thread does that has other work first.
    await setTimeout(2);
    return { expected: Float32Array.from({ length: rows }, (_, row) => window?.[(row + 1) * WINDOW - 1] ?? 0), scale: new Float32Array(rows).fill(1) };
  };
  return { run, asked };
}

const readingsOf = (step: number) => measuredNow(series.flatMap((one, index) => (step % (PACES[index] ?? 1) === 0 ? { series: one, reading: { value: 10 * index + (step % 3), count: 0 } } : [])));

async function played(until: number) {
  const { run, asked } = lastPoint();
  const watch = createWatch(config, askBy(run));
  watch.setMembers(ASKED);
  for (let step = 0; step < until; step += 1) await watch.step(step * STEP, readingsOf(step), 0, undefined);
  asked.length = 0;
  return { watch, asked };
}

it('asks about what is due while it is still read, and about the rest when it is there', async () => {
  const { watch, asked } = await played(240);
  let read: (measured: ReturnType<typeof measuredNow>) => void = () => undefined;
  const step = watch.step(240 * STEP, new Promise((resolve) => (read = resolve)), 0, undefined);
  await expect.poll(() => asked).toEqual([4]);
  read(readingsOf(240));
  expect((await step).judged.parts[0]?.rows).toBe(4);
  // Those that come every fourth time are not due, and one comes all the same; one that is due does not come.
  const surprise = measuredNow(series.flatMap((one, index) => (index % 2 === 1 ? { series: one, reading: { value: 10 * index + 1, count: 0 } } : [])));
  const { judged } = await watch.step(241 * STEP, surprise, 0, undefined);
  expect(asked).toEqual([4, 2, 1]);
  const [part] = judged.parts;
  expect(part?.series.map(({ metric }) => metric)).toEqual(['m1', 'm3']);
  // Each has its own forecast: its last value.
  expect(part?.expected[0]).toBeCloseTo(10, 4);
  expect(part?.expected[1]).toBeCloseTo(30, 4);
});

it('judges the same when what is read comes at the second attempt', async () => {
  const [once, again] = [await played(240), await played(240)];
  await expect(again.watch.step(240 * STEP, Promise.reject(new Error('gone')), 0, undefined)).rejects.toThrow('gone');
  const [a, b] = [await once.watch.step(240 * STEP, readingsOf(240), 0, undefined), await again.watch.step(240 * STEP, readingsOf(240), 0, undefined)];
  const numbers = ({ judged }: typeof a) => judged.parts.map(({ rows, scores, upper }) => [...scores.subarray(0, rows), ...upper.subarray(0, rows)]);
  expect(numbers(b)).toEqual(numbers(a));
});

it('asks another model afterwards what those that judge were asked, while windows fill and when they are full, beside series in which nothing moves', async () => {
  /** What each slot was asked last, row by row. */
  const asked = new Map<string, string[]>();
  const run: Run = async (slot, rows, inputs) => {
    const texts = Array.from({ length: rows }, (_, row) => Object.entries(inputs).map(([name, all]) => `${name} ${[...all.subarray((row * all.length) / rows, ((row + 1) * all.length) / rows)].map((one) => (one + 0).toFixed(3).replace('-0.000', '0.000')).join(' ')}`).join(';'));
    asked.set(slot, texts);
    return { expected: new Float32Array(rows), scale: new Float32Array(rows).fill(1) };
  };
  const watch = createWatch(config, askBy(run));
  const inputs = ['window', 'ranks', 'yesterday'] as const;
  watch.setMembers(BUILT_IN_MEMBERS.map((member) => ({ ...member, inputs })));
  const random = createRandom(3);
  const all = Array.from({ length: 6 }, (_, index) => seriesOf('metric', 'shop', '', `m${index}`, '', {}));
  const read = (level: (index: number) => number) => measuredNow(all.map((one, index) => ({ series: one, reading: { value: level(index), count: 0 } })));
  for (let step = 0; step < 3 * WINDOW; step += 1) {
    const yesterday = step < SEASON ? undefined : read((index) => (index < 3 ? 100 * index : random.normal()));
    // The even ones stay where they are, two of them with a day before that did not move either.
    const { judged } = await watch.step(step * STEP, read((index) => (index % 2 === 0 ? 100 * index : 100 * index + random.normal())), 0, yesterday);
    const [part] = judged.parts;
    if (!part || part.rows === 0) continue;
    const once = asked.get('seasonal') ?? [];
    await judged.askAgain(part, { slot: 'shadow', inputs });
    const again = asked.get('shadow') ?? [];
    expect(again).toEqual(once);
    // Three that stay where they are: alike without a day before and until it is known; of the later ones one has a day before that moves.
    expect(once).toHaveLength(step < 2 * SEASON - 1 ? 4 : 5);
  }
});

it('gives each of many series its own forecast, more than can be asked about at a time', async () => {
  const { run } = lastPoint();
  const watch = createWatch(detectorConfig.parse({ min_points: 30 }), askBy(run));
  watch.setMembers(ASKED);
  const many = Array.from({ length: 5 * BLOCK_ROWS + 100 }, (_, index) => seriesOf('metric', 'shop', '', `m${index}`, '', {}));
  let judged: Awaited<ReturnType<typeof watch.step>>['judged'] | undefined;
  for (let step = 0; step <= 31; step += 1) ({ judged } = await watch.step(step * STEP, measuredNow(many.map((one, index) => ({ series: one, reading: { value: index + (step % 2), count: 0 } }))), 0, undefined));
  const parts = judged?.parts ?? [];
  expect(parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(many.length);
  // The last point before was even when the step is odd.
  for (const { rows, series: own, expected } of parts) for (let row = 0; row < rows; row += 97) expect(expected[row]).toBeCloseTo(Number(own[row]?.metric.slice(1)), 1);
});

it.each([1, 2, 4, 8])('judges of every series one point of %i, also of those that come in every fourth step', async (every) => {
  const { watch } = await played(240);
  watch.setEvery(every);
  const judged = new Map(series.map(({ metric }) => [metric, 0]));
  for (let step = 240; step < 240 + 32 * 4; step += 1) {
    const { judged: { parts } } = await watch.step(step * STEP, readingsOf(step), 0, undefined);
    for (const part of parts) for (const { metric } of part.series) judged.set(metric, (judged.get(metric) ?? 0) + 1);
  }
  expect([...judged.values()]).toEqual(PACES.map((pace) => (32 * 4) / pace / every));
});
