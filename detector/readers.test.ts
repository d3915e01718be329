import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOGS_SINCE } from '#store/logs-since.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import type { Measured } from './measured.js';
import { createReader } from './readers.js';

const STEP = 15_000;
const SLOTS = 8;
const BEGIN = Math.floor((Date.now() - 3_600_000) / STEP) * STEP;
let store: Store;

beforeAll(async () => {
  store = await openTestStore();
  const series = (id: number, name: string, type: string, over: object = {}): object => ({ id: String(id), name, type, metric: name, unit: '', service: 'cart', labels: { pod: 'a' }, last_seen: Math.floor(Date.now() / 1000), ...over });
  await store.insert('metric_series', [
    series(1, 'heap', 'gauge', { unit: 'By' }),
    series(2, 'orders_total', 'counter'),
    series(3, 'wait_seconds_count', 'counter'),
    series(4, 'wait_seconds_sum', 'counter', { unit: 's' }),
    series(5, 'wait_seconds_bucket', 'counter', { labels: { pod: 'a', le: '1' } }),
    series(6, 'heap', 'gauge', { service: 'faultline' }),
    series(7, 'scrape_duration_seconds', 'gauge', { unit: 's' }),
  ]);
  const samples: object[] = [];
  for (let slot = 0; slot < SLOTS; slot += 1) {
    // Two samples of the gauge in a step: the last counts. The counter is reset in slot 5, and silent in slot 3.
    const values: [number, number, number][] = [[1, slot, 1000], [1, 100 + slot, 2000], [3, 10 * slot, 0], [4, 5 * slot, 0], [5, slot, 0], [6, 1, 0], [7, slot, 0]];
    if (slot !== 3) values.push([2, slot < 5 ? 30 * slot : 15 * (slot - 4), 0]);
    for (const [id, value, after] of values) samples.push({ series: String(id), time: new Date(BEGIN + slot * STEP + after).toISOString(), value });
  }
  await store.insert('metric_samples', samples);
});
afterAll(() => store.close());

/** Readings by metric: value and count in each slot, in order. */
function shown(all: readonly Measured[]): Record<string, [value: number, count: number][]> {
  const found: Record<string, [number, number][]> = {};
  for (const { series, slots, values, counts } of all) {
    for (const [row, { metric, unit }] of series.entries()) for (let slot = 0; slot < slots; slot += 1) (found[`${metric} ${unit}`] ??= []).push([values[row * slots + slot] ?? 0, counts[row * slots + slot] ?? 0]);
  }
  return found;
}

const GAP: [number, number] = [Number.NaN, 0];
const EXPECTED = {
  'heap By': Array.from({ length: SLOTS }, (_, slot) => [100 + slot, 0]),
  'orders_total 1/s': [GAP, [2, 0], [2, 0], GAP, [2, 0], [1, 0], [1, 0], [1, 0]],
  'wait_seconds_count 1/s': [GAP, ...Array.from({ length: SLOTS - 1 }, () => [10 / 15, 0])],
  'wait_seconds_mean s': [GAP, ...Array.from({ length: SLOTS - 1 }, () => [0.5, 10])],
};

it('reads a history in parts: gauges, rates over gaps and resets, means; no buckets, nothing of how targets are scraped, and nothing of services that are not watched', async () => {
  const parts: Measured[] = [];
  for await (const part of createReader(store, ['faultline']).readHistory(BEGIN, BEGIN + SLOTS * STEP, STEP)) parts.push(part);
  expect(shown(parts)).toEqual(EXPECTED);
  expect(parts.map(({ arrivals }) => arrivals.get('cart')?.[3] ?? 0).reduce((sum, points) => sum + points, 0)).toBe(5);
});

it('reads the same step by step, and again from the day before', async () => {
  const reader = createReader(store, ['faultline']);
  const steps: Measured[] = [];
  for (let slot = 0; slot < SLOTS; slot += 1) steps.push(await reader.read(BEGIN + slot * STEP, BEGIN + (slot + 1) * STEP, STEP));
  const without = Object.fromEntries(Object.entries(EXPECTED).map(([name, readings]) => [name, readings.filter(([value]) => !Number.isNaN(value))]));
  expect(shown(steps)).toEqual(without);
  const uncounted = Object.fromEntries(Object.entries(EXPECTED).map(([name, readings]) => [name, readings.map(([value]) => [value, 0])]));
  expect(shown([await reader.readBefore(BEGIN, BEGIN + SLOTS * STEP, STEP)])).toEqual(uncounted);
});

