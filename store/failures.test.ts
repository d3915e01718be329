import { expect, it } from 'vitest';
import { asStoreError } from './failures.js';

it('tells a disk that is full from a ClickHouse that does not answer', () => {
  const messageOf = (text: string): string => asStoreError(new Error(text), undefined).message;
  expect(messageOf('ENOSPC: no space left on device, write')).toBe('the data directory cannot be written to: ENOSPC: no space left on device, write');
  expect(messageOf('connect ECONNREFUSED 127.0.0.1:8123')).toBe('ClickHouse does not answer: connect ECONNREFUSED 127.0.0.1:8123');
});

it('promises new tables only where all are gone, as a start makes none of those that it made before', () => {
  class ClickHouseError extends Error {
    readonly code = '60';
  }
  const { code, message } = asStoreError(new ClickHouseError('Table default.otel_logs does not exist.'), 'db:8123');
  expect(code).toBe('STORE_UNAVAILABLE');
  expect(message).toBe('the ClickHouse server at db:8123 refuses: Table default.otel_logs does not exist; where all its tables are gone start Faultline again, which makes them; where one is gone restore it from a backup');
});
