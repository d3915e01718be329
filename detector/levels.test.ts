import { describe, expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import type { Anomaly, Series } from '#core/types.js';
import { detectorConfig } from './config.js';
import { fills, isCertificate, isLevel, limitOf } from './levels.js';
import type { Run } from './members.js';
import { WINDOW } from './models/shape.js';
import { askBy, measuredNow } from './testing.js';
import { createWatch } from './watch.js';

const STEP = 5_000;
/** Models to which nothing is a surprise. */
const lenient: Run = async (_slot, rows) => ({ expected: new Float32Array(rows), scale: new Float32Array(rows).fill(100) });

async function play(series: Series, at: (step: number) => number, steps: number, count = 0): Promise<Anomaly[]> {
  const watch = createWatch(detectorConfig.parse({ step: '5s' }), askBy(lenient));
  const episodes = new Map<string, Anomaly>();
  for (let step = 0; step < steps; step += 1) {
    const { anomalies } = await watch.step(step * STEP, measuredNow([{ series, reading: { value: at(step), count } }]), 0, undefined);
    for (const anomaly of anomalies) episodes.set(anomaly.id, anomaly);
  }
  return [...episodes.values()];
}

const heap = seriesOf('metric', 'cart', '', 'process_heap_used', 'By');
const busy = seriesOf('metric', 'cart', '', 'process_cpu_utilization', '1');
/** Garbage that grows and is collected: 20 to 45 MB. */
const sawtooth = (step: number): number => 2e7 + 5e6 * (step % 6);
const BEGINS = WINDOW + 30;
const since = (step: number): number => Math.max(0, step - BEGINS);

describe('a level on which models err widely', () => {
  it.each<[string, Series, (step: number) => number, number]>([
    ['a heap that leaks', heap, (step) => sawtooth(step) + 1.25e7 * since(step), 6],
    ['a heap that jumps', heap, (step) => sawtooth(step) + (since(step) > 0 ? 8e7 : 0), 2],
    ['a processor that was half idle at its busiest', busy, (step) => (since(step) > 0 ? 0.86 : 0.05 + 0.09 * (step % 6)), 2],
  ])('is found: %s', async (_name, series, at, within) => {
    const [episode, ...more] = await play(series, at, BEGINS + 20);
    expect(more).toEqual([]);
    expect(episode).toMatchObject({ direction: 'up', endsAt: null });
    expect(episode?.startsAt).toBeGreaterThan(BEGINS * STEP);
    expect(episode?.startsAt).toBeLessThanOrEqual((BEGINS + within) * STEP);
    expect(episode?.contributions[0]).toMatchObject({ guard: 'reach' });
  });

  it.each<[string, Series, (step: number) => number]>([
    ['it goes a little higher than ever', heap, (step) => sawtooth(step) + (since(step) > 0 ? 2e7 : 0)],
    ['it is as high as it was before', busy, (step) => (step % 40 < 8 ? 0.9 : 0.1)],
    ['it falls', heap, (step) => (since(step) > 0 ? 0 : sawtooth(step) + 5e8)],
    ['it moves by less than matters', heap, (step) => 1e9 + 1e6 * (step % 2) + (since(step) > 0 ? 1e8 : 0)],
    ['it counts what passes', seriesOf('metric', 'cart', '', 'disk_io', 'By/s'), (step) => sawtooth(step) + (since(step) > 0 ? 8e7 : 0)],
  ])('is left to its models where %s', async (_name, series, at) => {
    expect(await play(series, at, BEGINS + 20)).toEqual([]);
  });

  it('is left to its models until its window is full', async () => {
    expect(await play(heap, (step) => (step < WINDOW - 30 ? sawtooth(step) : 3e8), WINDOW)).toEqual([]);
  });

  it('is usual again after it lasted', async () => {
    const [episode] = await play(heap, (step) => sawtooth(step) + (since(step) > 0 ? 8e7 : 0), BEGINS + 250);
    const lastedMs = (episode?.endsAt ?? Number.POSITIVE_INFINITY) - BEGINS * STEP;
    expect(lastedMs).toBeGreaterThan(15 * 60_000);
    expect(lastedMs).toBeLessThan(20 * 60_000);
  });
});

describe('a flow on which models err widely', () => {
  /** Falls from 40 to 20 requests a second, as visitors leave in the evening. */
  const evening = (step: number): number => 40 - Math.min(20, step / 10) + (step % 2);
  const requests = seriesOf('rate', 'web', '', 'requests', '1/s');

  it('is found when it loses three quarters of the least it was', async () => {
    const [episode, ...more] = await play(requests, (step) => (since(step) > 0 ? 4 : evening(step)), BEGINS + 20);
    expect(more).toEqual([]);
    expect(episode).toMatchObject({ direction: 'down', endsAt: null });
    expect(episode?.startsAt).toBe((BEGINS + 1) * STEP);
    expect(episode?.contributions[0]).toMatchObject({ guard: 'loss' });
  });

  it.each<[string, (step: number) => number]>([
    ['it loses less', (step) => (since(step) > 0 ? 8 : evening(step))],
    ['it was as low before', (step) => (since(step) > 0 ? 4 : step % 50 === 7 ? 3 : evening(step))],
    ['it is so little that it may be chance', (step) => (since(step) > 0 ? 0.2 : evening(step) / 20)],
  ])('is left to its models where %s', async (_name, at) => {
    expect(await play(requests, at, BEGINS + 20)).toEqual([]);
  });
});

describe('a share of failures on which models err widely', () => {
  const failures = seriesOf('errors', 'cart', '', 'error_ratio', '1');
  const usual = (step: number): number => 0.002 * (step % 6);

  it.each<[string, (step: number) => number]>([
    ['at once', (step) => (since(step) > 0 ? 0.05 : usual(step))],
    ['in steps of a roll-out', (step) => usual(step) + 0.012 * Math.min(4, Math.ceil(since(step) / 5))],
  ])('is found when it rises %s', async (_name, at) => {
    const [episode, ...more] = await play(failures, at, BEGINS + 40, 600);
    expect(more).toEqual([]);
    expect(episode).toMatchObject({ direction: 'up', endsAt: null });
    expect(episode?.startsAt).toBeGreaterThan(BEGINS * STEP);
    expect(episode?.contributions[0]).toMatchObject({ guard: 'reach' });
  });

  it.each<[string, (step: number) => number, number]>([
    ['it is as high as it was before', (step) => (step % 40 < 3 ? 0.06 : usual(step)), 600],
    ['it rises by less than matters', (step) => usual(step) + (since(step) > 0 ? 0.015 : 0), 600],
    ['so few may fail by chance', (step) => (since(step) > 0 ? 0.06 : 0), 10],
  ])('is left to its models where %s', async (_name, at, count) => {
    expect(await play(failures, at, BEGINS + 40, count)).toEqual([]);
  });
});

it.each<[string, string, boolean, number | undefined]>([
  ['container_memory_working_set_bytes', 'By', true, undefined],
  ['nodejs_eventloop_utilization_ratio', '1', true, 1],
  ['memory_used_percent', '%', true, 100],
  ['db_client_connections_pool_used', '', true, undefined],
  ['disk_read_bytes', 'By/s', false, undefined],
  ['gc_duration_seconds', 's', false, undefined],
  ['cache_hit_ratio', '1', false, 1],
  ['node_memory_MemAvailable_bytes', 'By', false, undefined],
  ['memory_available_percent', '%', false, 100],
])('%s (%s): level %s of at most %s', (metric, unit, level, limit) => {
  const series = seriesOf('metric', 'cart', '', metric, unit);
  expect(isLevel(series)).toBe(level);
  expect(limitOf(series)).toBe(limit);
});

it.each<[string, string, boolean]>([
  ['node_filesystem_avail_bytes', 'By', true],
  ['node_memory_MemAvailable_bytes', 'By', true],
  ['windows_memory_available_bytes', 'By', true],
  ['container.memory.percent', '1', true],
  ['node_memory_MemFree_bytes', 'By', false],
  ['node_memory_numa_MemFree', 'By', false],
  ['node_zfs_arc_memory_available_bytes', 'By', false],
  ['windows_memory_free_and_zero_page_list_bytes', 'By', false],
  ['k8s.container.memory_limit_utilization', '1', false],
  ['k8s_pod_memory_request_utilization_ratio', '1', false],
  ['nvidia_smi_utilization_memory_ratio', '1', false],
  ['hw.gpu.memory.utilization', '1', false],
])('%s (%s) can be full: %s', (metric, unit, full) => {
  expect(fills(seriesOf('metric', 'cart', '', metric, unit))).toBe(full);
});

it.each<[string, string, boolean]>([
  ['probe_ssl_earliest_cert_expiry', '', true],
  ['certmanager_certificate_expiration_timestamp_seconds', 's', true],
  ['x509_cert_not_after', '', true],
  ['serverCertExpiryDays', 'd', true],
  ['apiserver_client_certificate_expiration_seconds_mean', 's', false],
  ['apiserver_client_certificate_expiration_seconds_count', '1/s', false],
  ['concert_ticket_expiration', 's', false],
  ['session_expiration_seconds', 's', false],
])('%s (%s) says when a certificate expires: %s', (metric, unit, expires) => {
  expect(isCertificate(seriesOf('metric', 'cart', '', metric, unit))).toBe(expires);
});
