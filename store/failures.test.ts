import { expect, it } from 'vitest';
import { asStoreError } from './failures.js';

it('tells a disk that is full from a ClickHouse that does not answer', () => {
  const messageOf = (text: string): string => asStoreError(new Error(text), undefined).message;
  expect(messageOf('ENOSPC: no space left on device, write')).toBe('the data directory cannot be written to: ENOSPC: no space left on device, write');
  expect(messageOf('connect ECONNREFUSED 127.0.0.1:8123')).toBe('ClickHouse does not answer: connect ECONNREFUSED 127.0.0.1:8123');
});
