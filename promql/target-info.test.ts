import { afterAll, beforeAll, expect, it } from 'vitest';
import { Registry } from '#core/metrics.js';
import { openTestStore } from '#store/testing.js';
import { promqlConfig } from './config.js';
import { createPromEngine } from './engine.js';

const MINUTE = 60_000;
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE;

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
  const series = (id: string, resource: object, seen: number) => ({ id, name: 'jobs', labels: { job: 'shop', instance: 'pod-1', of: id }, metric: 'jobs', type: 'gauge', service: 'shop', resource, last_seen: Math.floor(seen / 1000) });
  await store.insert('metric_series', [
    series('1', { 'service.name': 'shop', 'service.version': '1', 'k8s.pod.name': 'pod-1' }, NOW - 20 * MINUTE),
    series('2', { 'service.name': 'shop', 'service.version': '2' }, NOW - MINUTE),
  ]);
  await store.insert('metric_samples', [30, 20, 10, 0].flatMap((ago) => ['1', '2'].map((id) => ({ series: id, time: new Date(NOW - ago * MINUTE).toISOString(), value: ago }))));
});
afterAll(() => store.close());

it('tells of the resource that sends, and info joins it', async () => {
  const engine = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({}) });
  const ask = async (query: string, ago: number): Promise<unknown> => {
    const { result } = await engine.instant(query, NOW - ago * MINUTE);
    return 'series' in result ? result.series.map(({ metric }) => metric) : [];
  };
  expect(await ask('target_info', 25)).toEqual([{ __name__: 'target_info', job: 'shop', instance: 'pod-1', service_version: '1', k8s_pod_name: 'pod-1' }]);
  expect(await ask('target_info', 0)).toEqual([{ __name__: 'target_info', job: 'shop', instance: 'pod-1', service_version: '2' }]);
  expect(await ask('info(jobs{of="2"}, {service_version=~".+"})', 10)).toEqual([{ __name__: 'jobs', job: 'shop', instance: 'pod-1', of: '2', service_version: '2' }]);
  expect(await ask('sum by (k8s_pod_name) (info(jobs{of="1"}))', 30)).toEqual([{ k8s_pod_name: 'pod-1' }]);
});

it('has no more points over a long range than a query needs', async () => {
  // Three days of a point a minute would be 4,320.
  const engine = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({ max_samples: 2_000 }) });
  const window = { start: NOW - 4_320 * MINUTE, end: NOW, stepMs: 10 * MINUTE };
  expect(await engine.range('count(target_info)', window)).toMatchObject({ result: { series: [{ values: new Float64Array(433).fill(1) }] } });
  await expect(engine.range('count(count_over_time(target_info[1m]))', window)).rejects.toMatchObject({ type: 'execution' });
});
