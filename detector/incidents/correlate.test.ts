import { describe, expect, it } from 'vitest';
import type { Anomaly } from '#core/types.js';
import { incidentsConfig } from './config.js';
import { opens } from './correlate.js';

const T = 1_700_000_000_000;
const config = incidentsConfig.parse({});

function anomaly(kind: 'latency' | 'metric', metric: string, score: number, seconds: number, points: number): Anomaly {
  const series = { id: metric, kind, service: 'cart', operation: '', metric, unit: '', labels: {} } as const;
  return { id: metric, series, startsAt: T, endsAt: null, peakAt: T, updatedAt: T + seconds * 1000, value: 9, expected: 1, lower: 0, upper: 2, score, direction: 'up', points, contributions: [] };
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
  it('does not warn of a resource alone that is known to be far from its limit', () => {
    const used = (metric: string, value: number): Anomaly => ({ ...anomaly('metric', metric, 6, 180, 4), value });
    expect(opens([used('memory_usage_percent', 12), used('memory_usage_bytes', 1e9)], config)).toBe(false);
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
