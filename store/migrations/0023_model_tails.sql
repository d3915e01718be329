-- How far each model errs on each series, a sixteenth of the series in a row.
CREATE TABLE model_tails (
  share UInt8, calibration LowCardinality(String), kept DateTime64(3) DEFAULT now64(3), version UInt16, step UInt32, series Array(String), thresholds Array(Float32), excesses Array(Float32), counts Array(Float32)
) ENGINE = ReplacingMergeTree(kept) ORDER BY (share, calibration) TTL toDateTime(kept) + INTERVAL 30 DAY;
