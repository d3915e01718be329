-- What nobody is named as the sender of, as where the producers of a batch are only linked, was taken from the queue: its system is the client, the consumer its peer.
-- The attributes are looked through once, as every span is: whom a call is to says the one that is named last here.
DROP VIEW IF EXISTS edge_halves_mv;

CREATE MATERIALIZED VIEW edge_halves_mv TO edge_halves AS
WITH ['faas.invoked_name', 'gen_ai.system', 'gen_ai.provider.name', 'http.url', 'url.full', 'net.peer.name', 'server.address', 'peer.service', 'service.peer.name', 'messaging.system', 'db.system', 'db.system.name'] AS names,
  arrayMap((name, value) -> if(value = '', 0, transform(name, names, range(1, 13), 0)), mapKeys(SpanAttributes), mapValues(SpanAttributes)) AS ranks,
  arrayMax(ranks) AS rank, if(rank = 0, '', mapValues(SpanAttributes)[indexOf(ranks, rank)]) AS named,
  SpanKind = 'Consumer' AND ParentSpanId = '' AS is_taken, is_taken OR SpanKind IN ('Client', 'Producer') AS is_client
SELECT toDateTime(Timestamp + toIntervalNanosecond(Duration)) AS time, cityHash64(TraceId, if(is_client, SpanId, ParentSpanId)) AS call,
  CAST(if(is_client, 'client', 'server'), 'Enum8(\'client\' = 1, \'server\' = 2)') AS side, if(is_taken, named, ServiceName) AS service,
  multiIf(is_taken, ServiceName, rank IN (4, 5), extract(named, '^[A-Za-z0-9+.-]+://(?:[^/?#@]*@)?([[][^]]+]|[^:/?#]+)'), named) AS peer,
  multiIf(rank >= 11, 'database', rank = 10, 'messaging', 'http') AS peer_kind,
  Duration / 1e6 AS duration_ms, StatusCode = 'Error' AS error, now() AS arrived
FROM otel_traces WHERE SpanKind IN ('Client', 'Producer') OR (SpanKind IN ('Server', 'Consumer') AND ParentSpanId != '') OR (is_taken AND rank = 10);
