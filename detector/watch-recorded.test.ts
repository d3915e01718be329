import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import type { Anomaly, Series } from '#core/types.js';
import { detectorConfig } from './config.js';
import { SEASON, WINDOW } from './models/shape.js';
import { Readings } from './measured.js';
import { LOG_PATTERN_METRIC } from './words.js';
import { askBy, createRandom } from './testing.js';
import { BUILT_IN_MEMBERS, type Run } from './members.js';
import { createWatch } from './watch.js';

const STEP = 15_000;
const LEARNED = 60;
const STEPS = 260;

/** Models in plain code: the mean of the last points, with what the day before says; and the last value. */
const run: Run = async (slot, rows, { window = new Float32Array(), yesterday }) => {
  const expected = new Float32Array(rows);
  const scale = new Float32Array(rows).fill(slot === 'robust' ? 0.7 : 0.5);
  for (let row = 0; row < rows; row += 1) {
    let sum = 0;
    for (let index = WINDOW - 20; index < WINDOW; index += 1) sum += window[row * WINDOW + index] ?? 0;
    const before = yesterday?.[(row + 1) * SEASON - 1] ?? 0;
    expected[row] = slot === 'robust' ? (window[(row + 1) * WINDOW - 1] ?? 0) / 2 : sum / 20 + (Math.abs(before) < 100 ? before / 10 : 0);
  }
  return { expected, scale };
};

interface Shown {
  readonly series: Series;
  readonly at: (step: number) => { value: number; count: number } | undefined;
}

/** Everything that a watch tells apart: kinds, gaps, late births, silence, a first log pattern, more series than may be watched. */
function shown(): Shown[] {
  const random = createRandom(11);
  const shift = (step: number, by: number): number => (step >= 150 && step < 190 ? by : 1);
  const all: Shown[] = [];
  const add = (series: Series, at: Shown['at']): void => void all.push({ series, at });
  for (let one = 0; one < 12; one += 1) {
    const service = `s${one}`;
    add(seriesOf('rate', service, '', 'requests', '1/s'), (step) => (step % 17 === one ? undefined : { value: (30 + one) * shift(step, one % 3) + 2 * random.normal(), count: 40 }));
    add(seriesOf('errors', service, '', 'error_ratio', '1'), (step) => (step < one * 9 ? undefined : { value: Math.min(1, Math.abs(0.01 * random.normal()) + (one % 4 === 1 ? shift(step, 1.4) - 1 : 0)), count: 50 }));
    add(seriesOf('latency', service, 'GET /', 'p95', 'ms'), (step) => ({ value: (80 + 10 * one) * Math.exp(0.1 * random.normal()) * shift(step, 1 + (one % 5)), count: 30 + one }));
    add(seriesOf('metric', service, '', 'heap', 'By', { one: String(one) }), (step) => (step > 200 && one % 2 === 0 ? undefined : { value: 1e9 + 1e6 * (random.normal() + (step % 40)) + (shift(step, 3) - 1) * 4e8, count: 0 }));
    add(seriesOf('metric', service, '', 'mean', 's'), (step) => (step % 4 === 0 ? undefined : { value: 0.2 + 0.01 * random.normal(), count: 12 }));
    add(seriesOf('logs', service, '', 'error_logs', '1/s'), (step) => ({ value: step % 30 === one ? 1 : 0, count: 1 }));
  }
  add(seriesOf('logs', 's3', '', LOG_PATTERN_METRIC, '1/s', { pattern: '9' }), (step) => (step >= 180 && step < 210 ? { value: 4, count: 60 } : undefined));
  add(seriesOf('metric', 's4', '', 'flat', ''), (step) => ({ value: step < 170 ? 7 : 8, count: 0 }));
  add(seriesOf('metric', 's5', '', 'one_too_many', ''), (step) => (step > 195 ? { value: 1, count: 0 } : undefined));
  return all;
}

function measuredAt(all: readonly Shown[], steps: readonly number[], alive: (step: number) => boolean): Readings {
  const measured = new Readings(steps.length);
  for (const [slot, step] of steps.entries()) {
    measured.alive[slot] = alive(step) ? 1 : 0;
    if (step < 190) measured.arrive('s1', slot, 10);
    for (const { series, at } of all) {
      const reading = at(step);
      if (reading) measured.put(series, slot, reading.value, reading.count);
    }
  }
  return measured;
}

interface Recorded {
  readonly scores: readonly (readonly [judged: number, sum: number, most: number])[];
  readonly anomalies: readonly Pick<Anomaly, 'id' | 'startsAt' | 'endsAt' | 'score' | 'expected' | 'lower' | 'upper' | 'points' | 'direction' | 'contributions'>[];
  readonly counts: object;
}

async function play(): Promise<Recorded> {
  const watch = createWatch(detectorConfig.parse({ max_series: 82 }), askBy(run));
  watch.setMembers(BUILT_IN_MEMBERS.map((member) => ({ ...member, inputs: ['window', 'yesterday'] as const })));
  const all = shown();
  const alive = (step: number): boolean => step % 23 !== 5;
  const past = measuredAt(all, Array.from({ length: LEARNED }, (_, step) => step), alive);
  await watch.learn(0, past);
  const scores: [number, number, number][] = [];
  const anomalies = new Map<string, Recorded['anomalies'][number]>();
  const before = createRandom(5);
  for (let step = LEARNED; step < STEPS; step += 1) {
    const yesterday = measuredAt(all.slice(0, 40).map(({ series }) => ({ series, at: () => ({ value: 30 + before.normal(), count: 1 }) })), [step], alive);
    const result = await watch.step(step * STEP, measuredAt(all, [step], alive), 0, yesterday);
    const judged = result.judged.parts.flatMap(({ rows, scores: own }) => [...own.subarray(0, rows)]);
    scores.push([judged.length, judged.reduce((sum, score) => sum + score, 0), Math.max(...judged)]);
    for (const { id, startsAt, endsAt, score, expected, lower, upper, points, direction, contributions } of result.anomalies) anomalies.set(id, { id, startsAt, endsAt, score, expected, lower, upper, points, direction, contributions: contributions.map(({ detector, score: own }) => ({ detector, score: own })) });
  }
  return { scores, anomalies: [...anomalies.values()].toSorted((a, b) => a.id.localeCompare(b.id)), counts: watch.counts() };
}

it('judges as it did when this was recorded', async () => {
  const played = await play();
  if (process.env['RECORD']) (await import('node:fs')).writeFileSync(new URL('./watch-recorded.test.json', import.meta.url), JSON.stringify(played));
  const recorded = JSON.parse(readFileSync(new URL('./watch-recorded.test.json', import.meta.url), 'utf8')) as Recorded;
  expect(played.counts).toEqual(recorded.counts);
  expect(recorded.anomalies.length).toBeGreaterThan(20);
  const near = (value: unknown): unknown => (typeof value === 'number' ? expect.closeTo(value, 6 - Math.log10(Math.max(1, Math.abs(value) / 1000))) : Array.isArray(value) ? value.map(near) : value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, near(one)])) : value);
  expect(played.scores).toEqual(near(recorded.scores));
  expect(played.anomalies).toEqual(near(recorded.anomalies));
});
