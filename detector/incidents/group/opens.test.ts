import { describe, expect, it } from 'vitest';
import type { Anomaly, Series } from '#core/types.js';
import { COMES_AND_GOES, HABIT, RUN_METRIC } from '../../words.js';
import { incidentsConfig } from '../config.js';
import { decisive } from './correlate.js';
import { describe as tell } from '../explain/explain.js';
import { opens } from './opens.js';
import { isShort, symptomOf } from '../symptom.js';
import { SIGNS } from '../../signs.js';
import { anomalyOf, edge, incidentsOver, T } from '../testing.js';

const config = incidentsConfig.parse({});
const again = (one: Anomaly): Anomaly => ({ ...one, contributions: [{ detector: 'robust', score: one.score }, { detector: HABIT, score: 0.4 }] });

function anomaly(kind: 'latency' | 'metric', metric: string, score: number, seconds: number, points: number): Anomaly {
  return anomalyOf(kind, 'cart', { series: { metric }, updatedAt: T + seconds * 1000, value: 9, expected: 1, upper: 2, score, points });
}

describe('opens', () => {
  it('takes weak latency for lasting when its points are near each other, or many', () => {
    expect(opens([anomaly('latency', 'p95', 2, 15, 2)], config)).toBe(true);
    expect(opens([anomaly('latency', 'p95', 2, 120, 2)], config)).toBe(false);
    expect(opens([anomaly('latency', 'p95', 2, 120, 5)], config)).toBe(true);
  });
  it('takes strong latency at once only where no good points lie between the bad ones, at any step', () => {
    const coarse = { ...config, step: 60_000 };
    expect(opens([anomaly('latency', 'p95', 20, 5, 2)], config)).toBe(true);
    expect(opens([anomaly('latency', 'p95', 20, 60, 2)], coarse)).toBe(true);
    expect(opens([anomaly('latency', 'p95', 20, 120, 2)], coarse)).toBe(false);
    expect(opens([anomaly('latency', 'p95', 20, 360, 3)], coarse)).toBe(false);
    expect(opens([anomaly('latency', 'p95', 20, 480, 5)], coarse)).toBe(true);
  });
  it('leaves to the charts what came three times in the last day, but failures, lost requests and what does not answer', () => {
    const slow = anomaly('latency', 'p95', 20, 60, 5);
    expect([slow, again(slow)].map((one) => opens([one], config))).toEqual([true, false]);
    expect(opens([again(anomalyOf('errors', 'cart')), again(slow)], config)).toBe(true);
    expect(opens([again(anomalyOf('rate', 'cart', { value: 0, expected: 9, direction: 'absent' }))], config)).toBe(true);
    expect(opens([again(anomalyOf('metric', 'cart', { series: { metric: 'up' }, value: 0, expected: 1, direction: 'down', points: 5, updatedAt: T + 60_000 }))], config)).toBe(true);
  });
  it('leaves to the charts that nobody uses now what is used now and then, with its operations, but not that others fail', () => {
    const lost = (change: Partial<Series>): Anomaly => anomalyOf('rate', 'tool', { series: { id: JSON.stringify(change), ...change }, value: 0, expected: 9, direction: 'absent' });
    const unused = { ...lost({}), contributions: [{ detector: 'robust', score: 8 }, { detector: COMES_AND_GOES, score: 0 }] };
    const operation = lost({ operation: 'GET /' });
    expect(opens([unused, operation], config)).toBe(false);
    expect(opens([lost({}), operation], config)).toBe(true);
    expect(opens([unused, anomalyOf('errors', 'web')], config)).toBe(true);
    expect(decisive([unused, operation, anomalyOf('errors', 'web')]).map(({ series }) => series.service)).toEqual(['web']);
  });
  it.each([
    { what: 'fails elsewhere', other: anomalyOf('errors', 'web', { startsAt: T + 590_000, updatedAt: T + 600_000, value: 0.06 }), title: 'web: errors 0 % → 6 %', cause: 'web' },
    { what: 'is far out in itself', other: anomalyOf('metric', 'tool', { series: { metric: 'process_cpu_utilization' }, startsAt: T + 540_000, updatedAt: T + 600_000, value: 0.9, expected: 0.1, points: 12 }), title: 'tool: processor use 10 % → 90 %', cause: 'tool' },
  ])('takes nothing from the usual silence of a service for what $what', async ({ other, title, cause }) => {
    const { incidents, seen, clock } = incidentsOver([edge('web', 'tool')]);
    const silence = anomalyOf('rate', 'tool', { updatedAt: T + 600_000, value: 0, expected: 5, direction: 'absent', points: 120 });
    const unused = { ...silence, contributions: [{ detector: 'robust', score: 8 }, { detector: COMES_AND_GOES, score: 0 }] };
    const operation = { ...silence, id: 'operation', series: { ...silence.series, id: 'operation', operation: 'GET /' } };
    clock.now = T + 600_000;
    await incidents.consume([unused, operation, other]);
    expect(seen).toMatchObject([{ incident: { severity: 'warning', title, startsAt: other.startsAt, causes: [{ service: cause }] } }]);
  });
  it('warns at once of a run that does not take place, and says when the last one was', async () => {
    const { incidents, seen, clock } = incidentsOver([edge('report', 'postgresql')]);
    const missed = anomalyOf('metric', 'report', { series: { metric: RUN_METRIC, unit: 'h' }, startsAt: T, peakAt: T + 2 * 3_600_000, updatedAt: T + 2 * 3_600_000, value: 26, expected: 24, upper: 26, score: 1.5, points: 1, contributions: [{ detector: 'schedule', score: 1.5 }] });
    clock.now = missed.updatedAt;
    await incidents.consume([missed]);
    const last = new Date(T - 24 * 3_600_000).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' });
    expect(seen).toMatchObject([{ type: 'opened', incident: { severity: 'warning', title: expect.stringMatching(`^report: no run since ${last} \\d\\d:\\d\\d UTC \\(usually every 24 h\\)$`), startsAt: T, causes: [{ service: 'report' }] } }]);
  });
  it('does not warn of a resource alone that is known to be far from its limit', () => {
    const used = (metric: string, value: number): Anomaly => ({ ...anomaly('metric', metric, 6, 180, 4), value });
    expect(opens([used('memory_usage_percent', 12), used('memory_usage_bytes', 1e9)], config)).toBe(false);
    expect(opens([again(used('memory_usage_percent', 12)), used('memory_usage_bytes', 1e9)], config)).toBe(false);
    expect(opens([again(used('memory_usage_percent', 80)), used('memory_usage_bytes', 1e9)], config)).toBe(true);
    expect(opens([used('memory_usage_percent', 80), used('memory_usage_bytes', 1e9)], config)).toBe(true);
    expect(opens([used('process_cpu_utilization', 0.3)], config)).toBe(false);
    expect(opens([used('process_cpu_utilization', 0.3), used('memory_usage_bytes', 1e9)], config)).toBe(true);
  });
  it('warns of a resource of which little is left as soon as that is unusual', () => {
    const used = (metric: string, value: number): Anomaly => ({ ...anomaly('metric', metric, 1.2, 60, 6), value });
    expect(opens([used('nodejs_eventloop_utilization_ratio', 0.7)], config)).toBe(false);
    expect(opens([used('nodejs_eventloop_utilization_ratio', 0.86)], config)).toBe(true);
    expect(opens([used('memory_usage_percent', 86)], config)).toBe(true);
    expect(opens([used('v8js_gc_duration_seconds', 0.86)], config)).toBe(false);
    expect(opens([used('cache_hit_ratio', 0.97)], config)).toBe(false);
  });
  it('warns of a use of resources alone, and of another metric alone only when it is far out', () => {
    expect(opens([anomaly('metric', 'process_memory_usage', 2, 30, 3)], config)).toBe(true);
    expect(opens([anomaly('metric', 'syscalls', 6, 30, 3)], config)).toBe(false);
    expect(opens([anomaly('metric', 'syscalls', 20, 30, 3)], config)).toBe(true);
  });
  it('waits for a heap to hold more than garbage before its next collection', () => {
    const heap = anomaly('metric', 'v8js_memory_heap_used_bytes', 6, 60, 12);
    const grown = (mebibytes: number): Anomaly => ({ ...heap, series: { ...heap.series, unit: 'By' }, expected: 15 * 2 ** 20, value: mebibytes * 2 ** 20 });
    expect(opens([grown(42)], config)).toBe(false);
    expect(opens([grown(70)], config)).toBe(true);
  });
  it('knows the garbage of a heap that rose and fell before', () => {
    const heap = anomaly('metric', 'v8js_memory_heap_used_bytes', 2.4, 60, 12);
    const grown = (mebibytes: number, upper: number): Anomaly => ({
      ...heap, series: { ...heap.series, unit: 'By' }, expected: 60 * 2 ** 20, upper: upper * 2 ** 20, value: mebibytes * 2 ** 20, contributions: [{ detector: 'seasonal', score: 2.4, guard: 'reach' }],
    });
    expect(opens([grown(160, 100)], config)).toBe(true);
    expect(opens([grown(130, 100)], config)).toBe(false);
    expect(opens([grown(160, 70)], config)).toBe(false);
  });
});

