import { expect, it } from 'vitest';
import { systemOf } from './systems.js';

it('what a receiver measures is called as its clients call it', () => {
  const of = (name: string, service = 'unknown_service', sdk = ''): string | undefined => systemOf({ name, service, sdk });
  expect(of('postgresql_backends')).toBe('postgresql');
  expect(of('kafka_consumer_group_lag')).toBe('kafka');
  expect(of('sqlserver_batch_request_rate')).toBe('microsoft.sql_server');
  // Somebody gave it a name, a process measures its own clients, or nobody knows what it is.
  for (const series of [of('postgresql_backends', 'orders-db'), of('kafka_consumer_lag', 'unknown_service:java', 'opentelemetry'), of('queue_length'), of('redistribution_total')]) expect(series).toBeUndefined();
});
