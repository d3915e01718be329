import { expect, it } from 'vitest';
import { hostOf } from './hosts.js';

it.each<[string, string, Readonly<Record<string, string>>, string, string, string | undefined]>([
  ['a host that the Collector measures', 'system_cpu_utilization_ratio', { instance: 'vm-1' }, 'vm-1', '', 'vm-1'],
  ['a node of Kubernetes', 'k8s_node_cpu_usage', {}, 'node-2', '', 'node-2'],
  ['what a process says of its host', 'system_cpu_utilization_ratio', { job: 'cart' }, 'cart-7d9f', 'opentelemetry', undefined],
  ['what no host is named for', 'system_cpu_utilization_ratio', { job: 'agent' }, '', '', undefined],
  ['a node exporter', 'node_cpu_seconds_total', { instance: 'node-2:9100' }, '', '', 'node-2'],
  ['a node exporter by its address', 'node_load1', { instance: '[::1]:9100' }, '', '', '::1'],
  ['a node exporter in Kubernetes', 'node_filesystem_avail_bytes', { instance: '10.0.0.7:9100', node: 'node-2' }, '', '', 'node-2'],
  ['nodes of another kind', 'node_count', { instance: 'graph:8080' }, '', '', undefined],
  ['a process', 'process_cpu_time_seconds_total', { instance: 'vm-1' }, 'vm-1', '', undefined],
])('%s is about its host only where that is meant: %s', (_name, name, labels, host, sdk, expected) => {
  expect(hostOf({ name, labels, host, sdk })).toBe(expected);
});
