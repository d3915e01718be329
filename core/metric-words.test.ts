import { expect, it } from 'vitest';
import { metricWords } from './metric-words.js';

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
  ['orders_total', 'orders_total'],
  ['cart_heap_of_things', 'cart_heap_of_things'],
  ['db_client_operation_duration_seconds_count', 'database calls'],
  ['http_server_request_duration_seconds_count', 'requests served'],
])('%s is %s', (metric, words) => expect(metricWords({ metric })).toBe(words));
