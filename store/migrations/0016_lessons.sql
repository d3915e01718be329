CREATE TABLE lessons (id String, removed UInt8, version UInt64, document String CODEC(ZSTD(3))) ENGINE = ReplacingMergeTree(version) ORDER BY id;
