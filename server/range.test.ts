import { expect, it } from 'vitest';
import { rangeOf, rangeQuery } from './range.js';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const from = (value: unknown): number => rangeOf(rangeQuery.parse({ from: value }), () => NOW).from;

it('takes times as they are answered: milliseconds, nanoseconds, RFC 3339', () => {
  for (const value of [NOW - 60_000, `${NOW - 60_000}`, `${NOW - 60_000}.0`, `${NOW - 60_000}000000`, '2026-01-02T03:03:05Z', '2026-01-02T03:03:05.000Z', '2026-01-02T04:03:05+01:00', 'now-1m']) expect([value, from(value)]).toEqual([value, NOW - 60_000]);
  for (const value of ['yesterday', '2026-13-02T03:03:05Z', '2026-01-02', -1, 1e300, null, '']) expect([value, rangeQuery.safeParse({ from: value }).success]).toEqual([value, false]);
});
