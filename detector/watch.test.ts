import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriesOf as logSeries } from '#core/series.js';
import type { Anomaly, Series, SeriesKind } from '#core/types.js';
import { detectorConfig } from './config.js';
import { openInference, type Inference } from './onnx/inference.js';
import { LOG_PATTERN_METRIC } from './words.js';
import { Readings } from './measured.js';
import { createRandom, measuredNow } from './testing.js';
import { BUILT_IN_MEMBERS } from './members.js';
import { createWatch } from './watch.js';

const STEP = 5_000;
const config = detectorConfig.parse({ step: '5s' });
let inference: Inference;
beforeAll(async () => {
  inference = await openInference();
}, 60_000);
afterAll(() => inference.close());

const seriesOf = (kind: SeriesKind, name: string): Series => ({ id: `${kind}-${name}`, kind, service: name, operation: '', metric: kind, unit: '', labels: {} });

type Shape = (step: number, random: ReturnType<typeof createRandom>) => { value: number; count: number };

async function play(shapes: readonly { series: Series; shape: Shape }[], steps: number): Promise<Anomaly[]> {
  const watch = createWatch(config, inference.ask);
  const random = createRandom(42);
  const episodes = new Map<string, Anomaly>();
  for (let step = 0; step < steps; step += 1) {
    const measured = measuredNow(shapes.map(({ series, shape }) => ({ series, reading: shape(step, random) })));
    for (const anomaly of (await watch.step(step * STEP, measured, 0, undefined)).anomalies) episodes.set(anomaly.id, anomaly);
  }
  return [...episodes.values()];
}

const rate = (perStep: number): Shape => (step, random) => { const count = random.poisson(perStep * (1 + 0.25 * Math.sin((2 * Math.PI * step) / 120))); return { value: count / 5, count }; };
const latency = (ms: number): Shape => (_step, random) => ({ value: ms * Math.exp(0.2 * random.normal()), count: 60 });
const errors = (ratio: number, count: number): Shape => (_step, random) => ({ value: random.poisson(ratio * count) / count, count });
const gauge = (level: number): Shape => (_step, random) => ({ value: level * (1 + 0.02 * random.normal()), count: 0 });

describe('detection on fault shapes', () => {
  it('takes a limit that stands for none, the largest number there is, for a value like any other', async () => {
    expect(await play([{ series: seriesOf('metric', 'limit'), shape: () => ({ value: Number.MAX_VALUE, count: 0 }) }], 200)).toEqual([]);
  });

  it('stays quiet over half an hour of daily-shaped load and noise in 60 series', async () => {
    const shapes = Array.from({ length: 15 }, (_, index) => [
      { series: seriesOf('rate', `s${index}`), shape: rate(20 + index * 10) },
      { series: seriesOf('latency', `s${index}`), shape: latency(10 + index * 20) },
      { series: seriesOf('errors', `s${index}`), shape: errors(0.003, 40 + index * 10) },
      { series: seriesOf('metric', `s${index}`), shape: gauge(1e6 * (index + 1)) },
    ]).flat();
    expect(await play(shapes, 360)).toEqual([]);
  }, 60_000);

  const faulty = (normal: Shape, change: (value: number, since: number) => number): Shape => (step, random) => {
    const point = normal(step, random);
    return step >= 100 && step < 130 ? { ...point, value: change(point.value, step - 100) } : point;
  };
  const faults: Readonly<Record<string, { kind: SeriesKind; shape: Shape; direction: string; within: number }>> = {
    'errors 0.1 % → 4 % of many requests': { kind: 'errors', shape: faulty(errors(0.001, 20_000), (value) => value + 0.04), direction: 'up', within: 2 },
    'errors 0.3 % → 40 %': { kind: 'errors', shape: faulty(errors(0.003, 60), (value) => value + 0.4), direction: 'up', within: 2 },
    'latency times three': { kind: 'latency', shape: faulty(latency(80), (value) => value * 3), direction: 'up', within: 3 },
    'traffic to zero': { kind: 'rate', shape: faulty(rate(50), () => 0), direction: 'absent', within: 2 },
    'traffic times three': { kind: 'rate', shape: faulty(rate(50), (value) => value * 3), direction: 'up', within: 2 },
    'a leak of 5 % a step': { kind: 'metric', shape: faulty(gauge(1e8), (value, since) => value * (1 + 0.05 * since)), direction: 'up', within: 12 },
  };
  it.each(Object.entries(faults))('finds %s soon, once, and sees its end', async (name, { kind, shape, direction, within }) => {
    const [episode, ...more] = await play([{ series: seriesOf(kind, name), shape }], 160);
    expect(more).toEqual([]);
    expect(episode).toMatchObject({ direction });
    expect(episode?.startsAt).toBeGreaterThanOrEqual(100 * STEP);
    expect(episode?.startsAt).toBeLessThanOrEqual((100 + within) * STEP);
    expect(episode?.endsAt).toBeGreaterThanOrEqual(128 * STEP);
  }, 60_000);
});

