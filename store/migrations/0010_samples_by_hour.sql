DROP TABLE IF EXISTS metric_samples_by_hour SETTINGS max_table_size_to_drop = 0;

CREATE TABLE metric_samples_by_hour (series UInt64 CODEC(ZSTD(1)), time DateTime64(3) CODEC(Delta(8), T64('bit'), ZSTD(1)), value Float64 CODEC(Delta(8), ZSTD(3)))
ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (toStartOfHour(time), series, time) TTL toDateTime(time) + INTERVAL {ttl_metrics_s} SECOND SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

INSERT INTO metric_samples_by_hour SELECT * FROM metric_samples SETTINGS max_partitions_per_insert_block = 0;

DROP VIEW IF EXISTS metric_1m_mv;

EXCHANGE TABLES metric_samples AND metric_samples_by_hour;

DROP TABLE metric_samples_by_hour SETTINGS max_table_size_to_drop = 0;

CREATE MATERIALIZED VIEW metric_1m_mv TO metric_1m AS
SELECT toStartOfMinute(time) AS time, series, min(value) AS min, max(value) AS max, sum(value) AS sum, count() AS count, argMaxState(value, metric_samples.time) AS last
FROM metric_samples WHERE NOT isNaN(value) GROUP BY time, series;
