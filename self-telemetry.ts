import { hostname } from 'node:os';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK, resources, tracing } from '@opentelemetry/sdk-node';
import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Component, Labels } from '#core/types.js';
import { OWN_SERVICE } from '#core/words.js';

export interface SelfTelemetryOptions {
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: { readonly enabled: boolean; readonly interval: number };
  /** The Authorization header that the own receiver knows. */
  readonly authorization: string;
  /** Base URL of the own OTLP/HTTP receiver. */
  readonly url: () => string;
  readonly version: string;
}

export const selfTelemetryMetricTable = {
  faultline_self_telemetry_failures_total: { type: 'counter', help: 'Exports of the own metrics that the own receiver did not take.' },
} as const;

/**
 * The process as one more service, `faultline`: its spans through the OpenTelemetry SDK and its Prometheus registry as OTLP metrics, sent to its own receiver.
 * No loop: receiving and inserting telemetry makes no spans, and metrics leave at a fixed pace whatever arrives.
 */
export function createSelfTelemetry({ registry, logger, clock, config, authorization, url, version }: SelfTelemetryOptions): Component {
  const metrics = registerMetrics(registry, selfTelemetryMetricTable);
  const resource: Labels = { 'service.name': OWN_SERVICE, 'service.version': version, 'service.instance.id': `${hostname()}:${process.pid}`, 'host.name': hostname() };
  const startedAt = clock();
  let sdk: NodeSDK | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function exportMetrics(): Promise<void> {
    try {
      const body = JSON.stringify(toOtlp(await registry.getMetricsAsJSON(), resource, startedAt, clock()));
      const response = await fetch(`${url()}/v1/metrics`, { method: 'POST', headers: { 'content-type': 'application/json', authorization }, body, signal: AbortSignal.timeout(5_000) });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`answered ${response.status}`);
    } catch (error) {
      metrics.faultline_self_telemetry_failures_total.inc();
      logger.debug({ error: messageOf(error) }, 'own metrics were not taken');
    }
  }

  return {
    name: 'self-telemetry',
    async start() {
      if (!config.enabled) return;
      sdk = new NodeSDK({
        autoDetectResources: false,
        resource: resources.defaultResource().merge(resources.resourceFromAttributes(resource)),
        spanProcessors: [new tracing.BatchSpanProcessor(new OTLPTraceExporter({ url: `${url()}/v1/traces`, headers: { authorization } }), { scheduledDelayMillis: 2_000 })],
        metricReaders: [],
        logRecordProcessors: [],
      });
      sdk.start();
      timer = setInterval(() => void exportMetrics(), config.interval);
      void exportMetrics();
    },
    async stop() {
      clearInterval(timer);
      await sdk?.shutdown().catch(() => undefined);
      sdk = undefined;
    },
  };
}

const CUMULATIVE = 2;

/** An OTLP/JSON ExportMetricsServiceRequest of a registry's metrics. Summaries are left out: nothing of ours exports one. */
export function toOtlp(families: readonly MetricObjectWithValues<MetricValue<string>>[], resource: Labels, startedAt: number, now: number): object {
  const time = { startTimeUnixNano: `${startedAt}000000`, timeUnixNano: `${now}000000` };
  const metrics = families.flatMap((family): object[] => {
    const named = { name: family.name, description: family.help };
    switch (String(family.type)) {
      case 'counter':
        return [{ ...named, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints: family.values.map((value) => numberPoint(value, time)) } }];
      case 'gauge':
        return [{ ...named, gauge: { dataPoints: family.values.map((value) => numberPoint(value, time)) } }];
      case 'histogram':
        return [{ ...named, histogram: { aggregationTemporality: CUMULATIVE, dataPoints: histogramPoints(family.values, time) } }];
      default:
        return [];
    }
  });
  return { resourceMetrics: [{ resource: { attributes: attributes(resource) }, scopeMetrics: [{ scope: { name: 'faultline' }, metrics }] }] };
}

function attributes(labels: Readonly<Partial<Record<string, string | number>>>): object[] {
  return Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));
}

function numberPoint({ labels, value }: MetricValue<string>, time: object): object {
  return { ...time, attributes: attributes(labels), asDouble: value };
}

/** prom-client lists a histogram as cumulative `_bucket` values, then `_sum` and `_count`, per label set. */
function histogramPoints(values: readonly (MetricValue<string> & { metricName?: string })[], time: object): object[] {
  const points = new Map<string, { labels: MetricValue<string>['labels']; bounds: number[]; cumulative: number[]; sum: number; count: number }>();
  for (const { labels: all, value, metricName = '' } of values) {
    const { le, ...labels } = all;
    const key = JSON.stringify(labels);
    const point = points.get(key) ?? { labels, bounds: [], cumulative: [], sum: 0, count: 0 };
    points.set(key, point);
    if (metricName.endsWith('_sum')) point.sum = value;
    else if (metricName.endsWith('_count')) point.count = value;
    else {
      point.cumulative.push(value);
      if (le !== '+Inf') point.bounds.push(Number(le));
    }
  }
  return [...points.values()].map(({ labels, bounds, cumulative, sum, count }) => ({
    ...time,
    attributes: attributes(labels),
    count: String(count),
    sum,
    explicitBounds: bounds,
    bucketCounts: cumulative.map((value, index) => String(value - (cumulative[index - 1] ?? 0))),
  }));
}
