CREATE TABLE anomaly_scores (time DateTime64(3), series String, value Float64, expected Float64, lower Float64, upper Float64, score Float64)
ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (series, time) TTL toDateTime(time) + INTERVAL 14 DAY SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE watched_series (
  id String, kind LowCardinality(String), service LowCardinality(String), operation String, metric LowCardinality(String), unit LowCardinality(String), labels Map(String, String), first_seen DateTime64(3), last_seen DateTime64(3)
) ENGINE = ReplacingMergeTree(last_seen) ORDER BY id;

CREATE TABLE anomalies (
  id String, series String, service LowCardinality(String), metric String, starts_at DateTime64(3), ends_at Nullable(DateTime64(3)), updated_at DateTime64(3), score Float64, document String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(updated_at) ORDER BY id TTL toDateTime(updated_at) + INTERVAL {ttl_rollups_s} SECOND;

CREATE TABLE incidents (
  id String, status LowCardinality(String), severity LowCardinality(String), title String, starts_at DateTime64(3), ends_at Nullable(DateTime64(3)), updated_at DateTime64(3), version UInt64, document String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(version) ORDER BY id;

CREATE TABLE notifications (
  id String, receiver LowCardinality(String), event LowCardinality(String), incident String, status LowCardinality(String), attempts UInt32, next_at DateTime64(3), created_at DateTime64(3), version UInt64, body String CODEC(ZSTD(3)), error String
) ENGINE = ReplacingMergeTree(version) ORDER BY id TTL toDateTime(created_at) + INTERVAL 90 DAY;

CREATE TABLE scaling_decisions (
  time DateTime64(3), policy LowCardinality(String), service LowCardinality(String), value Float64, forecast Float64, current UInt32, desired UInt32, applied Bool, reason String
) ENGINE = MergeTree ORDER BY (policy, time) TTL toDateTime(time) + INTERVAL 90 DAY;

CREATE TABLE model_registry (
  name LowCardinality(String), version UInt32, alias LowCardinality(String), sha256 String, card String CODEC(ZSTD(3)), updated_at DateTime64(3)
) ENGINE = ReplacingMergeTree(updated_at) ORDER BY (name, version);