it('learns what a series is also when that is stored after its first samples', async () => {
  const reader = createReader(store, []);
  const at = BEGIN + SLOTS * STEP;
  await store.insert('metric_samples', [{ series: '9007199254740993123', time: new Date(at).toISOString(), value: 4 }]);
  expect(shown([await reader.read(at, at + STEP, STEP)])).toEqual({});
  await store.insert('metric_series', [{ id: '9007199254740993123', name: 'late', type: 'gauge', metric: 'late', unit: '', service: 'cart', labels: {}, last_seen: Math.floor(at / 1000) }]);
  expect(shown([await reader.read(at, at + STEP, STEP)])).toEqual({ 'late ': [[4, 0]] });
});

it('forgets series that are gone, once they are many, and goes on reading the others', async () => {
  const reader = createReader(store, []);
  const at = BEGIN - 3 * 3_600_000;
  await store.command(`INSERT INTO metric_series (id, name, type, service, last_seen) SELECT 1000000 + number, 'churn', 'gauge', concat('pod-', toString(number)), now() FROM numbers(11000)`);
  await store.command(`INSERT INTO metric_samples SELECT 1000000 + number, fromUnixTimestamp64Milli(toInt64(${at})), 1 FROM numbers(11000)`);
  expect((await reader.read(at, at + STEP, STEP)).series).toHaveLength(11_000);
  const { 'heap By': heap, 'orders_total 1/s': orders } = shown([await reader.read(BEGIN, BEGIN + STEP, STEP), await reader.read(BEGIN + STEP, BEGIN + 2 * STEP, STEP)]);
  expect({ heap, orders }).toMatchObject({ heap: [[100, 0], [101, 0]], orders: [[2, 0]] });
});

it('reads the last sample of each step, however many come, and in whatever order they were stored', async () => {
  const reader = createReader(store, []);
  const at = BEGIN - 6 * 3_600_000;
  await store.insert('metric_series', [{ id: '77', name: 'often', type: 'gauge', metric: 'often', unit: '', service: 'often', labels: {}, last_seen: Math.floor(at / 1000) }]);
  const steps = Array.from({ length: 4 }, (_, step) => at + step * STEP);
  for (const second of [14, 3, 9]) await store.insert('metric_samples', steps.flatMap((from) => [0, 250, 500, 750].map((ms) => ({ series: '77', time: new Date(from + second * 1000 + ms).toISOString(), value: from - at + second * 1000 + ms }))));
  const read: Measured[] = [];
  for (const from of steps) read.push(await reader.read(from, from + STEP, STEP));
  expect(shown(read)).toEqual({ 'often ': steps.map((from) => [from - at + 14_750, 0]) });
  expect(read.map(({ arrivals }) => arrivals.get('often')?.[0])).toEqual([1, 1, 1, 1]);
});

it('reads what a sum of deltas that may fall changes in a second, also over a restart of what adds them up', async () => {
  const reader = createReader(store, []);
  const at = BEGIN - 12 * 3_600_000;
  await store.insert('metric_series', [{ id: '78', name: 'hits', type: 'gauge', metric: 'hits', unit: '', temporality: 'delta', service: 'statsd', labels: {}, last_seen: Math.floor(at / 1000) }]);
  const totals = [72_000, 72_090, 72_060, 72_060, 90, 150];
  await store.insert('metric_samples', totals.map((value, slot) => ({ series: '78', time: new Date(at + slot * STEP).toISOString(), value })));
  const read: Measured[] = [];
  for (let slot = 0; slot < totals.length; slot += 1) read.push(await reader.read(at + slot * STEP, at + (slot + 1) * STEP, STEP));
  expect(shown(read)).toEqual({ 'hits 1/s': [6, -2, 0, 6, 4].map((rate) => [rate, 0]) });
});