describe('a sign', () => {
  const told = (detector: string, metric: string, more: Partial<Anomaly>, unit = '', labels = {}): Anomaly => {
    const one = anomaly('metric', metric, 1.2, 60, 5);
    return { ...one, ...more, series: { ...one.series, unit, labels }, contributions: [{ detector, score: 1.2 }] };
  };
  it.each<[Anomaly, string]>([
    [told(SIGNS.restarts, 'kube_pod_container_status_restarts_total', { value: 4 / 900, expected: 0 }, '1/s', { pod: 'web-2' }), 'cart: web-2 restarted 4 times in 15 min'],
    [told(SIGNS.restarts, 'k8s.container.restarts', { value: 12, expected: 9 }, '{restart}', { job: 'cart', instance: 'cart-5d9c7b9f6-x2x7q' }), 'cart: cart-5d9c7b9f6-x2x7q restarted 3 times in 15 min'],
    [told(SIGNS.restarts, 'node_systemd_service_restart_total', { value: 1 / 900, expected: 0 }, '1/s', { name: 'cart.service', instance: 'node-2:9100' }), 'cart: cart.service restarted once in 15 min'],
    [told(SIGNS.restarts, 'container.restarts', { value: 12, expected: 9 }, '{restart}'), 'cart: it restarted 3 times in 15 min'],
    [told(SIGNS.full, 'kubelet_volume_stats_available_bytes', { value: 2 ** 30, expected: 2 ** 31, direction: 'down' }, 'By'), 'cart: disk space available 2 GiB → 1 GiB'],
    [told(SIGNS.expires, 'ssl_certificate_expiry_days', { value: 2.9, expected: 3, direction: 'down' }, 'd'), 'cart: a certificate expires within three days (ssl_certificate_expiry_days)'],
  ])('opens a warning by itself, however weak, once it lasts: %#', (one, text) => {
    expect(opens([one], config)).toBe(true);
    expect(opens([{ ...one, points: 2 }], config)).toBe(false);
    expect(opens([{ ...one, contributions: [{ detector: 'robust', score: 1.2 }] }], config)).toBe(false);
    expect(tell(one)).toBe(text);
  });
});

