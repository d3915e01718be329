import { describe, expect, it } from 'vitest';
import { backoffMs, retryAfterMs, verdictOf } from './verdict.js';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const answer = (status: number, text = '', retryAfter?: string) => verdictOf({ status, text, retryAfter }, NOW);

describe('the verdict on an answer', () => {
  it.each([
    [200, 'delivered'], [204, 'delivered'], [301, 'dead'], [400, 'dead'], [401, 'dead'], [404, 'dead'], [410, 'dead'],
    [408, 'again'], [425, 'again'], [429, 'again'], [500, 'again'], [503, 'again'],
  ])('%i is %s', (status, outcome) => expect(answer(status).outcome).toBe(outcome));

  it('keeps what a receiver says in plain words, and nothing that may echo an address or a token', () => {
    expect(answer(403, 'invalid_payload\n')).toMatchObject({ reason: 'the receiver answered 403: invalid_payload' });
    for (const echo of ['Cannot POST /services/T0/B0/x1', '{"token":"abc"}', 'token Abc123']) expect(answer(404, echo)).toMatchObject({ reason: 'the receiver answered 404' });
  });

  it('reads Retry-After as seconds or a date, within an hour', () => {
    expect(retryAfterMs('7', NOW)).toBe(7000);
    expect(retryAfterMs(new Date(NOW + 90_000).toUTCString(), NOW)).toBe(90_000);
    expect(retryAfterMs('86400', NOW)).toBe(3_600_000);
    expect(retryAfterMs(new Date(NOW - 90_000).toUTCString(), NOW)).toBe(0);
    for (const nothing of [undefined, 'soon', '-5x']) expect(retryAfterMs(nothing, NOW)).toBeNull();
  });

  it('waits twice as long each time, with jitter, up to the bound, and never less than asked', () => {
    const config = { initial_backoff: 1000, max_backoff: 60_000 };
    expect([1, 2, 3, 7, 500].map((attempts) => backoffMs(attempts, config, null, 1))).toEqual([1000, 2000, 4000, 60_000, 60_000]);
    expect(backoffMs(3, config, null, 0)).toBe(2000);
    expect(backoffMs(1, config, 30_000, 1)).toBe(30_000);
  });
});
