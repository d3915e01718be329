-- What nobody is named as the sender of, as where the producers of a batch are only linked, was taken from the queue: its system is the client, the consumer its peer.
DROP VIEW IF EXISTS edge_halves_mv;

CREATE MATERIALIZED VIEW edge_halves_mv TO edge_halves AS
WITH SpanKind IN ('Client', 'Producer') AS is_client, SpanKind = 'Consumer' AND ParentSpanId = '' AND SpanAttributes['messaging.system'] != '' AS is_taken,
  if(SpanAttributes['url.full'] != '', SpanAttributes['url.full'], SpanAttributes['http.url']) AS url,
  multiIf(SpanAttributes['server.address'] != '', SpanAttributes['server.address'], SpanAttributes['net.peer.name'] != '', SpanAttributes['net.peer.name'],
    extract(url, '^[A-Za-z0-9+.-]+://(?:[^/?#@]*@)?([[][^]]+]|[^:/?#]+)')) AS host
SELECT toDateTime(Timestamp + toIntervalNanosecond(Duration)) AS time, cityHash64(TraceId, if(is_client OR is_taken, SpanId, ParentSpanId)) AS call,
  CAST(if(is_client OR is_taken, 'client', 'server'), 'Enum8(\'client\' = 1, \'server\' = 2)') AS side, if(is_taken, SpanAttributes['messaging.system'], ServiceName) AS service,
  multiIf(is_taken, ServiceName, SpanAttributes['db.system.name'] != '', SpanAttributes['db.system.name'], SpanAttributes['db.system'] != '', SpanAttributes['db.system'],
    SpanAttributes['messaging.system'] != '', SpanAttributes['messaging.system'],
    SpanAttributes['service.peer.name'] != '', SpanAttributes['service.peer.name'], SpanAttributes['peer.service'] != '', SpanAttributes['peer.service'], host != '', host,
    SpanAttributes['gen_ai.provider.name'] != '', SpanAttributes['gen_ai.provider.name'], SpanAttributes['gen_ai.system'] != '', SpanAttributes['gen_ai.system'], SpanAttributes['faas.invoked_name']) AS peer,
  multiIf(is_taken, 'messaging', SpanAttributes['db.system.name'] != '' OR SpanAttributes['db.system'] != '', 'database', SpanAttributes['messaging.system'] != '', 'messaging', 'http') AS peer_kind,
  Duration / 1e6 AS duration_ms, StatusCode = 'Error' AS error, now() AS arrived
FROM otel_traces WHERE is_client OR is_taken OR (SpanKind IN ('Server', 'Consumer') AND ParentSpanId != '');
