CREATE TABLE long_memories (
  series String, rank UInt8, until DateTime64(3), version UInt16, sum UInt32, state String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(until) ORDER BY series TTL toDateTime(until) + INTERVAL 30 DAY;
