ALTER TABLE metric_samples MODIFY COLUMN time DateTime64(3) CODEC(Delta(8), T64('bit'), ZSTD(1)), MODIFY COLUMN value Float64 CODEC(Delta(8), ZSTD(3));

ALTER TABLE metric_1m MODIFY COLUMN time DateTime CODEC(Delta(4), ZSTD(1)), MODIFY COLUMN series UInt64 CODEC(Delta(8), ZSTD(1)),
  MODIFY COLUMN min SimpleAggregateFunction(min, Float64) CODEC(ZSTD(1)), MODIFY COLUMN max SimpleAggregateFunction(max, Float64) CODEC(ZSTD(1)), MODIFY COLUMN sum SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
  MODIFY COLUMN count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)), MODIFY COLUMN last AggregateFunction(argMax, Float64, DateTime64(3)) CODEC(ZSTD(1));
