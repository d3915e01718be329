import { expect, it } from 'vitest';
import { labelName, prometheusName } from './prometheus-name.js';

it.each([
  ['http.server.request.duration', 's', 'other', 'http_server_request_duration_seconds'],
  ['orders', '{order}', 'counter', 'orders_total'],
  ['orders_total', '', 'counter', 'orders_total'],
  ['disk.io', 'By', 'counter', 'disk_io_bytes_total'],
  ['cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio'],
  ['requests', '1', 'counter', 'requests_total'],
  ['network', 'By/s', 'gauge', 'network_bytes_per_second'],
  ['connections', '1', 'other', 'connections'],
  ['cache.ratio.hits', '1', 'gauge', 'cache_hits_ratio'],
  ['requests.total.errors', '', 'counter', 'requests_errors_total'],
  ['jobs.total.duration', 's', 'other', 'jobs_total_duration_seconds'],
  ['fall', 'm', 'gauge', 'fall_meters'],
  ['speed', 'm/s', 'gauge', 'speed_meters_per_second'],
  ['growth', 'By/mo', 'gauge', 'growth_bytes_per_month'],
  ['turns', '1/m', 'gauge', 'turns_per_minute'],
  ['latency_seconds', 's', 'gauge', 'latency_seconds'],
  ['2xx.count', '', 'gauge', '_2xx_count'],
  ['größe', '', 'gauge', 'gr_e'],
  ['!!!', '', 'gauge', '_'],
  ['built', 'constructor/valueOf', 'gauge', 'built_constructor_per_valueOf'],
] as const)('%s in %s, a %s, is %s', (name, unit, type, expected) => {
  expect(prometheusName(name, unit, type)).toBe(expected);
});

it.each([
  ['http.route', 'http_route'],
  ['5xx', 'key_5xx'],
  ['a-b', 'a_b'],
])('label %s is %s', (key, expected) => expect(labelName(key)).toBe(expected));
