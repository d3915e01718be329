import { expect, it } from 'vitest';
import { workloadOf } from './workloads.js';

const of = (name: string, more: Partial<Parameters<typeof workloadOf>[0]> = {}): string | undefined => workloadOf({ name, labels: {}, workload: '', pod: '', sdk: '', ...more });

it.each<[string, string, string]>([
  ['a deployment', 'checkout-7d9c6b8f5d-x2x4z', 'checkout'],
  ['a deployment of several words', 'cart-redis-cache-68bbdc4f9-9w2vk', 'cart-redis-cache'],
  ['a stateful set', 'postgres-0', 'postgres'],
  ['a daemon set', 'node-agent-x2x4z', 'node-agent'],
  ['a cron job', 'nightly-report-29412600-8xkqz', 'nightly-report'],
  ['a pod of nobody', 'redis-cache', 'redis-cache'],
])('the pod of %s is its workload', (_name, pod, expected) => {
  expect(of('container_memory_working_set_bytes', { labels: { pod } })).toBe(expected);
  expect(of('k8s_pod_cpu_usage', { pod })).toBe(expected);
});

it('a series is about what sends it where it is not about a pod or a workload', () => {
  expect(of('k8s_pod_cpu_usage', { pod: 'x-0', workload: 'shop' })).toBe('shop');
  expect(of('container_cpu_usage_seconds_total', { labels: { pod: 'x-0' }, pod: 'x-0', workload: 'shop' })).toBe('shop');
  expect(of('kube_pod_container_status_restarts_total', { labels: { pod: 'checkout-7d9c6b8f5d-x2x4z' }, pod: 'kube-state-metrics-5d4f8c7b9-x2x4z', workload: 'kube-state-metrics' })).toBe('checkout');
  expect(of('kube_deployment_status_replicas_available', { labels: { deployment: 'checkout' } })).toBe('checkout');
  expect(of('k8s_deployment_available', { workload: 'checkout' })).toBe('checkout');
  expect(of('k8s_volume_available_bytes', { pod: 'postgres-0' })).toBe('postgres');
  for (const [name, more] of [['container_cpu_usage_seconds_total', {}], ['http_requests_total', { labels: { pod: 'checkout-7d9c6b8f5d-x2x4z' } }], ['container_memory_usage', { pod: 'x-0', sdk: 'opentelemetry' }], ['kube_node_status_condition', { labels: { node: 'n1' } }]] as const) expect(of(name, more)).toBeUndefined();
});
