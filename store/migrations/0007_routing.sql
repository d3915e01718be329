ALTER TABLE notifications ADD COLUMN IF NOT EXISTS log String CODEC(ZSTD(3));

CREATE TABLE routed_alerts (
  fingerprint String, over Bool, updated_at DateTime64(3), document String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(updated_at) ORDER BY fingerprint TTL toDateTime(updated_at) + INTERVAL 30 DAY;

CREATE TABLE silences (
  id String, created_by String, comment String, starts_at DateTime64(3), ends_at DateTime64(3), updated_at DateTime64(3), document String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(updated_at) ORDER BY id;