describe('what waits, is under way or went wrong', () => {
  it.each(['kafka_consumergroup_lag', 'rabbitmq_queue_messages_ready', 'http.server.active_requests', 'db.client.operation.duration_mean', 'http_client_errors_total', 'dead_letter_count', 'k8s.container.restarts'])('is trouble where there is more of it, and none where there is less: %s', (metric) => {
    const more = anomaly('metric', metric, 60, 180, 9);
    const less: Anomaly = { ...more, value: 0, expected: 50_000, direction: 'down' };
    expect([symptomOf(more), opens([more], config)]).toEqual(['resource', true]);
    expect([symptomOf(less), opens([less], config)]).toEqual(['none', false]);
    expect(symptomOf({ ...less, series: { ...less.series, metric: 'orders_total' } })).toBe('resource');
  });
});

describe('what is left of a resource', () => {
  const GIBIBYTES = 2 ** 30;
  function moves(metric: string, unit: string, labels: Record<string, string>, expected: number, value: number): Anomaly {
    const known = anomaly('metric', metric, 6, 60, 5);
    return { ...known, series: { ...known.series, unit, labels }, expected, value, direction: value > expected ? 'up' : 'down' };
  }
  it.each<[string, string, Record<string, string>, number, number]>([
    ['node_memory_MemAvailable_bytes', 'By', {}, 8 * GIBIBYTES, 0.2 * GIBIBYTES],
    ['node_filesystem_avail_bytes', 'By', { mountpoint: '/' }, 50 * GIBIBYTES, 0.1 * GIBIBYTES],
    ['system_cpu_utilization', '1', { state: 'idle' }, 0.5, 0.03],
    ['system_filesystem_usage', 'By', { state: 'free' }, 50 * GIBIBYTES, 0.1 * GIBIBYTES],
    ['kubelet_volume_stats_available_bytes', 'By', {}, 50 * GIBIBYTES, 0.1 * GIBIBYTES],
  ])('is short where %s of %s %o falls, and well where it rises', (metric, unit, labels, most, least) => {
    const falls = moves(metric, unit, labels, most, least);
    expect([symptomOf(falls), isShort(falls), opens([falls], config)]).toEqual(['resource', true, true]);
    const rises = moves(metric, unit, labels, least, most);
    expect([symptomOf(rises), isShort(rises), opens([rises], config)]).toEqual(['none', false, false]);
  });
  it.each([
    ['ssl_certificate_expiry_days', 'd'],
    ['certmanager_certificate_expiration_timestamp_seconds', 's'],
    ['nginx_ingress_controller_ssl_expire_time_seconds', 's'],
  ])('is well where a certificate is renewed: %s', (metric, unit) => {
    expect([moves(metric, unit, {}, 19.5, 89.5), moves(metric, unit, {}, 19.5, 2)].map(symptomOf)).toEqual(['none', 'resource']);
  });
  it.each([['redis.db.expires', ''], ['session_expiration_total', '1/s'], ['cache_expires_total', '1/s']])('is not what expires of anything else, of which more is news: %s', (metric, unit) => {
    expect(symptomOf(moves(metric, unit, {}, 10, 900))).toBe('resource');
  });
  it('is plenty as long as half of the limit is left', () => {
    expect(opens([moves('memory_available_percent', '%', {}, 90, 60)], config)).toBe(false);
    expect(opens([moves('memory_available_percent', '%', {}, 90, 30)], config)).toBe(true);
  });
  it('says nothing where the caches of a host take it', () => {
    for (const labels of [{ state: 'free' }, { state: 'cached' }]) for (const value of [1, 9]) expect(symptomOf(moves('system_memory_usage', 'By', labels, 5, value))).toBe('none');
    expect(symptomOf(moves('node_memory_MemFree_bytes', 'By', {}, 5, 1))).toBe('none');
    expect(symptomOf(moves('system_memory_usage', 'By', { state: 'used' }, 5, 9))).toBe('resource');
  });
  it('is told as what it is', () => {
    expect(tell(moves('node_memory_MemAvailable_bytes', 'By', {}, 8 * GIBIBYTES, 0.2 * GIBIBYTES))).toBe('cart: memory available of the host 8 GiB → 205 MiB');
    expect(tell(moves('system_cpu_utilization', '1', { state: 'idle' }, 0.5, 0.03))).toBe('cart: idle processor time of the host 50 % → 3 %');
  });
});
