import { expect, it } from 'vitest';
import { isBurden, isLeft, isRestarts, metricWords } from './metric-words.js';

it.each([
  ['v8js_memory_heap_used_bytes', 'heap'],
  ['v8js.memory.heap.used', 'heap'],
  ['process.cpu.utilization', 'processor use'],
  ['process_cpu_seconds_total', 'processor use'],
  ['system.cpu.time', 'processor use of the host'],
  ['process_resident_memory_bytes', 'memory'],
  ['container_memory_working_set_bytes', 'memory'],
  ['nodejs_eventloop_utilization_ratio', 'use of the event loop'],
  ['nodejs_eventloop_delay_p99_seconds', 'delay of the event loop'],
  ['v8js_gc_duration_seconds_mean', 'garbage collection'],
  ['kafka_consumer_group_lag', 'consumer lag'],
  ['db.client.connection.count', 'database connections in use'],
  ['db_client_operation_duration_seconds_mean', 'mean time of database calls'],
  ['orders_queue_size', 'queue length of orders'],
  ['queue.depth', 'queue length'],
  ['rabbitmq_queue_messages_ready', 'queue length'],
  ['rabbitmq.message.current', 'queue length'],
  ['orders_total', 'orders_total'],
  ['cart_heap_of_things', 'cart_heap_of_things'],
  ['db_client_operation_duration_seconds_count', 'database calls'],
  ['http_server_request_duration_seconds_count', 'requests served'],
  ['node_memory_MemAvailable_bytes', 'memory available of the host'],
  ['node_filesystem_avail_bytes', 'disk space available'],
  ['system.filesystem.usage', 'disk space'],
])('%s is %s', (metric, words) => expect(metricWords({ metric })).toBe(words));

it.each<[string, Record<string, string>, boolean, string]>([
  ['node_memory_MemAvailable_bytes', {}, true, 'memory available of the host'],
  ['node_filesystem_avail_bytes', { mountpoint: '/' }, true, 'disk space available'],
  ['system.filesystem.usage', { state: 'free' }, true, 'free disk space'],
  ['system_cpu_utilization', { state: 'idle', cpu: 'cpu0' }, true, 'idle processor time of the host'],
  ['system_cpu_utilization', { cpu_mode: 'user' }, false, 'processor use of the host'],
  ['db.client.connection.count', { db_client_connection_state: 'idle' }, true, 'idle database connections'],
  ['hikaricp_pool_idle', {}, true, 'hikaricp_pool_idle'],
  ['cacheHitRatio', {}, true, 'cacheHitRatio'],
  ['cache.hit_ratio', {}, true, 'cache.hit_ratio'],
  ['redis.db.expires', {}, false, 'redis.db.expires'],
  ['session_expiration_total', {}, false, 'session_expiration_total'],
  ['kube_deployment_status_replicas_unavailable', {}, false, 'kube_deployment_status_replicas_unavailable'],
  ['node_hwmon_freezing', {}, false, 'node_hwmon_freezing'],
  ['memory_freed_bytes', {}, false, 'memory_freed_bytes'],
])('%s of %o is left: %s, and called %s', (metric, labels, left, words) => {
  expect(isLeft({ kind: 'metric', metric, labels })).toBe(left);
  expect(metricWords({ metric, labels })).toBe(words);
});

it.each([
  ['kafka_consumergroup_lag', true], ['kafka_consumergroup_lag_seconds', true], ['rabbitmq_queue_messages_ready', true], ['rabbitmq_queue_messages_unacked', true], ['hikaricp_connections_pending', true],
  ['http.server.active_requests', true], ['k8s.container.restarts', true], ['http.client.request.duration_mean', true], ['db_client_operation_duration_seconds_mean', true], ['http_client_errors_total', true],
  ['redis_keyspace_misses_total', true], ['dead_letter_count', true], ['http.client.request.body.size_mean', false], ['redis_connected_clients', false], ['orders_total', false], ['pg_stat_database_xact_commit', false], ['cache_hit_ratio', false],
])('whether less of %s is better: %s', (metric, expected) => expect(isBurden({ kind: 'metric', metric })).toBe(expected));

it.each([
  ['kube_pod_container_status_restarts_total', true], ['kube_pod_init_container_status_restarts_total', true], ['k8s.container.restarts', true], ['k8s.container.restart_count', true], ['container.restarts', true],
  ['systemd_service_restart_total', true], ['seconds_since_last_restart', false], ['time_between_restarts_seconds', false], ['orders_total', false],
])('whether %s counts restarts: %s', (metric, expected) => expect(isRestarts({ kind: 'metric', metric })).toBe(expected));
