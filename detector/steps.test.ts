import { afterAll, beforeAll, expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import type { Anomaly } from '#core/types.js';
import { saveAnomalies } from '#store/anomalies.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from './config.js';
import { robustLevel } from './models/robust.js';
import { WINDOW } from './models/shape.js';
import { createSteps, type Steps, type StepsOptions } from './steps.js';
import { askBy } from './testing.js';

const STEP = 15_000;
const HOUR = 3_600_000;
const NOW = Math.floor(Date.now() / HOUR) * HOUR;
let store: Store;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
afterAll(() => store.close());

const stepsOf = (change: Partial<StepsOptions> = {}) => createSteps({ store, config: detectorConfig.parse({}), models: async () => undefined, anomalies: { consume: () => Promise.resolve() }, ...change });
/** A gauge of `service` with a point every `paceMs`, the first at `from`. */
async function measure(id: string, service: string, from: number, paceMs: number, points: number): Promise<void> {
  await store.insert('metric_series', [{ id, name: 'heap', type: 'gauge', metric: 'heap', unit: 'By', service, labels: {}, last_seen: Math.floor(NOW / 1000) }]);
  await store.insert('metric_samples', Array.from({ length: points }, (_, index) => ({ series: id, time: new Date(from + index * paceMs).toISOString(), value: index })));
}
const written = (service: string) =>
  store.query<{ service: string; metric: string; times: number; first: number; last: number }>(
    'SELECT service, metric, toUInt32(count()) AS times, toUnixTimestamp(min(first_seen)) AS first, toUnixTimestamp(max(last_seen)) AS last FROM watched_series WHERE service = {service:String} GROUP BY id, service, metric', { params: { service } },
  );

it('writes down the series that it learns from what was stored before it began, once', async () => {
  await measure('1', 'cart', NOW - 40 * STEP, STEP, 40);
  for (let start = 0; start < 2; start += 1) {
    const steps = stepsOf({ models: () => Promise.reject(new Error('nothing is judged')) });
    await steps.learn(NOW);
    expect(steps.watch.counts().learned).toBe(1);
    expect(await written('cart')).toMatchObject([{ service: 'cart', metric: 'heap', times: 1 }]);
  }
});

it('writes down what it watches anew once a day, with when it came first', async () => {
  const until = NOW - 60 * HOUR;
  await measure('2', 'stock', until - 12 * HOUR, HOUR, 72);
  const steps = stepsOf({ config: { ...detectorConfig.parse({}), step: HOUR } });
  await steps.learn(until);
  const [learned] = await written('stock');
  for (let step = 0; step < 59; step += 1) await steps.advance();
  const [after] = await written('stock');
  expect(after?.first).toBe(learned?.first);
  expect(after?.last).toBeGreaterThan(learned?.last ?? Infinity);
  expect(NOW / 1000 - (after?.last ?? 0)).toBeLessThan(24 * 3600);
}, 60_000);

it('writes down later what was new in a step that could not be stored', async () => {
  const until = NOW - 10 * STEP;
  let fails = false;
  const failing: Store = { ...store, insert: async (table, rows) => (fails && table === 'watched_series' ? Promise.reject(new Error('the store is away')) : store.insert(table, rows)) };
  const steps = stepsOf({ store: failing });
  await steps.learn(until);
  await measure('3', 'mail', until, STEP, 10);
  fails = true;
  await expect(steps.advance()).rejects.toThrow('the store is away');
  expect(await written('mail')).toEqual([]);
  fails = false;
  await steps.advance();
  expect(await written('mail')).toMatchObject([{ service: 'mail', times: 1 }]);
});

const ROBUST = askBy(async (_slot, rows, { window }) => {
  const said = Array.from({ length: rows }, (_, row) => robustLevel((window ?? new Float32Array()).slice(row * WINDOW, (row + 1) * WINDOW)));
  return { expected: Float32Array.from(said, ({ expected }) => expected), scale: Float32Array.from(said, ({ scale }) => scale) };
});

it('misses a service that lost all its requests over restarts, for a day', async () => {
  const lost = NOW - 4 * HOUR;
  const [before, after] = [20, 110].map((minutes) => (minutes * 60_000) / STEP) as [number, number];
  const requests = async (service: string, operation: string, steps: number): Promise<void> =>
    store.command(`INSERT INTO red_5s SELECT toDateTime(${lost / 1000} + (intDiv(number, 40) - ${before}) * ${STEP / 1000}), '${service}', '${operation}', 'Server', '1', count(), 0, sum(20), quantilesTDigestState(0.5, 0.95, 0.99)(toFloat32(20 + number % 7)) FROM numbers(${40 * steps}) GROUP BY intDiv(number, 40)`);
  await requests('web', 'GET /', before + after);
  await requests('gone', 'GET /', before);
  const started = async (until: number): Promise<Steps> => {
    const steps = stepsOf({ models: ROBUST });
    steps.watch.setMembers([{ name: 'robust', slot: 'robust', inputs: ['window'], calibration: 'robust' }]);
    await steps.learn(until);
    return steps;
  };
  const missed = ({ watch }: Steps): string[] => watch.open().flatMap(({ id, series, direction, startsAt }) => (series.operation === '' ? [`${id} ${series.service} ${direction} ${(startsAt - lost) / STEP}`] : []));
  const step = async (steps: Steps, until: number): Promise<void> => {
    while (steps.doneUntil() < until) await steps.advance(until);
  };
  const first = await started(lost - 2 * 60_000);
  await step(first, lost + 5 * STEP);
  const [told] = missed(first);
  expect(told).toMatch(/ gone absent 0$/);
  // Each runs for some steps of the outage, and the next one begins some minutes or an hour after it.
  for (const minutes of [5, 40, 105]) {
    const steps = await started(lost + minutes * 60_000);
    await step(steps, lost + minutes * 60_000 + 3 * STEP);
    expect(missed(steps)).toEqual([told]);
  }
  expect(missed(await started(lost + 25 * HOUR))).toEqual([]);
}, 120_000);

it('misses after a start what was lost while it was down, where an earlier run judged it in time, and not what always comes too late', async () => {
  const down = NOW - 9 * HOUR;
  const requests = async (service: string, from: number, steps: number): Promise<void> =>
    store.command(`INSERT INTO red_5s SELECT toDateTime(${from / 1000} + intDiv(number, 40) * ${STEP / 1000}), '${service}', 'GET /', 'Server', '1', count(), 0, sum(20), quantilesTDigestState(0.5, 0.95, 0.99)(toFloat32(20 + number % 7)) FROM numbers(${40 * steps}) GROUP BY intDiv(number, 40)`);
  await requests('steady', down - 130 * STEP, 250);
  await measure('4', 'steady', down - 130 * STEP, STEP, 250);
  await requests('lost', down - 130 * STEP, 135);
  await measure('5', 'lost', down - 130 * STEP, STEP, 135);
  const started = async (until: number, to: number): Promise<readonly string[]> => {
    const told = new Set<string>();
    const steps = stepsOf({ models: ROBUST, anomalies: { consume: async (all) => all.forEach(({ series, direction }) => series.operation === '' && direction === 'absent' && told.add(`${series.service} ${series.metric}`)) } });
    steps.watch.setMembers([{ name: 'robust', slot: 'robust', inputs: ['window'], calibration: 'robust' }]);
    await steps.learn(until);
    while (steps.doneUntil() < to) await steps.advance();
    return [...told].toSorted();
  };
  await started(down - 20 * STEP, down);
  await requests('late', down - 130 * STEP, 135);
  await measure('6', 'late', down - 130 * STEP, STEP, 135);
  expect(await started(down + 30 * STEP, down + 40 * STEP)).toEqual(['lost metric_points', 'lost requests']);
}, 60_000);

it('does not take up what was over before its requests ended by and by, and says when it was', async () => {
  const [until, startsAt] = [NOW - 20 * HOUR, NOW - 30 * HOUR];
  const series = seriesOf('rate', 'batch', '', 'requests', '1/s');
  const open = { id: `${series.id}-${startsAt}`, series, startsAt, endsAt: null, updatedAt: startsAt + STEP, peakAt: startsAt, value: 5, expected: 20, lower: 12, upper: 28, score: 1.9, direction: 'down', points: 2, contributions: [{ detector: 'robust', score: 1.9 }] } as const;
  await saveAnomalies(store, [open]);
  // It was trouble for an hour; from then on everything was inside, and there were fewer and fewer, to none in the last hour.
  await store.command(`INSERT INTO anomaly_scores SELECT toDateTime64(${startsAt / 1000} + number * 15, 3), '${series.id}', if(number < 240, 5, 20 * greatest(0, 1 - number / 2160)), 0, 0, 0, if(number < 240, 1.9, 0.1) FROM numbers(2400)`);
  const steps = stepsOf();
  await steps.learn(until);
  expect(steps.watch.open()).toEqual([]);
  await steps.advance();
  const [kept] = await store.query<{ ends: number; document: string }>('SELECT toUnixTimestamp(assumeNotNull(ends_at)) AS ends, document FROM anomalies FINAL WHERE id = {id:String}', { params: { id: open.id } });
  expect(kept?.ends).toBe((startsAt + 239 * STEP) / 1000);
  expect(JSON.parse(kept?.document ?? '{}')).toMatchObject({ id: open.id, endsAt: startsAt + 239 * STEP });
});

it('takes trouble that lasts through steps that are skipped for no new level', async () => {
  const [begins, skips, until] = [NOW - 16 * HOUR, NOW - 16 * HOUR + 8 * STEP, NOW - 16 * HOUR + 40 * STEP];
  await store.command(`INSERT INTO red_5s SELECT toDateTime(${begins / 1000} + (intDiv(number, 400) - 150) * ${STEP / 1000}), 'shaky', 'GET /', 'Server', '1', count(), countIf(number >= 60000 AND number % 5 < 2), sum(20), quantilesTDigestState(0.5, 0.95, 0.99)(toFloat32(20 + number % 7 + if(number >= 60000, 400, 0))) FROM numbers(${400 * 250}) GROUP BY intDiv(number, 400)`);
  await store.insert('metric_series', [{ id: '7', name: 'queue', type: 'gauge', metric: 'queue', unit: '', service: 'shaky', labels: {}, last_seen: Math.floor(NOW / 1000) }]);
  await store.insert('metric_samples', Array.from({ length: 250 }, (_, at) => ({ series: '7', time: new Date(begins + (at - 150) * STEP).toISOString(), value: (at >= 150 ? 500 : 10) + (at % 3) })));
  const steps = stepsOf({ models: ROBUST });
  steps.watch.setMembers([{ name: 'robust', slot: 'robust', inputs: ['window'], calibration: 'robust' }]);
  const open = (): string[] => steps.watch.open().map(({ id }) => id).toSorted();
  const advance = async (to: number): Promise<void> => {
    while (steps.doneUntil() < to) await steps.advance();
  };
  await steps.learn(begins - 10 * STEP);
  await advance(skips);
  const found = open();
  expect(steps.watch.open().map(({ series }) => `${series.kind}${series.operation}`).toSorted()).toEqual(['errors', 'errorsGET /', 'latency', 'latencyGET /', 'metric']);
  await steps.learn(until);
  await advance(until + 10 * STEP);
  expect(open()).toEqual(found);
}, 60_000);

it('goes on with signs over a restart, with all that was measured', async () => {
  const begins = NOW - 20 * HOUR;
  const courses: readonly [string, string, (minute: number) => number][] = [
    ['k8s.container.restarts', '{restart}', (minute) => 4 + Math.floor(minute / 5)],
    ['system_filesystem_utilization', '1', (minute) => Math.min(1, 0.8 + minute / 300)],
    ['ssl_certificate_expiry_days', 'd', (minute) => (minute < 5 ? 20 : 2.9 - minute / 1440)],
  ];
  for (const [index, [metric, unit, at]] of courses.entries()) {
    await store.insert('metric_series', [{ id: `${40 + index}`, name: metric, type: 'gauge', metric, unit, service: 'signs', labels: {}, last_seen: Math.floor(NOW / 1000) }]);
    await store.insert('metric_samples', Array.from({ length: 100 }, (_, minute) => ({ series: `${40 + index}`, time: new Date(begins + minute * 60_000).toISOString(), value: at(minute) })));
  }
  const started = async (minute: number, minutes: number): Promise<string[]> => {
    const steps = stepsOf({ config: { ...detectorConfig.parse({}), step: 60_000 }, models: askBy(async (_slot, rows) => ({ expected: new Float32Array(rows), scale: new Float32Array(rows).fill(100) })) });
    await steps.learn(begins + minute * 60_000);
    while (steps.doneUntil() < begins + (minute + minutes) * 60_000) await steps.advance();
    return steps.watch.open().flatMap(({ id, series }) => (series.service === 'signs' && series.kind === 'metric' ? [id] : [])).toSorted();
  };
  const told = await started(30, 38);
  expect(told).toHaveLength(3);
  expect(await started(72, 10)).toEqual(told);
}, 60_000);

it('misses a nightly run whose earlier ones are stored, also after a restart, until the next', async () => {
  const until = NOW - 50 * HOUR;
  await measure('8', 'pulse', until - 120 * HOUR, HOUR, 140);
  await store.insert('metric_series', [{ id: '9', name: 'heap', type: 'gauge', metric: 'heap', unit: 'By', service: 'report', labels: {}, last_seen: Math.floor(NOW / 1000) }]);
  const run = (from: number) => ({ service: 'report', process: `report-${from}`, host: '', first: new Date(from).toISOString(), last: new Date(from + HOUR / 2).toISOString(), gap: null, attributes: {} });
  await store.insert('service_processes', Array.from({ length: 9 }, (_, night) => run(until - 23 * HOUR - night * 24 * HOUR)));
  const told = new Map<string, Anomaly>();
  const advanced = async (from: number, to: number): Promise<readonly Anomaly[]> => {
    const steps = stepsOf({ config: { ...detectorConfig.parse({}), step: HOUR }, anomalies: { consume: async (all) => all.forEach((one) => told.set(one.id, one)) } });
    await steps.learn(from);
    while (steps.doneUntil() < to) await steps.advance();
    return [...told.values()].filter(({ series }) => series.service === 'report');
  };
  const [missed, ...more] = await advanced(until, until + 6 * HOUR);
  expect(more).toEqual([]);
  expect(missed).toMatchObject({ startsAt: until + HOUR, endsAt: null, series: { metric: 'time_since_run' } });
  expect(await advanced(until + 8 * HOUR, until + 9 * HOUR)).toMatchObject([{ id: missed?.id, endsAt: null, updatedAt: until + 8 * HOUR }]);
  await store.insert('service_processes', [run(until + 9.5 * HOUR)]);
  expect(await advanced(until + 10 * HOUR, until + 11 * HOUR)).toMatchObject([{ id: missed?.id, endsAt: until + 10 * HOUR }]);
}, 60_000);
