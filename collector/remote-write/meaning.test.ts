import { expect, it } from 'vitest';
import { meaningOf } from './meaning.js';

it.each([
  ['http_request_duration_seconds_total', undefined, 's'],
  ['orders_total', undefined, ''],
  ['orders_constructor', undefined, ''],
  ['orders', { type: 0, unit: 'bytes', help: '' }, 'By'],
  ['orders', { type: 0, unit: 'toString', help: '' }, 'toString'],
] as const)('the unit of %s with %j is %j', (name, metadata, unit) => {
  expect(meaningOf(name, [], metadata).unit).toBe(unit);
});
