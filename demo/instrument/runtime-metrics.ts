import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import { metrics } from '@opentelemetry/api';

const SPACES = new Set(['new_space', 'old_space', 'large_object_space', 'code_space']);

/** Metrics of this thread's runtime. CPU and resident memory are those of the whole process, so no service claims them as its own. */
export function observeRuntime(): void {
  const meter = metrics.getMeter('shop.runtime');
  let before = performance.eventLoopUtilization();
  meter.createObservableGauge('nodejs.eventloop.utilization', { unit: '1', description: 'Share of the time that the event loop was busy.' }).addCallback((result) => {
    const now = performance.eventLoopUtilization();
    result.observe(performance.eventLoopUtilization(now, before).utilization);
    before = now;
  });
  const lag = monitorEventLoopDelay({ resolution: 20 });
  lag.enable();
  meter.createObservableGauge('nodejs.eventloop.delay.p99', { unit: 's', description: '99th percentile of the delay of the event loop.' }).addCallback((result) => {
    result.observe(lag.percentile(99) / 1e9);
    lag.reset();
  });
  meter.createObservableGauge('v8js.memory.heap.used', { unit: 'By', description: 'Heap in use, by space.' }).addCallback((result) => {
    for (const { space_name: space, space_used_size: bytes } of getHeapSpaceStatistics()) {
      if (SPACES.has(space)) result.observe(bytes, { 'v8js.heap.space.name': space });
    }
  });
  const pauses = meter.createHistogram('v8js.gc.duration', { unit: 's', description: 'Pauses of the garbage collector.', advice: { explicitBucketBoundaries: [0.001, 0.01, 0.1, 1] } });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) pauses.record(entry.duration / 1000, { 'v8js.gc.type': gcType('detail' in entry ? entry.detail : undefined) });
  }).observe({ entryTypes: ['gc'] });
}

function gcType(detail: unknown): string {
  const kind = typeof detail === 'object' && detail !== null && 'kind' in detail ? Number(detail.kind) : 0;
  return { 1: 'minor', 4: 'major', 8: 'incremental', 16: 'weakcb' }[kind] ?? 'unknown';
}
