DROP TABLE IF EXISTS model_registry;

CREATE TABLE models (
  name LowCardinality(String), version UInt32, state LowCardinality(String), sha256 String, document String CODEC(ZSTD(3)), onnx String CODEC(ZSTD(1)), registered_at DateTime64(3), since DateTime64(3), revision UInt64
) ENGINE = ReplacingMergeTree(revision) ORDER BY (name, version);

CREATE TABLE model_events (
  time DateTime64(3), name LowCardinality(String), version UInt32, event LowCardinality(String), person String, reason String, replaced UInt32
) ENGINE = MergeTree ORDER BY (time, name, version);

CREATE TABLE model_shadow (
  time DateTime64(3), name LowCardinality(String), version UInt32, points UInt64, outside_active UInt64, outside_shadow UInt64, error_active Float64, error_shadow Float64, ms_active Float64, ms_shadow Float64, steps UInt32, skipped UInt32
) ENGINE = MergeTree ORDER BY (name, version, time) TTL toDateTime(time) + INTERVAL 90 DAY;

CREATE TABLE model_alarms (
  id String, name LowCardinality(String), version UInt32, series String, starts_at DateTime64(3), ends_at Nullable(DateTime64(3)), updated_at DateTime64(3), document String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(updated_at) ORDER BY (name, version, id) TTL toDateTime(updated_at) + INTERVAL 90 DAY;

CREATE TABLE model_inputs (
  time DateTime64(3), kind LowCardinality(String), counts Array(UInt64), points UInt64, outside UInt64
) ENGINE = MergeTree ORDER BY (kind, time) TTL toDateTime(time) + INTERVAL 90 DAY;