it('finds what a service says for the first time, and says a lot', async () => {
  const errorLogs = logSeries('logs', 'payment', '', 'error_logs', '1/s');
  const pattern = { ...logSeries('logs', 'payment', '', LOG_PATTERN_METRIC, '1/s', { pattern: '7' }), labels: { pattern: 'card <*> declined' } };
  const watch = createWatch(config, inference.ask);
  const found: Anomaly[] = [];
  for (let step = 0; step < 104; step += 1) {
    const measured = measuredNow([{ series: errorLogs, reading: { value: 0, count: 0 } }, ...(step < 100 ? [] : [{ series: pattern, reading: { value: 4, count: 20 } }])]);
    found.push(...(await watch.step(step * STEP, measured, 0, undefined)).anomalies);
  }
  expect(found[0]).toMatchObject({ startsAt: 100 * STEP, expected: expect.closeTo(0), series: { labels: { pattern: 'card <*> declined' } } });
});

it.each([['ten requests a step', 10, 8], ['one request a step', 1, 60]])('finds that a service of %s gets none any more', async (_name, perStep, within) => {
  const shape: Shape = (step, random) => { const count = step >= 200 ? 0 : random.poisson(perStep); return { value: count / 5, count }; };
  const alive = seriesOf('rate', 'other');
  const quiet = { ...seriesOf('rate', 'quiet'), metric: 'requests' };
  const watch = createWatch(config, inference.ask);
  const random = createRandom(42);
  const found = new Map<string, Anomaly>();
  for (let step = 0; step < 300; step += 1) {
    const reading = shape(step, random);
    const measured = measuredNow([{ series: alive, reading: { value: 10, count: 50 } }, ...(reading.count > 0 ? [{ series: quiet, reading }] : [])]);
    measured.alive.fill(1);
    for (const anomaly of (await watch.step(step * STEP, measured, 0, undefined)).anomalies) found.set(anomaly.id, anomaly);
  }
  const [anomaly, ...more] = [...found.values()];
  expect(more).toEqual([]);
  expect(anomaly).toMatchObject({ series: { service: 'quiet' }, direction: 'absent', endsAt: null });
  expect((anomaly?.startsAt ?? 0) / STEP - 200).toBeLessThanOrEqual(within);
});

it('takes the silences of a service that has them for its own', async () => {
  const series = { ...seriesOf('rate', 'batch'), metric: 'requests' };
  const watch = createWatch(config, inference.ask);
  const random = createRandom(42);
  const anomalies: Anomaly[] = [];
  for (let step = 0; step < 400; step += 1) {
    const count = step % 60 < 40 ? random.poisson(10) : 0;
    const measured = measuredNow([{ series: seriesOf('rate', 'other'), reading: { value: 10, count: 50 } }, ...(count > 0 ? [{ series, reading: { value: count / 5, count } }] : [])]);
    measured.alive.fill(1);
    anomalies.push(...(await watch.step(step * STEP, measured, 0, undefined)).anomalies);
  }
  expect(anomalies).toEqual([]);
});

it('calls what a service says by what its pattern has become since', async () => {
  const errorLogs = logSeries('logs', 'web', '', 'error_logs', '1/s');
  const said = logSeries('logs', 'web', '', LOG_PATTERN_METRIC, '1/s', { pattern: '7' });
  const watch = createWatch(config, inference.ask);
  const names: string[] = [];
  for (let step = 0; step < 112; step += 1) {
    const pattern = { ...said, labels: { pattern: step < 106 ? 'GET /products failed' : 'GET <*> failed' } };
    const measured = measuredNow([{ series: errorLogs, reading: { value: 0, count: 0 } }, ...(step < 100 ? [] : [{ series: pattern, reading: { value: 4, count: 20 } }])]);
    for (const { series } of (await watch.step(step * STEP, measured, 0, undefined)).anomalies) if (series.metric === LOG_PATTERN_METRIC) names.push(series.labels['pattern'] ?? '');
  }
  expect(names[0]).toBe('GET /products failed');
  expect(names.at(-1)).toBe('GET <*> failed');
});

it.each([['new', true], ['known by another pattern', false]])('judges what a service begins to say when it is %s', async (_, isFound) => {
  const errorLogs = logSeries('logs', 'web', '', 'error_logs', '1/s');
  const said = logSeries('logs', 'web', '', LOG_PATTERN_METRIC, '1/s', { pattern: '7' });
  const watch = createWatch(config, inference.ask);
  const anomalies: Anomaly[] = [];
  for (let step = 0; step < 300; step += 1) {
    const measured = measuredNow([{ series: errorLogs, reading: { value: 4, count: 20 } }, ...(step < 100 ? [] : [{ series: said, reading: { value: 4, count: 20 } }])]);
    if (!isFound) measured.renewed.add(said.id);
    anomalies.push(...(await watch.step(step * STEP, measured, 0, undefined)).anomalies);
  }
  expect(anomalies.some(({ series }) => series.metric === LOG_PATTERN_METRIC)).toBe(isFound);
});

