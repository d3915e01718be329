ALTER TABLE otel_logs ADD COLUMN IF NOT EXISTS PatternId UInt64 CODEC(ZSTD(1));

CREATE TABLE log_patterns (
  id UInt64, service LowCardinality(String), template String CODEC(ZSTD(1)), first_seen DateTime64(3), updated_at DateTime64(3)
) ENGINE = ReplacingMergeTree(updated_at) ORDER BY (service, id);

CREATE TABLE log_pattern_rates (time DateTime, service LowCardinality(String), pattern UInt64, severity LowCardinality(String), count SimpleAggregateFunction(sum, UInt64))
ENGINE = AggregatingMergeTree PARTITION BY toDate(time) ORDER BY (time, service, pattern, severity) TTL time + INTERVAL {ttl_rollups_s} SECOND SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW log_pattern_rates_mv TO log_pattern_rates AS
SELECT toStartOfInterval(toDateTime(Timestamp), INTERVAL 5 SECOND) AS time, ServiceName AS service, PatternId AS pattern,
  multiIf(SeverityNumber >= 17, 'error', SeverityNumber >= 13, 'warn', SeverityNumber >= 9, 'info', SeverityNumber >= 1, 'debug', 'unset') AS severity, count() AS count
FROM otel_logs WHERE PatternId != 0 GROUP BY time, service, pattern, severity;
