import { randomUUID } from 'node:crypto';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { logs, metrics, NodeSDK, resources, tracing } from '@opentelemetry/sdk-node';
import { setTimeout as delay } from 'node:timers/promises';

/** Long enough for batches, short enough that a watcher sees a change within seconds. */
const EXPORT_DELAY_MS = 2_000;
const METRIC_INTERVAL_MS = 5_000;
const EXPORT_TIMEOUT_MS = 3_000;
const FLUSH_LIMIT_MS = 1_000;

export interface Identity {
  readonly service: string;
  readonly version: string;
}

/** One OpenTelemetry SDK for this thread. `stop` flushes for a second at most: the receiver may be gone. */
export function startTelemetry(otlpHttpUrl: string, { service, version }: Identity): { stop(): Promise<void> } {
  const exporter = (signal: string): { url: string; timeoutMillis: number } => ({ url: `${otlpHttpUrl}/v1/${signal}`, timeoutMillis: EXPORT_TIMEOUT_MS });
  const sdk = new NodeSDK({
    autoDetectResources: false,
    resource: resources.defaultResource().merge(resources.resourceFromAttributes({
      'service.name': service,
      'service.version': version,
      'service.namespace': 'shop',
      'service.instance.id': randomUUID(),
      'deployment.environment.name': 'demo',
    })),
    instrumentations: [],
    spanProcessors: [new tracing.BatchSpanProcessor(new OTLPTraceExporter(exporter('traces')), { scheduledDelayMillis: EXPORT_DELAY_MS })],
    metricReaders: [new metrics.PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(exporter('metrics')), exportIntervalMillis: METRIC_INTERVAL_MS, exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
    logRecordProcessors: [new logs.BatchLogRecordProcessor({ exporter: new OTLPLogExporter(exporter('logs')), scheduledDelayMillis: EXPORT_DELAY_MS })],
  });
  sdk.start();
  return {
    stop: () => Promise.race([sdk.shutdown().catch(() => undefined), delay(FLUSH_LIMIT_MS)]),
  };
}
