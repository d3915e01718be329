import { expect, it } from 'vitest';
import { readNative } from '../testing/native-reader.js';
import { encodeProtobuf, type Plain } from '../testing/otlp-schema.js';
import { createDecoder, DEFAULT_LIMITS } from './decoder.js';

const START = 1_790_000_000_000;

/** The labels of the series that one gauge makes of each of these resources; one series is in the list once. */
function labelsOf(...resources: readonly Readonly<Record<string, string>>[]): readonly Record<string, string>[] {
  const metric: Plain = { name: 'usage', gauge: { dataPoints: [{ timeUnixNano: BigInt(START) * 1_000_000n, asDouble: 1, attributes: [{ key: 'state', value: { stringValue: 'used' } }] }] } };
  const body = { resourceMetrics: resources.map((resource): Plain => ({ resource: { attributes: Object.entries(resource).map(([key, stringValue]) => ({ key, value: { stringValue } })) }, scopeMetrics: [{ metrics: [metric] }] })) };
  const { blocks } = createDecoder({ limits: DEFAULT_LIMITS, clock: () => START }).decode('metrics', 'protobuf', encodeProtobuf('metrics', body));
  const series = blocks.filter(({ table }) => table === 'metric_series').flatMap(readNative);
  return [...new Map(series.map(({ id, labels }) => [String(id), Object.fromEntries(labels as [string, string][])])).values()];
}

/** Without what every series here has. */
const telling = ({ job: _job, state: _state, ...labels }: Record<string, string>): Record<string, string> => labels;

it.each<[string, Record<string, string>, Record<string, string>, Record<string, string>]>([
  ['nodes', { 'k8s.node.name': 'n1' }, { 'k8s.node.name': 'n2' }, { k8s_node_name: 'n1' }],
  ['containers of a pod', { 'k8s.pod.name': 'p', 'k8s.pod.uid': '7f', 'k8s.container.name': 'app' }, { 'k8s.pod.name': 'p', 'k8s.pod.uid': '7f', 'k8s.container.name': 'proxy' }, { instance: 'p', k8s_container_name: 'app' }],
  ['volumes of a pod', { 'k8s.pod.name': 'p', 'k8s.volume.name': 'data' }, { 'k8s.pod.name': 'p', 'k8s.volume.name': 'logs' }, { instance: 'p', k8s_volume_name: 'data' }],
  ['deployments', { 'k8s.namespace.name': 'shop', 'k8s.deployment.name': 'cart', 'k8s.deployment.uid': '1' }, { 'k8s.namespace.name': 'shop', 'k8s.deployment.name': 'web' }, { k8s_namespace_name: 'shop', k8s_deployment_name: 'cart' }],
  ['processes of a host', { 'host.name': 'h', 'process.pid': '1', 'process.executable.name': 'init', 'process.command_line': '/init' }, { 'host.name': 'h', 'process.pid': '2' }, { instance: 'h', process_pid: '1', process_executable_name: 'init' }],
  ['databases of a server', { 'service.instance.id': 'db:5432', 'postgresql.database.name': 'a', 'redis.version': '7' }, { 'service.instance.id': 'db:5432', 'postgresql.database.name': 'b' }, { instance: 'db:5432', postgresql_database_name: 'a' }],
  ['servers that are not named', { 'server.address': 'm1', 'server.port': '27017' }, { 'server.address': 'm2', 'server.port': '27017' }, { server_address: 'm1', server_port: '27017' }],
])('%s that a receiver measures are series of their own', (_, first, second, expected) => {
  const found = labelsOf(first, second);
  expect(found).toHaveLength(2);
  expect(telling(found[0] ?? {})).toEqual(expected);
});

it('a scraped target and a process that an SDK measures are told apart by their instance alone', () => {
  expect(labelsOf({ 'service.name': 'web', 'service.instance.id': '10.0.0.1:9100', 'server.address': '10.0.0.1', 'server.port': '9100', 'url.scheme': 'http' }).map(telling)).toEqual([{ instance: '10.0.0.1:9100' }]);
  const sdk = { 'service.name': 'web', 'service.instance.id': 'a', 'telemetry.sdk.name': 'opentelemetry', 'telemetry.sdk.language': 'nodejs', 'k8s.container.name': 'app', team: 'shop' };
  expect(labelsOf(sdk).map(telling)).toEqual([{ instance: 'a' }]);
  expect(labelsOf({ 'service.name': 'web', 'host.name': 'h', 'process.pid': '1' }, { 'service.name': 'web', 'host.name': 'h', 'process.pid': '2' }).map(telling)).toEqual([{ instance: 'h' }]);
});

it('what a point says of itself stands, and what is long or much is left out', () => {
  expect(labelsOf({ state: 'idle', note: 'x'.repeat(201) }).map(({ state, note }) => [state, note])).toEqual([['used', undefined]]);
  const many = Object.fromEntries(Array.from({ length: 300 }, (_value, index) => [`k${index}`, 'v']));
  expect(Object.keys(telling(labelsOf(many)[0] ?? {}))).toHaveLength(16);
});
