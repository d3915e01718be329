-- What each scaling policy sees and foresees: one row per policy and evaluation, at the time of the evaluation.
CREATE TABLE load_forecasts (
  time DateTime64(3) CODEC(DoubleDelta, ZSTD(1)), policy LowCardinality(String), service LowCardinality(String), horizon UInt32,
  load Float64 CODEC(Gorilla, ZSTD(1)), forecast Float64 CODEC(Gorilla, ZSTD(1)), lower Float64 CODEC(Gorilla, ZSTD(1)), upper Float64 CODEC(Gorilla, ZSTD(1))
) ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (policy, time) TTL toDateTime(time) + INTERVAL 30 DAY;
