CREATE TABLE otel_traces (
  Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)), TraceId String CODEC(ZSTD(1)), SpanId String CODEC(ZSTD(1)), ParentSpanId String CODEC(ZSTD(1)), TraceState String CODEC(ZSTD(1)),
  SpanName LowCardinality(String), SpanKind LowCardinality(String), ServiceName LowCardinality(String),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)), ScopeName String CODEC(ZSTD(1)), ScopeVersion String CODEC(ZSTD(1)),
  SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)), Duration UInt64 CODEC(ZSTD(1)), StatusCode LowCardinality(String), StatusMessage String CODEC(ZSTD(1)),
  Events Nested(Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)),
  Links Nested(TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1, INDEX idx_duration Duration TYPE minmax GRANULARITY 1
) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))
TTL toDateTime(Timestamp) + INTERVAL {ttl_traces_s} SECOND SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE otel_traces_trace_id_ts (TraceId String CODEC(ZSTD(1)), Start DateTime CODEC(Delta(4), ZSTD(1)), End DateTime CODEC(Delta(4), ZSTD(1)))
ENGINE = MergeTree PARTITION BY toDate(Start) ORDER BY (TraceId, Start) TTL Start + INTERVAL {ttl_traces_s} SECOND SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW otel_traces_trace_id_ts_mv TO otel_traces_trace_id_ts AS
SELECT TraceId, toDateTime(min(Timestamp)) AS Start, toDateTime(max(Timestamp)) AS End FROM otel_traces WHERE TraceId != '' GROUP BY TraceId;

CREATE TABLE otel_logs (
  Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)), TraceId String CODEC(ZSTD(1)), SpanId String CODEC(ZSTD(1)), TraceFlags UInt8, SeverityText LowCardinality(String), SeverityNumber UInt8,
  ServiceName LowCardinality(String), Body String CODEC(ZSTD(1)), ResourceSchemaUrl LowCardinality(String), ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeSchemaUrl LowCardinality(String), ScopeName String CODEC(ZSTD(1)), ScopeVersion LowCardinality(String), ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  LogAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)), EventName String CODEC(ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1, INDEX idx_lower_body lower(Body) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8
) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp)
TTL toDateTime(Timestamp) + INTERVAL {ttl_logs_s} SECOND SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE metric_series (
  id UInt64, name LowCardinality(String), labels Map(LowCardinality(String), String), metric LowCardinality(String), type LowCardinality(String), unit LowCardinality(String), description String,
  temporality LowCardinality(String), monotonic Bool, service LowCardinality(String), resource Map(LowCardinality(String), String), attributes Map(LowCardinality(String), String),
  scope_name String, scope_version String, last_seen DateTime
) ENGINE = ReplacingMergeTree(last_seen) ORDER BY (name, id) SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE metric_samples (series UInt64 CODEC(ZSTD(1)), time DateTime64(3) CODEC(DoubleDelta, ZSTD(1)), value Float64 CODEC(Gorilla, ZSTD(1)))
ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (series, time) TTL toDateTime(time) + INTERVAL {ttl_metrics_s} SECOND SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE metric_histograms (
  series UInt64, time DateTime64(3), start DateTime64(3), count UInt64, sum Float64, min Float64, max Float64, scale Int32, zero_count UInt64, zero_threshold Float64,
  positive_offset Int32, positive_counts Array(UInt64), negative_offset Int32, negative_counts Array(UInt64)
) ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (series, time) TTL toDateTime(time) + INTERVAL {ttl_metrics_s} SECOND SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE metric_exemplars (series UInt64, time DateTime64(3), value Float64, trace_id String, span_id String, attributes Map(LowCardinality(String), String))
ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (series, time) TTL toDateTime(time) + INTERVAL {ttl_metrics_s} SECOND SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE metric_1m (
  time DateTime, series UInt64, min SimpleAggregateFunction(min, Float64), max SimpleAggregateFunction(max, Float64), sum SimpleAggregateFunction(sum, Float64),
  count SimpleAggregateFunction(sum, UInt64), last AggregateFunction(argMax, Float64, DateTime64(3))
) ENGINE = AggregatingMergeTree PARTITION BY toDate(time) ORDER BY (time, series) TTL time + INTERVAL {ttl_rollups_s} SECOND SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW metric_1m_mv TO metric_1m AS
SELECT toStartOfMinute(time) AS time, series, min(value) AS min, max(value) AS max, sum(value) AS sum, count() AS count, argMaxState(value, metric_samples.time) AS last
FROM metric_samples WHERE NOT isNaN(value) GROUP BY time, series;

