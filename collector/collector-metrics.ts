import { registerMetrics, type Metrics, type Registry } from '#core/metrics.js';

export const collectorMetricTable = {
  faultline_collector_received_items_total: { type: 'counter', help: 'Spans, data points and log records accepted and safe on disk.', labels: ['signal', 'transport'] },
  faultline_collector_rejected_items_total: { type: 'counter', help: 'Single records refused in an otherwise good request.', labels: ['signal'] },
  faultline_collector_refused_requests_total: { type: 'counter', help: 'Whole requests refused.', labels: ['transport', 'code'] },
  faultline_collector_limited_items_total: { type: 'counter', help: 'Records of sources over a limit, refused or asked for again: `rate` is items a second, `share` more than an equal share while the queue is nearly full, `series` new series within an hour.', labels: ['reason'] },
  faultline_collector_unkept_processes_total: { type: 'counter', help: 'Times that a process was heard whose restarts are not followed, though its telemetry is taken: `service` when 2,000 others of its service are, `all` when 50,000 of all services are.', labels: ['reason'] },
  faultline_collector_unlisted_sources_total: { type: 'counter', help: 'Times that a source was heard for which the list of 5,000 sources has no room, though its telemetry is taken.' },
  faultline_collector_log_patterns: { type: 'gauge', help: 'Patterns of log messages that are known, of up to 10,000: 500 a service. The `<*>` of services, which stand for what has none, are not counted.' },
  faultline_collector_remote_write_refused_items_total: { type: 'counter', help: 'Samples, histograms and exemplars of remote write that were refused, by what was wrong with them.', labels: ['reason'] },
  faultline_collector_remote_write_duplicates_total: { type: 'counter', help: 'Samples, histograms and exemplars of remote write that were stored before, or that another replica of their sender sends; they are acknowledged and not stored again.' },
  faultline_collector_queue_size_bytes: { type: 'gauge', help: 'Bytes acknowledged and not yet in ClickHouse.' },
  faultline_collector_queue_segments: { type: 'gauge', help: 'Files acknowledged and not yet in ClickHouse.' },
  faultline_collector_insert_duration_seconds: { type: 'histogram', help: 'Time of one insert.', labels: ['table'], buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30] },
  faultline_collector_insert_failures_total: { type: 'counter', help: 'Inserts that ClickHouse did not take; the data stays queued.', labels: ['code'] },
  faultline_collector_write_failures_total: { type: 'counter', help: 'Writes to the queue folder that failed, also those that try it each second from then on: a full or broken disk. Senders are told to send again.' },
  faultline_collector_set_aside_bytes_total: { type: 'counter', help: 'Bytes that ClickHouse refused for good or that were damaged, kept in the folder queue/rejected.' },
} as const;

export type CollectorMetrics = Metrics<typeof collectorMetricTable>;
export const collectorMetrics = (registry: Registry): CollectorMetrics => registerMetrics(registry, collectorMetricTable);
