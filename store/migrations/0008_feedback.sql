ALTER TABLE incidents ADD COLUMN IF NOT EXISTS lasts UInt8 DEFAULT 0;

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS verdict LowCardinality(String) DEFAULT '';

ALTER TABLE incidents ADD COLUMN IF NOT EXISTS traits Array(String) DEFAULT [];

CREATE TABLE mutes (id String, removed UInt8, version UInt64, document String CODEC(ZSTD(3))) ENGINE = ReplacingMergeTree(version) ORDER BY id;

CREATE TABLE expected_windows (id String, removed UInt8, version UInt64, document String CODEC(ZSTD(3))) ENGINE = ReplacingMergeTree(version) ORDER BY id;

CREATE TABLE muted_anomalies (
  id String, mute String, service LowCardinality(String), starts_at DateTime64(3), updated_at DateTime64(3), document String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(updated_at) ORDER BY id TTL toDateTime(updated_at) + INTERVAL {ttl_rollups_s} SECOND;
