import { describe, expect, it } from 'vitest';
import type { Anomaly, AttributeDifference, RankedCause, Series } from '#core/types.js';
import { folded } from './differences.js';
import { firstCheckOf } from './first-check.js';
import { narrowedText, whoShows } from './narrowed.js';
import { anomalyOf, T } from '../testing.js';

const anomaly = ({ kind = 'errors', ...series }: Partial<Series>, more: Partial<Omit<Anomaly, 'series'>> = {}): Anomaly => anomalyOf(kind, 'orders', { series: { metric: 'error_ratio', ...series }, value: 0.25, score: 4, ...more });
const failing = anomaly({});
const slow = anomaly({ kind: 'latency', metric: 'p95', unit: 'ms' }, { value: 900, expected: 100 });
const leaking = anomaly({ kind: 'metric', metric: 'process_memory_usage', unit: 'By' }, { value: 9e8, expected: 1e8 });
const logs = (pattern: string, more: Partial<Anomaly> = {}): Anomaly => anomaly({ kind: 'logs', metric: 'log_pattern', unit: '1/s', labels: { pattern } }, { value: 4, ...more });
const cause: RankedCause = { service: 'orders', confidence: 0.9, reason: '', onsetAt: T };
const of = (key: string, value: string, badShare: number, goodShare: number): AttributeDifference => ({ key, value, badShare, goodShare });
const pod = of('k8s.pod.name', 'orders-2', 1, 0.31);

describe('what the bad requests of a cause have in common', () => {
  it.each<[string, readonly Anomaly[], readonly AttributeDifference[], string]>([
    ['an instance', [failing], [pod], ' All failed requests of orders have k8s.pod.name orders-2; of the others 31 % do.'],
    ['whom they are for', [slow], [of('tenant.id', 'acme', 0.962, 0.2)], ' 96 % of the slow requests of orders have tenant.id acme; of the others 20 % do.'],
    ['what no other has', [failing], [of('http.response.status_code', '500', 1, 0), of('flag', 'on', 1, 0.001)], ' All failed requests of orders have flag on; of the others none does.'],
    ['too little', [failing], [of('k8s.pod.name', 'orders-2', 0.6, 0.31), of('region', 'eu', 1, 0.7)], ''],
    ['only how they fail', [failing], [of('http.response.status_code', '500', 1, 0)], ''],
    ['nothing that matters where requests are well', [leaking], [pod], ''],
  ])('is told: %s', (_name, evidence, differences, text) => {
    expect(narrowedText(evidence, [cause], differences)).toBe(text);
  });

  it('is told with what is new in its logs, the most frequent', () => {
    const evidence = [failing, logs('retry <*>', { value: 1 }), logs('no space left on <*>'), logs('always there', { value: 9, expected: 3 }), anomaly({ kind: 'logs', metric: 'log_pattern', service: 'web', labels: { pattern: 'bad gateway' } }, { value: 50 })];
    expect(narrowedText(evidence, [cause], [])).toBe(' New in the logs of orders: “no space left on <*>”.');
    expect(narrowedText(evidence, [cause], [pod])).toMatch(/orders-2; of the others 31 % do\. New in its logs: “no space left on <\*>”\.$/);
    expect(narrowedText(evidence, [{ ...cause, service: 'postgresql' }], [])).toBe('');
  });

  it('is the first thing to look at', () => {
    expect(firstCheckOf([failing], [cause], [], { differences: [pod] })).toBe('Compare orders-2 with the other instances of orders, and take it out of service if only it is in trouble: nearly all failed requests are there.');
    expect(firstCheckOf([slow], [cause], [], { differences: [of('tenant.id', 'acme', 0.96, 0.2)] })).toBe('Look at what is different about tenant.id acme in orders: nearly all slow requests have it, and few of the others.');
    expect(firstCheckOf([failing], [cause], [{ service: 'orders', version: '2', at: T - 10_000 }], { differences: [pod] })).toContain('roll back');
  });

  it('is seen in the requests of those who suffer where the cause serves none', () => {
    const host = anomaly({ kind: 'metric', service: 'node-2', metric: 'system_cpu_utilization' });
    expect([whoShows([host, failing], 'node-2'), whoShows([host, failing], 'orders'), whoShows([host], 'node-2')]).toEqual(['orders', 'orders', 'node-2']);
  });

  it('is told once where several attributes say it, by the one that tells most', () => {
    expect(folded([of('host.name', 'node-2', 1, 0.31), of('k8s.node.name', 'node-2', 1, 0.31), pod, of('tenant.id', 'acme', 0.9, 0.2), of('error.type', '500', 1, 0.31)])).toEqual([
      { ...pod, alike: [{ key: 'host.name', value: 'node-2' }, { key: 'k8s.node.name', value: 'node-2' }] }, of('tenant.id', 'acme', 0.9, 0.2), of('error.type', '500', 1, 0.31),
    ]);
  });
});
