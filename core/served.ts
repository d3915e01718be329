import type { Labels, Series } from './types.js';

const CONVENTION = /(?:_server_.*|^messaging_process_)duration(?:_[a-z]+)?_(mean|count)$/;
/** http_request_duration_seconds, http_server_requests_seconds, grpc_server_handling_seconds, istio_request_duration_milliseconds, envoy_http_downstream_rq_time; job_duration_seconds, celery_task_runtime_seconds. */
const EXPOSED = /(?:^|_)(?:requests?|responses?|rq|handling|jobs?|tasks?|messages?)_(?:\w+_)?(?:duration|latency|time|runtime|seconds|milliseconds|ms)(?:_\w+)?_(mean|count)$/;
/** http_requests_total, grpc_server_handled_total, istio_requests_total, http_server_requests_seconds_count, jobs_total. */
const COUNTED = /(?:^|_)(?:requests?|responses?|rq|handled|jobs?|tasks?|messages?)_(?:\w+_)?(?:total|count)$/;
/** What a service asks of others, what is asked of it to see whether it is there, what a Collector counted of others (servicegraph connector), and what is no request. */
const ELSEWHERE = /client|upstream|outgoing|egress|remote|scrape|probe|promhttp|in_?flight|size|bytes|service_graph/;
/** Of gRPC, which has its codes as numbers or as words. */
const GRPC_STATUS = ['grpc_code', 'grpc_status', 'rpc_grpc_status_code', 'grpc_response_status'] as const;
const STATUS = ['code', 'status', 'status_code', 'http_status_code', 'http_status', 'http_response_status_code', 'response_code', 'rpc_response_status_code', 'outcome', ...GRPC_STATUS] as const;
const FAILED = /^(?:5\d\d|5xx|internal|unavailable|unknown|unimplemented|deadline_?exceeded|data_?loss|server_?error|error|failed|failure)$/i;
/** UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS: what OpenTelemetry takes for failures of a server. */
const GRPC_FAILED: ReadonlySet<string | undefined> = new Set(['2', '4', '12', '13', '14', '15']);

/** Whether a metric is how long what a service serves takes, or how much of it there is: as OpenTelemetry names them (http.server.request.duration, rpc.server.duration, messaging.process.duration), or as what exposes them to Prometheus commonly does. */
export function servedOf(metric: string): 'mean' | 'count' | undefined {
  return (CONVENTION.exec(metric) ?? (ELSEWHERE.test(metric) ? null : EXPOSED.exec(metric)))?.[1] as 'mean' | 'count' | undefined;
}

/** The same, and also those that count requests and do not time them. */
export function requestsOf(metric: string): 'mean' | 'count' | undefined {
  return servedOf(metric) ?? (COUNTED.test(metric) && !ELSEWHERE.test(metric) ? 'count' : undefined);
}

/** Whether OpenTelemetry names it so: there are spans beside it, mostly, and few series of it. */
export const isConvention = (metric: string): boolean => CONVENTION.test(metric);

/** Labels of what is known of a service's requests by its metrics, where it sends no spans. */
export const BY_METRICS: Labels = { signal: 'metrics' };

/** Whether a series comes of metrics, not of spans or logs. */
export const isByMetrics = ({ kind, labels }: Pick<Series, 'kind' | 'labels'>): boolean => kind === 'metric' || labels['signal'] === 'metrics';

/** Whether a label says how requests ended. */
export const isStatus = (label: string): boolean => label === 'error_type' || STATUS.some((name) => name === label);

/** Whether labels say how requests ended. */
export const hasStatus = (labels: Labels): boolean => STATUS.some((name) => labels[name] !== undefined) || labels['error_type'] !== undefined;

/** Whether they say that the service failed. */
export const isFailed = (labels: Labels): boolean => STATUS.some((name) => FAILED.test(labels[name] ?? '')) || GRPC_STATUS.some((name) => GRPC_FAILED.has(labels[name])) || (labels['error_type'] ?? '') !== '';

/** Whether they say that what it called failed: a bad gateway, or one that waited in vain. */
export const isPassedOn = (labels: Labels): boolean => STATUS.some((name) => /^50[24]$/.test(labels[name] ?? ''));

/** Whether a metric counts, by its status, what a service failed to serve. By OpenTelemetry's names none does: what the spans say of failures is a share. */
export function isFailures({ kind, metric, labels }: Pick<Series, 'kind' | 'metric' | 'labels'>): boolean {
  return kind === 'metric' && !CONVENTION.test(metric) && requestsOf(metric) === 'count' && isFailed(labels);
}