it('judges the same, number by number, in whatever order its models are named', async () => {
  const kinds = { rate: rate(40), errors: errors(0.003, 60), latency: latency(80), metric: gauge(1e6), flat: () => ({ value: 7, count: 0 }) };
  const series = Object.keys(kinds).map((name) => seriesOf(name === 'flat' ? 'metric' : (name as SeriesKind), name));
  const judged = async (members: typeof BUILT_IN_MEMBERS | undefined): Promise<{ scores: number[]; anomalies: readonly Anomaly[] }[]> => {
    const watch = createWatch(config, inference.ask);
    if (members) watch.setMembers(members);
    const random = createRandom(3);
    const results: { scores: number[]; anomalies: readonly Anomaly[] }[] = [];
    for (let step = 0; step < 60; step += 1) {
      const readings = Object.values(kinds).map((shape) => { const { value, count } = shape(step, random); return { value: step > 50 ? value * 3 : value, count }; });
      const measured = measuredNow(series.map((one, index) => ({ series: one, reading: readings[index] ?? { value: 0, count: 0 } })));
      const { judged: { parts }, anomalies } = await watch.step(step * STEP, measured, 0, undefined);
      results.push({ scores: parts.flatMap(({ rows, scores }) => [...scores.subarray(0, rows)]), anomalies });
    }
    return results;
  };
  const [own, turned] = [await judged(undefined), await judged(BUILT_IN_MEMBERS.toReversed())];
  expect(own.some(({ anomalies }) => anomalies.length > 0)).toBe(true);
  expect(turned).toEqual(own);
});

it('learns the past of metrics alone as it learns it beside requests', async () => {
  const metrics = Array.from({ length: 5 }, (_, index) => seriesOf('metric', `m${index}`));
  const judged = async (beside: readonly Series[]): Promise<number[]> => {
    const watch = createWatch(config, inference.ask);
    const random = createRandom(4);
    const past = new Readings(50);
    // The last one comes late, and each has gaps.
    for (let slot = 0; slot < 50; slot += 1) for (const [index, series] of metrics.entries()) if ((slot + index) % 7 !== 0 && (index < 4 || slot > 20)) past.put(series, slot, index + 0.1 * random.normal(), 0);
    for (const series of beside) past.put(series, 0, 1, 5);
    expect((await watch.learn(0, past)).map(({ id }) => id).toSorted()).toEqual([...metrics, ...beside].map(({ id }) => id).toSorted());
    const { judged: { parts } } = await watch.step(50 * STEP, measuredNow(metrics.map((series, index) => ({ series, reading: { value: index * 1.1, count: 0 } }))), 0, undefined);
    return parts.flatMap(({ rows, series, scores, lower }) => series.flatMap(({ kind, id }, row) => (row < rows && kind === 'metric' ? { id, is: [scores[row] ?? 0, lower[row] ?? 0] } : []))).toSorted((a, b) => a.id.localeCompare(b.id)).flatMap(({ is }) => is);
  };
  const alone = await judged([]);
  expect(alone).toHaveLength(10);
  expect(await judged([seriesOf('rate', 'shop')])).toEqual(alone);
});

it('judges quiet metrics in turns when there is no time, and requests and what is in trouble in every step', async () => {
  const watch = createWatch(config, inference.ask);
  const random = createRandom(8);
  const metrics = Array.from({ length: 8 }, (_, index) => seriesOf('metric', `m${index}`));
  const judgedIn = async (step: number, at: (index: number) => number): Promise<string[]> => {
    const readings = [{ series: seriesOf('rate', 'shop'), reading: { value: 20 + random.normal(), count: 100 } }, ...metrics.map((series, index) => ({ series, reading: { value: at(index) * (1 + 0.01 * random.normal()), count: 0 } }))];
    const { judged } = await watch.step(step * STEP, measuredNow(readings), 0, undefined);
    return judged.parts.flatMap(({ series }) => series.map(({ service }) => service));
  };
  for (let step = 0; step < 60; step += 1) await judgedIn(step, () => 50);
  for (let step = 60; step < 64; step += 1) await judgedIn(step, (index) => (index === 3 ? 500 : 50));
  watch.setEvery(4);
  const steps: string[][] = [];
  for (let step = 64; step < 68; step += 1) steps.push(await judgedIn(step, (index) => (index === 3 ? 500 : 50)));
  for (const services of steps) expect(services).toEqual(expect.arrayContaining(['shop', 'm3']));
  for (const { service } of metrics) expect(steps.filter((services) => services.includes(service))).toHaveLength(service === 'm3' ? 4 : 1);
  watch.setEvery(1);
  expect(await judgedIn(68, () => 50)).toHaveLength(9);
});

it('keeps room for requests beside more metrics than may be watched', async () => {
  const watch = createWatch({ ...config, max_series: 10 }, inference.ask);
  const metrics = Array.from({ length: 12 }, (_, index) => ({ series: seriesOf('metric', `m${index}`), reading: { value: 1, count: 0 } }));
  await watch.step(0, measuredNow([...metrics, { series: seriesOf('rate', 'shop'), reading: { value: 1, count: 15 } }]), 0, undefined);
  expect(watch.counts()).toEqual({ learned: 0, learning: 10, unwatched: 3 });
});
