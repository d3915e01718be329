import { expect, it } from 'vitest';
import { isFailures, requestsOf, servedOf } from '#core/served.js';
import { seriesOf } from '#core/series.js';
import type { Series } from '#core/types.js';
import { Readings } from './measured.js';
import { createServedRequests, noSums } from './served-requests.js';

const HOUR = 3_600_000;
const STEP_S = 10;

it('tells what services serve from what they ask of others, by the names that libraries give', () => {
  for (const name of ['http_request_duration_seconds', 'http_server_requests_seconds', 'grpc_server_handling_seconds', 'istio_request_duration_milliseconds', 'django_http_requests_latency_including_middlewares_seconds', 'http_server_request_duration', 'traefik_service_request_duration_seconds', 'job_duration_seconds', 'celery_task_runtime_seconds', 'messages_processing_time']) expect([name, servedOf(`${name}_mean`)]).toEqual([name, 'mean']);
  for (const name of ['http_requests_total', 'grpc_server_handled_total', 'istio_requests_total', 'http_server_requests_seconds_count', 'nginx_ingress_controller_requests_total', 'jobs_total']) expect([name, requestsOf(name)]).toEqual([name, 'count']);
  for (const name of ['http_client_request_duration_seconds_mean', 'grpc_client_handled_total', 'probe_http_duration_seconds_mean', 'promhttp_metric_handler_requests_total', 'http_response_size_bytes_mean', 'go_gc_duration_seconds_mean', 'process_cpu_seconds_total', 'pg_query_duration_seconds_mean', 'node_time_seconds', 'process_start_time_seconds', 'scrape_duration_seconds', 'traces_service_graph_request_total', 'traces_service_graph_request_failed_total', 'traces_service_graph_request_server_seconds_mean', 'traces_service_graph_request_server_seconds_count']) expect([name, requestsOf(name)]).toEqual([name, undefined]);
});

it('knows failures by any of the labels and words that are common', () => {
  const failures = (metric: string, labels: Record<string, string>): boolean => isFailures(seriesOf('metric', 'api', '', metric, '1/s', labels));
  for (const labels of [{ code: '500' }, { status: '5xx' }, { grpc_code: 'Unavailable' }, { grpc_code: 'DEADLINE_EXCEEDED' }, { grpc_code: 'Unimplemented' }, { rpc_grpc_status_code: '13' }, { grpc_status: '4' }, { grpc_response_status: '14', response_code: '200' }, { rpc_response_status_code: 'UNAVAILABLE' }, { outcome: 'SERVER_ERROR' }]) expect([labels, failures('http_requests_total', labels)]).toEqual([labels, true]);
  for (const labels of [{ code: '200' }, { code: '404' }, { grpc_code: 'OK' }, { rpc_grpc_status_code: '0' }, { grpc_status: '5' }, { code: '13' }, { rpc_response_status_code: 'NOT_FOUND' }, { outcome: 'CLIENT_ERROR' }, {}]) expect([labels, failures('http_requests_total', labels)]).toEqual([labels, false]);
  // OpenTelemetry has spans beside it.
  expect(failures('http_server_request_duration_count', { http_response_status_code: '500' })).toBe(false);
});

const counter = (service: string, labels: Record<string, string>, metric = 'http_requests_total'): Series => seriesOf('metric', service, '', metric, '1/s', labels);
const mean = (service: string, path: string, unit = 's'): Series => seriesOf('metric', service, '', 'http_request_duration_seconds_mean', unit, { path });

/** What comes of readings, by service and metric: value and count of each slot. */
function served(all: readonly (readonly [Series, number, number])[], at = 0, requests = createServedRequests()): Record<string, [number, number]> {
  const measured = new Readings();
  for (const [series, value, count] of all) measured.put(series, 0, value, count);
  const sums = noSums(1);
  requests.collect(measured, at, STEP_S, sums);
  const into = new Readings();
  requests.put(sums, at, STEP_S, into);
  return Object.fromEntries(into.series.map((series, row) => [`${series.service} ${series.kind} ${series.metric} ${series.unit}`, [into.values[row] ?? 0, into.counts[row] ?? 0]]));
}

it('adds up the parts of a service: the share that fails, and the mean latency by how many requests it rests on', () => {
  expect(served([
    [counter('api', { code: '200', instance: 'a' }), 6, 0], [counter('api', { code: '200', instance: 'b' }), 3, 0], [counter('api', { code: '500', instance: 'b' }), 1, 0],
    [mean('api', '/slow'), 0.4, 25], [mean('api', '/fast'), 0.1, 75], [counter('web', {}), 5, 0],
  ])).toEqual({ 'api rate requests 1/s': [10, 100], 'api errors error_ratio 1': [0.1, 100], 'api latency mean ms': [175, 100], 'web rate requests 1/s': [5, 50] });
});

it.each(['messaging_process_duration_count', 'rpc_server_call_duration_seconds_count'])('knows of %s that none fails before the first does, which alone has a label for that', (metric) => {
  expect(served([[counter('worker', {}, metric), 10, 0]])).toEqual({ 'worker rate requests 1/s': [10, 100], 'worker errors error_ratio 1': [0, 100] });
  expect(served([[counter('worker', {}, metric), 6, 0], [counter('worker', { error_type: 'timeout' }, metric), 4, 0]])).toEqual({ 'worker rate requests 1/s': [10, 100], 'worker errors error_ratio 1': [0.4, 100] });
});

it('counts requests once where two metrics count them, and leaves out what has no unit of time', () => {
  const twice = 'http_request_duration_seconds_count';
  expect(served([[counter('api', { code: '200' }), 9, 0], [counter('api', { code: '500' }), 1, 0], [counter('api', {}, twice), 10, 0], [mean('api', '/', ''), 3, 50]])).toEqual({ 'api rate requests 1/s': [10, 100], 'api errors error_ratio 1': [0.1, 100] });
});

it.each(['http_server_requests_duration_ms_count', 'myapp_server_request_duration_seconds_count'])('does not take %s, which has no statuses, for a sign that all went well where another metric has them', (metric) => {
  const all = [[counter('api', { path: '/' }, metric), 20, 0], [counter('api', { path: '/', code: '200' }), 6, 0], [counter('api', { path: '/', code: '500' }), 4, 0]] as const;
  expect(served(all)['api errors error_ratio 1']).toEqual([0.4, 100]);
  expect(served(all.toReversed())['api errors error_ratio 1']).toEqual([0.4, 100]);
});

it('leaves services to their spans for as long as some came within an hour', () => {
  const requests = createServedRequests();
  const counted = [[counter('api', { code: '500' }), 1, 0]] as const;
  const spans = [[seriesOf('rate', 'api', '', 'requests', '1/s'), 3, 30]] as const;
  expect(served([...counted, ...spans], 0, requests)).toEqual({});
  expect(served(counted, HOUR, requests)).toEqual({});
  expect(served(counted, HOUR + 1, requests)).toEqual({ 'api rate requests 1/s': [1, 10], 'api errors error_ratio 1': [1, 10] });
});
