DROP VIEW IF EXISTS red_1m_mv;

CREATE MATERIALIZED VIEW red_1m_mv TO red_1m AS
SELECT toStartOfMinute(red_5s.time) AS time, service, operation, kind, version, sum(red_5s.count) AS count, sum(red_5s.errors) AS errors, sum(red_5s.duration_sum) AS duration_sum,
  quantilesTDigestMergeState(0.5, 0.95, 0.99)(red_5s.duration) AS duration
FROM red_5s GROUP BY time, service, operation, kind, version;

-- Eight bytes name the call that both halves are of. The two ids stay for halves that were there before; others leave them empty.
ALTER TABLE edge_halves ADD COLUMN IF NOT EXISTS call UInt64 DEFAULT cityHash64(trace_id, span_id) CODEC(NONE) AFTER span_id;

-- They are read once, seconds later: larger parts would be work for nothing.
ALTER TABLE edge_halves MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 67108864;

DROP VIEW IF EXISTS edge_halves_mv;

CREATE MATERIALIZED VIEW edge_halves_mv TO edge_halves AS
WITH SpanKind IN ('Client', 'Producer') AS is_client
SELECT toDateTime(Timestamp + toIntervalNanosecond(Duration)) AS time, cityHash64(TraceId, if(is_client, SpanId, ParentSpanId)) AS call,
  CAST(if(is_client, 'client', 'server'), 'Enum8(\'client\' = 1, \'server\' = 2)') AS side, ServiceName AS service,
  multiIf(SpanAttributes['db.system.name'] != '', SpanAttributes['db.system.name'], SpanAttributes['db.system'] != '', SpanAttributes['db.system'],
    SpanAttributes['messaging.system'] != '', SpanAttributes['messaging.system'], SpanAttributes['peer.service'] != '', SpanAttributes['peer.service'], SpanAttributes['server.address']) AS peer,
  multiIf(SpanAttributes['db.system.name'] != '' OR SpanAttributes['db.system'] != '', 'database', SpanAttributes['messaging.system'] != '', 'messaging', 'http') AS peer_kind,
  Duration / 1e6 AS duration_ms, StatusCode = 'Error' AS error
FROM otel_traces WHERE is_client OR (SpanKind IN ('Server', 'Consumer') AND ParentSpanId != '');
