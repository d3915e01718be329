import { expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import { testAnomaly } from '#core/testing.js';
import type { Anomaly, Labels, Series, SeriesKind } from '#core/types.js';
import { causesFirst, measuresOf } from './measures.js';

const of = (kind: SeriesKind, operation = '', metric: string = kind, labels: Labels = {}, service = 'search'): Series => seriesOf(kind, service, operation, metric, '1', labels);
const served = (labels: Labels, half: 'mean' | 'count' = 'mean'): Series => of('metric', '', `http_server_request_duration_seconds_${half}`, { job: 'shop/search', instance: 'a', url_scheme: 'http', ...labels });
const get = { http_request_method: 'GET', http_route: '/search' };

it.each<{ name: string; series: readonly Series[]; measures: number[][] }>([
  { name: 'the errors of a service, of its operation, and as its own metric counts them', series: [of('errors'), of('errors', 'GET /search'), served({ ...get, error_type: '502' }, 'count')], measures: [[0, 1, 2]] },
  { name: 'p95 and mean of one operation', series: [of('latency', 'GET /search'), served({ ...get, http_response_status_code: '200' }), of('latency')], measures: [[0, 1, 2]] },
  { name: 'requests, as spans and as the metric counts them', series: [of('rate'), served(get, 'count')], measures: [[0, 1]] },
  { name: 'how long failures take is no latency', series: [of('latency', 'GET /search'), served({ ...get, error_type: '500' })], measures: [[0], [1]] },
  { name: 'errors are not latency', series: [of('errors', 'GET /search'), of('latency', 'GET /search')], measures: [[0], [1]] },
  { name: 'two operations are two, and the whole service is neither', series: [of('errors'), of('errors', 'GET /search'), of('errors', 'POST /search')], measures: [[0], [1], [2]] },
  { name: 'two services are two', series: [of('errors'), of('errors', '', 'errors', {}, 'cart')], measures: [[0], [1]] },
  { name: 'one series that was outside twice', series: [of('latency', 'a'), of('errors'), of('latency', 'a')], measures: [[0, 2], [1]] },
  { name: 'instances of one service', series: [of('metric', '', 'heap', { instance: 'a', type: 'old' }), of('metric', '', 'heap', { instance: 'b', type: 'old' })], measures: [[0, 1]] },
  { name: 'what labels tell apart', series: [of('metric', '', 'db_client_operation_duration_seconds_mean', { db_query_summary: 'UPDATE stock' }), of('metric', '', 'db_client_operation_duration_seconds_mean', { db_query_summary: 'SELECT stock' })], measures: [[0], [1]] },
  { name: 'what a service waits for is not what it serves', series: [served(get), of('metric', '', 'http_client_request_duration_seconds_mean', get)], measures: [[0], [1]] },
  { name: 'requests as Prometheus counts and times them', series: [of('errors'), of('metric', '', 'http_requests_total', { method: 'GET', path: '/items', code: '500', instance: 'a' }), of('metric', '', 'http_requests_total', { method: 'GET', path: '/items', code: '502', instance: 'b' }), of('latency'), of('metric', '', 'http_request_duration_seconds_mean', { method: 'GET', handler: '/items' }), of('metric', '', 'http_requests_total', { method: 'GET', path: '/items', code: '404' })], measures: [[0, 1, 2], [3, 4], [5]] },
  { name: 'patterns of logs', series: [of('logs', '', 'log_pattern', { pattern: 'a' }), of('logs', '', 'log_pattern', { pattern: 'b' }), of('logs', '', 'log_pattern', { pattern: 'a' })], measures: [[0, 2], [1]] },
  { name: 'a call of RPC and a message', series: [of('latency', 'shop.Cart/Add'), of('metric', '', 'rpc_server_duration_milliseconds_mean', { rpc_service: 'shop.Cart', rpc_method: 'Add' }), of('latency', 'process orders'), of('metric', '', 'messaging_process_duration_seconds_mean', { messaging_operation_name: 'process', messaging_destination_name: 'orders' })], measures: [[0, 1], [2, 3]] },
])('$name', ({ series, measures }) => {
  const evidence = series.map((one, index) => testAnomaly({ id: String(index), series: one }));
  expect(measuresOf(evidence)).toEqual(measures.map((ids) => ids.map(String)));
});

it('shows what the causes show first', () => {
  const shown = (id: string, service: string): Anomaly => testAnomaly({ id, series: of('latency', '', 'p95', {}, service) });
  const cause = (service: string, independent = false): { service: string; confidence: number; reason: string; onsetAt: number; independent: boolean } => ({ service, confidence: 0.5, reason: '', onsetAt: 0, independent });
  const evidence = [shown('a', 'web'), shown('b', 'cart'), shown('c', 'node-2'), shown('d', 'node-2')];
  const measures = [['a'], ['b'], ['c'], ['d']];
  expect(causesFirst(measures, { evidence, causes: [cause('node-2'), cause('cart')] })).toEqual([['c'], ['a'], ['b'], ['d']]);
  expect(causesFirst(measures, { evidence, causes: [cause('postgresql'), cause('cart', true)] })).toEqual([['b'], ['a'], ['c'], ['d']]);
});
