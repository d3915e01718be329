import type { Series } from './types.js';

const CONVENTION = /(?:_server_.*|^messaging_process_)duration(?:_[a-z]+)?_(mean|count)$/;
/** http_request_duration_seconds, http_server_requests_seconds, grpc_server_handling_seconds, istio_request_duration_milliseconds, envoy_http_downstream_rq_time. */
const EXPOSED = /(?:^|_)(?:requests?|responses?|rq|handling)_(?:\w+_)?(?:duration|latency|time|seconds|milliseconds|ms)(?:_\w+)?_(mean|count)$/;
/** http_requests_total, grpc_server_handled_total, istio_requests_total, http_server_requests_seconds_count. */
const COUNTED = /(?:^|_)(?:requests?|responses?|rq|handled)_(?:\w+_)?(?:total|count)$/;
/** What a service asks of others, and what is asked of it to see whether it is there. */
const ELSEWHERE = /client|upstream|outgoing|egress|remote|scrape|probe/;
const STATUS = ['code', 'status', 'status_code', 'http_status_code', 'http_status', 'http_response_status_code', 'response_code', 'grpc_code', 'grpc_status', 'outcome'] as const;
const FAILED = /^(?:5\d\d|5xx|internal|unavailable|unknown|deadline_?exceeded|data_?loss|server_?error|error|failed|failure)$/i;

/** Whether a metric is how long what a service serves takes, or how much of it there is: as OpenTelemetry names them (http.server.request.duration, rpc.server.duration, messaging.process.duration), or as what exposes them to Prometheus commonly does. */
export function servedOf(metric: string): 'mean' | 'count' | undefined {
  return (CONVENTION.exec(metric) ?? (ELSEWHERE.test(metric) ? null : EXPOSED.exec(metric)))?.[1] as 'mean' | 'count' | undefined;
}

/** Whether OpenTelemetry names it so: there are spans beside it, and few series of it. */
export const isConvention = (metric: string): boolean => CONVENTION.test(metric);

/** Whether a metric counts, by its status, what a service failed to serve. By OpenTelemetry's names none does: what the spans say of failures is a share. */
export function isFailures({ kind, metric, labels }: Pick<Series, 'kind' | 'metric' | 'labels'>): boolean {
  return kind === 'metric' && !CONVENTION.test(metric) && COUNTED.test(metric) && !ELSEWHERE.test(metric) && STATUS.some((name) => FAILED.test(labels[name] ?? ''));
}
