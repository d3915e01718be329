import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { differencesOf, loadMetricDifferences } from './metric-differences.js';

const ONSET = Math.floor(Date.now() / 1000) * 1000 - 60_000;
const PATHS = ['/items', '/orders'];
const PODS = ['api-a', 'api-b', 'api-c'];
let store: Store;
let series = 0;

interface Counted {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly perSecond: readonly [before: number, after: number];
}

/** Counters that are scraped every 15 s. */
async function put(service: string, all: readonly Counted[]): Promise<void> {
  for (const { name, labels, perSecond: [before, after] } of all) {
    series += 1;
    const id = String(series);
    await store.insert('metric_series', [{ id, name, labels: { job: service, ...labels }, metric: name, type: 'counter', unit: '', service, last_seen: Math.floor(ONSET / 1000) }]);
    const samples: object[] = [];
    for (let at = -240; at <= 60; at += 15) samples.push({ series: id, time: new Date(ONSET + at * 1000).toISOString(), value: 1000 + before * Math.min(at + 240, 240) + after * Math.max(0, at) });
    await store.insert('metric_samples', samples);
  }
}

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

it('finds the path whose requests fail, by the metric that counts failures', async () => {
  await put('shop', PODS.flatMap((pod) => PATHS.flatMap((path) => [
    { name: 'http_requests_total', labels: { pod, path, code: '200' }, perSecond: [10, 10] as const },
    { name: 'http_requests_total', labels: { pod, path, code: '500' }, perSecond: [0, path === '/orders' ? 5 : 0] as const },
    { name: 'http_request_duration_seconds_count', labels: { pod, path }, perSecond: [10, 15] as const },
  ])));
  expect(await loadMetricDifferences(store, { service: 'shop', symptom: 'errors', onset: ONSET, to: ONSET + 60_000 })).toEqual([{ key: 'path', value: '/orders', badShare: 1, goodShare: expect.closeTo(0.5) }]);
});

it('finds the instance whose requests became slow', async () => {
  await put('api', PODS.flatMap((pod) => PATHS.flatMap((path) => [
    { name: 'http_request_duration_seconds_count', labels: { pod, path, node: pod === 'api-b' ? 'n2' : 'n1' }, perSecond: [10, 10] as const },
    { name: 'http_request_duration_seconds_sum', labels: { pod, path, node: pod === 'api-b' ? 'n2' : 'n1' }, perSecond: [0.2, pod === 'api-b' ? 2 : 0.22] as const },
  ])));
  const asked = { service: 'api', symptom: 'latency', onset: ONSET, to: ONSET + 60_000 } as const;
  expect(await loadMetricDifferences(store, asked)).toEqual([{ key: 'pod', value: 'api-b', badShare: 1, goodShare: 0, alike: [{ key: 'node', value: 'n2' }] }]);
  expect(await loadMetricDifferences(store, { ...asked, service: 'nobody' })).toEqual([]);
});

it('says nothing of a few, nor where all are alike', () => {
  const tally = (pod: string, bad: number, good: number) => ({ labels: { pod, code: bad > 0 ? '500' : '200', job: 'api' }, bad, good });
  expect(differencesOf([tally('a', 9, 0), tally('b', 0, 100)])).toEqual([]);
  expect(differencesOf([tally('a', 20, 0), tally('b', 20, 0)])).toEqual([]);
  expect(differencesOf([tally('a', 20, 100), tally('b', 21, 101)])).toEqual([]);
  expect(differencesOf([tally('a', 20, 0), tally('b', 0, 100)]).map(({ key }) => key)).toEqual(['pod']);
});