CREATE TABLE red_5s (
  time DateTime, service LowCardinality(String), operation LowCardinality(String), kind LowCardinality(String), version LowCardinality(String),
  count SimpleAggregateFunction(sum, UInt64), errors SimpleAggregateFunction(sum, UInt64), duration_sum SimpleAggregateFunction(sum, Float64), duration AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Float32)
) ENGINE = AggregatingMergeTree PARTITION BY toDate(time) ORDER BY (time, service, operation, kind, version) TTL time + INTERVAL 3 DAY SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW red_5s_mv TO red_5s AS
SELECT toStartOfInterval(toDateTime(Timestamp + toIntervalNanosecond(Duration)), INTERVAL 5 SECOND) AS time, ServiceName AS service, SpanName AS operation, SpanKind AS kind, ResourceAttributes['service.version'] AS version,
  count() AS count, countIf(StatusCode = 'Error') AS errors, sum(Duration / 1e6) AS duration_sum, quantilesTDigestState(0.5, 0.95, 0.99)(toFloat32(Duration / 1e6)) AS duration
FROM otel_traces GROUP BY time, service, operation, kind, version;

CREATE TABLE red_1m AS red_5s ENGINE = AggregatingMergeTree PARTITION BY toDate(time) ORDER BY (time, service, operation, kind, version) TTL time + INTERVAL {ttl_rollups_s} SECOND SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW red_1m_mv TO red_1m AS
SELECT toStartOfMinute(toDateTime(Timestamp + toIntervalNanosecond(Duration))) AS time, ServiceName AS service, SpanName AS operation, SpanKind AS kind, ResourceAttributes['service.version'] AS version,
  count() AS count, countIf(StatusCode = 'Error') AS errors, sum(Duration / 1e6) AS duration_sum, quantilesTDigestState(0.5, 0.95, 0.99)(toFloat32(Duration / 1e6)) AS duration
FROM otel_traces GROUP BY time, service, operation, kind, version;

CREATE TABLE edge_halves (
  time DateTime, trace_id String, span_id String, side Enum8('client' = 1, 'server' = 2), service LowCardinality(String), peer LowCardinality(String), peer_kind LowCardinality(String), duration_ms Float64, error UInt8
) ENGINE = MergeTree PARTITION BY toStartOfHour(time) ORDER BY (time, trace_id) TTL time + INTERVAL 2 HOUR SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW edge_halves_mv TO edge_halves AS
SELECT toDateTime(Timestamp + toIntervalNanosecond(Duration)) AS time, TraceId AS trace_id,
  if(SpanKind IN ('Client', 'Producer'), SpanId, ParentSpanId) AS span_id,
  CAST(if(SpanKind IN ('Client', 'Producer'), 'client', 'server'), 'Enum8(\'client\' = 1, \'server\' = 2)') AS side, ServiceName AS service,
  multiIf(SpanAttributes['db.system.name'] != '', SpanAttributes['db.system.name'], SpanAttributes['db.system'] != '', SpanAttributes['db.system'],
    SpanAttributes['messaging.system'] != '', SpanAttributes['messaging.system'], SpanAttributes['peer.service'] != '', SpanAttributes['peer.service'], SpanAttributes['server.address']) AS peer,
  multiIf(SpanAttributes['db.system.name'] != '' OR SpanAttributes['db.system'] != '', 'database', SpanAttributes['messaging.system'] != '', 'messaging', 'http') AS peer_kind,
  Duration / 1e6 AS duration_ms, StatusCode = 'Error' AS error
FROM otel_traces WHERE SpanKind IN ('Client', 'Producer') OR (SpanKind IN ('Server', 'Consumer') AND ParentSpanId != '');

CREATE TABLE service_edges (
  time DateTime, client LowCardinality(String), server LowCardinality(String), kind LowCardinality(String),
  count SimpleAggregateFunction(sum, UInt64), errors SimpleAggregateFunction(sum, UInt64), duration_sum SimpleAggregateFunction(sum, Float64), duration AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Float32)
) ENGINE = AggregatingMergeTree PARTITION BY toDate(time) ORDER BY (time, client, server, kind) TTL time + INTERVAL {ttl_rollups_s} SECOND SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE log_rates (time DateTime, service LowCardinality(String), severity LowCardinality(String), count SimpleAggregateFunction(sum, UInt64))
ENGINE = AggregatingMergeTree PARTITION BY toDate(time) ORDER BY (time, service, severity) TTL time + INTERVAL {ttl_rollups_s} SECOND SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW log_rates_mv TO log_rates AS
SELECT toStartOfInterval(toDateTime(Timestamp), INTERVAL 5 SECOND) AS time, ServiceName AS service,
  multiIf(SeverityNumber >= 17, 'error', SeverityNumber >= 13, 'warn', SeverityNumber >= 9, 'info', SeverityNumber >= 1, 'debug', 'unset') AS severity, count() AS count
FROM otel_logs GROUP BY time, service, severity;