it.each([
  ['1 s', 1_000, 0],
  ['10 s', 10_000, 0],
  ['15 s, now and then a moment early or late', 15_000, 50],
  ['20 s', 20_000, 0],
  ['25 s', 25_000, 0],
])('reads what a counter gains in a second, read every %s', async (name, paceMs, jitterMs) => {
  const reader = createReader(store, []);
  const at = BEGIN - 9 * 3_600_000;
  const id = String(100 + paceMs + jitterMs);
  await store.insert('metric_series', [{ id, name: `lines_${id}`, type: 'counter', metric: `lines_${id}`, unit: '', service: name, labels: {}, last_seen: Math.floor(at / 1000) }]);
  const times = Array.from({ length: Math.floor((40 * STEP) / paceMs) }, (_, index) => STEP + index * paceMs + ([0, 1, -1, 1, 1, -1, -1][index % 7] ?? 0) * jitterMs);
  // One that comes a moment after another tells no rate of its own.
  times.push(...times.filter((_, index) => index % 10 === 9).map((time) => Math.ceil(time / STEP) * STEP + 1));
  await store.insert('metric_samples', times.map((time) => ({ series: id, time: new Date(at + time).toISOString(), value: Math.floor(time / 10) })));
  const read: Measured[] = [];
  for (let slot = 0; slot < 40; slot += 1) read.push(await reader.read(at + slot * STEP, at + (slot + 1) * STEP, STEP));
  const rates = Object.entries(shown(read)).flatMap(([metric, readings]) => (metric.startsWith('lines') ? readings.map(([rate]) => rate) : []));
  expect(rates.length).toBeGreaterThan(20);
  for (const rate of rates) expect(rate).toBeCloseTo(100, 0);
});

it('reads what is measured of a pod as its workload', async () => {
  const series = (id: number, over: object): object => ({ id: String(id), name: 'container_memory_working_set_bytes', type: 'gauge', metric: 'container_memory_working_set_bytes', unit: 'By', last_seen: Math.floor(Date.now() / 1000), ...over });
  await store.insert('metric_series', [series(21, { service: 'kubelet', labels: { pod: 'orders-7d9c6b8f5d-x2x4z' } }), series(22, { service: 'unknown_service', labels: {}, resource: { 'k8s.pod.name': 'db-0', 'k8s.statefulset.name': 'postgres' } })]);
  const at = BEGIN + 40 * STEP;
  await store.insert('metric_samples', [21, 22].map((id) => ({ series: String(id), time: new Date(at + 1000).toISOString(), value: 1 })));
  const services: string[] = [];
  for await (const part of createReader(store, []).readHistory(at, at + STEP, STEP)) services.push(...part.series.map(({ service }) => service));
  expect(services.toSorted()).toEqual(['orders', 'postgres']);
});

it('says which patterns of log messages nobody saw although they are not new: those that a service has since an upgrade', async () => {
  const at = Math.floor(Date.now() / STEP) * STEP;
  const pattern = (id: number, firstSeen: number): object => ({ id: String(id), service: 'shop', template: `said ${id}`, first_seen: new Date(firstSeen).toISOString(), updated_at: new Date(at).toISOString() });
  await store.insert('log_patterns', [pattern(1, at - 86_400_000), pattern(2, at + 60_000)]);
  const rate = (id: number, time: number): object => ({ time: Math.floor(time / 1000), service: 'shop', pattern: String(id), severity: 'error', count: '3' });
  const later = at + 4_000_000 - (4_000_000 % STEP);
  await store.insert('log_pattern_rates', [rate(1, at), rate(2, at), rate(1, later)]);
  const reader = createReader(store, ['faultline']);
  const renewedAt = async (from: number): Promise<string[]> => {
    const { series, renewed } = await reader.read(from, from + 2 * STEP, STEP);
    return series.filter(({ id }) => renewed.has(id)).map(({ labels }) => labels['pattern'] ?? '');
  };
  expect(await renewedAt(at)).toEqual(['said 1']);
  expect(await renewedAt(later)).toEqual([]);
});

it('knows of no errors in records without a severity from before one was looked for in their bodies', async () => {
  const [upgrade] = await store.query<{ since: number }>(`SELECT ${LOGS_SINCE} AS since`);
  const begin = Math.floor(((upgrade?.since ?? 0) * 1000) / STEP) * STEP - STEP;
  const rate = (slot: number, service: string, severity: string): object => ({ time: (begin + slot * STEP) / 1000, service, severity, count: '30' });
  await store.insert('log_rates', [0, 2].flatMap((slot) => [rate(slot, 'silent', 'unset'), rate(slot, 'plain', 'info')]));
  const { series, values, slots } = await createReader(store, ['faultline']).read(begin, begin + 3 * STEP, STEP);
  const errorsOf = (service: string): number[] => {
    const row = series.findIndex((one) => one.service === service && one.metric === 'error_logs');
    return [...values.subarray(row * slots, (row + 1) * slots)];
  };
  expect([errorsOf('silent'), errorsOf('plain')]).toEqual([[Number.NaN, Number.NaN, 0], [0, Number.NaN, 0]]);
});
