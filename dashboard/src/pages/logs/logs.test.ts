import { describe, expect, it } from 'vitest';
import type { ApiLog } from '#core/api/logs.js';
import { barsOf, totalsOf } from './histogram.js';
import { isNew } from './new-pattern.js';
import { laidOut, levelOf, placeOf, recordKey } from './record.js';

const log: ApiLog = { timeUnixNano: '1790000000123456789', service: 'payment', severityText: 'ERROR', severityNumber: 17, body: 'charge 4711 refused: "card closed" by processor 3', traceId: '', spanId: '', attributes: {}, resource: {} };

describe('records', () => {
  it('are as bad as their number says, fatal being an error', () => expect([24, 17, 13, 9, 5, 1, 0].map((severityNumber) => levelOf({ severityNumber }))).toEqual(['error', 'error', 'warn', 'info', 'debug', 'debug', 'unset']));
  it('have a key that tells apart what was said at the same nanosecond', () => {
    const same: ApiLog = { ...log, attributes: { a: 'b' } };
    expect(recordKey(log)).toBe(recordKey(same));
    expect(recordKey(log)).not.toBe(recordKey({ ...log, body: 'other' }));
  });
  it('have a place in the list by their key', () => expect([placeOf(recordKey(log)), placeOf('mistyped')]).toEqual([`${log.timeUnixNano}-18446744073709551615-0`, undefined]));
  it('lay out JSON, and leave what only looks like it', () => expect([laidOut('{"a":1}'), laidOut('{oops'), laidOut('plain')]).toEqual(['{\n  "a": 1\n}', '{oops', 'plain']));
});

describe('histogram', () => {
  const histogram = { times: [1_000, 2_000], counts: { info: [3, 0], error: [1, 0] } };
  it('stacks the worst at the axis', () => {
    expect(barsOf(histogram)).toEqual([{ from: 1_000, to: 2_000, total: 4, parts: [{ level: 'error', count: 1, below: 0 }, { level: 'info', count: 3, below: 1 }] }, { from: 2_000, to: 3_000, total: 0, parts: [] }]);
  });
  it('adds up', () => expect(totalsOf(histogram)).toEqual({ error: 1, warn: 0, info: 3, debug: 0, unset: 0 }));
});

describe('patterns', () => {
  const pattern = (service: string, firstSeenAt: number): Parameters<typeof isNew>[0] => ({ service, firstSeenAt });
  it('are new when their service spoke long before them', () => {
    const all = [pattern('cart', 0), pattern('cart', 30 * 60_000), pattern('search', 30 * 60_000)];
    expect(all.map((one) => isNew(one, all))).toEqual([false, true, false]);
  });
});
