import { describe, expect, it } from 'vitest';
import { createAttempts } from './attempts.js';

const MINUTE_MS = 60_000;

describe('wrong passwords', () => {
  it('are counted for a name and for an address, over five minutes', () => {
    let now = 0;
    const attempts = createAttempts(() => now);
    for (let at = 0; at < 10; at += 1) expect(attempts.begin('192.0.2.1', 'ada')).toBe(0);
    expect(attempts.begin('192.0.2.1', 'ada')).toBe(300);
    expect(attempts.begin('192.0.2.2', 'ada')).toBe(0);
    expect(attempts.begin('192.0.2.1', 'bob')).toBe(0);
    now = 5 * MINUTE_MS;
    expect(attempts.begin('192.0.2.1', 'ada')).toBe(0);
  });
  it('are not forgotten for all the names that are tried after them', () => {
    const attempts = createAttempts(() => 0);
    for (let at = 0; at < 50; at += 1) expect(attempts.begin('2001:db8::1', `name ${at}`)).toBe(0);
    for (let at = 0; at < 25_000; at += 1) expect(attempts.begin(`2001:db8::${(at % 999) + 1}`, `other ${at}`)).toBe(300);
    expect(attempts.begin('2001:db8::1', 'ada')).toBe(300);
    expect(attempts.begin('2001:db8:0:1::1', 'ada')).toBe(0);
  });
  it('are forgotten after the right one', () => {
    const attempts = createAttempts(() => 0);
    for (let at = 0; at < 49; at += 1) attempts.begin('192.0.2.1', `name ${at % 5}`);
    expect(attempts.begin('192.0.2.1', 'ada')).toBe(0);
    expect(attempts.begin('192.0.2.1', 'bob')).toBe(300);
    attempts.forget('192.0.2.1', 'ada');
    expect(attempts.begin('192.0.2.1', 'bob')).toBe(0);
  });
});
