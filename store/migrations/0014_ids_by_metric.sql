DROP TABLE IF EXISTS metric_ids SETTINGS max_table_size_to_drop = 0;

CREATE TABLE metric_ids ENGINE = MergeTree ORDER BY id AS
SELECT DISTINCT id, bitShiftLeft(bitAnd(toUInt64(CRC32(name)), 255), 56) + bitShiftLeft(bitAnd(toUInt64(CRC32(labels['job'])), 15), 52) + bitShiftLeft(bitAnd(toUInt64(CRC32(labels['instance'])), 63), 46) + bitAnd(id, toUInt64(bitShiftLeft(toUInt64(1), 46) - 1)) AS placed
FROM metric_series;

DROP VIEW IF EXISTS metric_1m_mv;

DROP TABLE IF EXISTS metric_samples_placed SETTINGS max_table_size_to_drop = 0;

CREATE TABLE metric_samples_placed AS metric_samples;

INSERT INTO metric_samples_placed SELECT if(placed = 0, series, placed), time, value FROM metric_samples LEFT JOIN metric_ids ON id = series SETTINGS max_partitions_per_insert_block = 0;

EXCHANGE TABLES metric_samples AND metric_samples_placed;

DROP TABLE metric_samples_placed SETTINGS max_table_size_to_drop = 0;

DROP TABLE IF EXISTS metric_1m_placed SETTINGS max_table_size_to_drop = 0;

CREATE TABLE metric_1m_placed AS metric_1m;

INSERT INTO metric_1m_placed SELECT time, if(placed = 0, series, placed), min, max, sum, count, last FROM metric_1m LEFT JOIN metric_ids ON id = series SETTINGS max_partitions_per_insert_block = 0;

EXCHANGE TABLES metric_1m AND metric_1m_placed;

DROP TABLE metric_1m_placed SETTINGS max_table_size_to_drop = 0;

DROP TABLE IF EXISTS metric_histograms_placed SETTINGS max_table_size_to_drop = 0;

CREATE TABLE metric_histograms_placed AS metric_histograms;

INSERT INTO metric_histograms_placed SELECT metric_histograms.* REPLACE (if(placed = 0, series, placed) AS series) FROM metric_histograms LEFT JOIN metric_ids ON id = series SETTINGS max_partitions_per_insert_block = 0;

EXCHANGE TABLES metric_histograms AND metric_histograms_placed;

DROP TABLE metric_histograms_placed SETTINGS max_table_size_to_drop = 0;

DROP TABLE IF EXISTS metric_exemplars_placed SETTINGS max_table_size_to_drop = 0;

CREATE TABLE metric_exemplars_placed AS metric_exemplars;

INSERT INTO metric_exemplars_placed SELECT metric_exemplars.* REPLACE (if(placed = 0, series, placed) AS series) FROM metric_exemplars LEFT JOIN metric_ids ON id = series SETTINGS max_partitions_per_insert_block = 0;

EXCHANGE TABLES metric_exemplars AND metric_exemplars_placed;

DROP TABLE metric_exemplars_placed SETTINGS max_table_size_to_drop = 0;

DROP TABLE IF EXISTS metric_series_placed SETTINGS max_table_size_to_drop = 0;

CREATE TABLE metric_series_placed AS metric_series;

INSERT INTO metric_series_placed SELECT metric_series.* REPLACE (placed AS id) FROM metric_series INNER JOIN metric_ids ON metric_ids.id = metric_series.id;

EXCHANGE TABLES metric_series AND metric_series_placed;

DROP TABLE metric_series_placed SETTINGS max_table_size_to_drop = 0;

CREATE MATERIALIZED VIEW metric_1m_mv TO metric_1m AS
SELECT toStartOfMinute(time) AS time, series, min(value) AS min, max(value) AS max, sum(value) AS sum, count() AS count, argMaxState(value, metric_samples.time) AS last
FROM metric_samples WHERE NOT isNaN(value) GROUP BY time, series;

DROP TABLE metric_ids SETTINGS max_table_size_to_drop = 0;
