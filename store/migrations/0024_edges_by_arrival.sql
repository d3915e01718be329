-- Halves are joined by when they arrived, however late that is. Those that were there before arrived when their calls ended, as far as anybody knows.
ALTER TABLE edge_halves ADD COLUMN IF NOT EXISTS arrived DateTime DEFAULT time, ADD INDEX IF NOT EXISTS arrived_at arrived TYPE minmax GRANULARITY 1;

ALTER TABLE edge_halves MODIFY TTL arrived + INTERVAL 2 HOUR SETTINGS materialize_ttl_after_modify = 0;

DROP VIEW IF EXISTS edge_halves_mv;

CREATE MATERIALIZED VIEW edge_halves_mv TO edge_halves AS
WITH SpanKind IN ('Client', 'Producer') AS is_client
SELECT toDateTime(Timestamp + toIntervalNanosecond(Duration)) AS time, cityHash64(TraceId, if(is_client, SpanId, ParentSpanId)) AS call,
  CAST(if(is_client, 'client', 'server'), 'Enum8(\'client\' = 1, \'server\' = 2)') AS side, ServiceName AS service,
  multiIf(SpanAttributes['db.system.name'] != '', SpanAttributes['db.system.name'], SpanAttributes['db.system'] != '', SpanAttributes['db.system'],
    SpanAttributes['messaging.system'] != '', SpanAttributes['messaging.system'], SpanAttributes['peer.service'] != '', SpanAttributes['peer.service'], SpanAttributes['server.address']) AS peer,
  multiIf(SpanAttributes['db.system.name'] != '' OR SpanAttributes['db.system'] != '', 'database', SpanAttributes['messaging.system'] != '', 'messaging', 'http') AS peer_kind,
  Duration / 1e6 AS duration_ms, StatusCode = 'Error' AS error, now() AS arrived
FROM otel_traces WHERE is_client OR (SpanKind IN ('Server', 'Consumer') AND ParentSpanId != '');

-- A step joined again, as its answer was lost or the process died, is not added again.
ALTER TABLE service_edges MODIFY SETTING non_replicated_deduplication_window = 1000;

-- All that arrived before is in service_edges.
CREATE TABLE edges_joined (era UInt32, until DateTime) ENGINE = ReplacingMergeTree(until) ORDER BY era;

INSERT INTO edges_joined (until) SELECT max(time) + 5 FROM service_edges HAVING count() > 0;

-- What is known so far of the calls that arrived since, of those within the 5 s until then.
CREATE TABLE fresh_edges (
  until DateTime, time DateTime, client LowCardinality(String), server LowCardinality(String), kind LowCardinality(String),
  count SimpleAggregateFunction(sum, UInt64), errors SimpleAggregateFunction(sum, UInt64), duration_sum SimpleAggregateFunction(sum, Float64), duration AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Float32)
) ENGINE = MergeTree PARTITION BY toStartOfHour(until) ORDER BY until TTL until + INTERVAL 1 HOUR SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE VIEW edges AS
SELECT time, client, server, kind, count, errors, duration_sum, duration FROM service_edges
UNION ALL
SELECT time, client, server, kind, count, errors, duration_sum, duration FROM fresh_edges WHERE until > (SELECT max(until) FROM edges_joined);
