import { describe, expect, it } from 'vitest';
import { createSourceRates, type SourceRates } from './rates.js';

function ratesAt(itemsPerSecond: number) {
  const state = { now: 1e12, fullness: 0, limited: [] as [string, number][] };
  const rates: SourceRates = createSourceRates({ itemsPerSecond, clock: () => state.now, fullness: () => state.fullness, limited: (...what) => void state.limited.push(what) });
  return { rates, state };
}

describe('a source over its rate', () => {
  it('is told when to come again, pays back its burst, and holds up nobody else', () => {
    const { rates, state } = ratesAt(100);
    expect(rates.refusal('flood')).toBeUndefined();
    rates.count('flood', 1_500, 1_500);
    expect(rates.refusal('flood')).toMatch(/more than 100 items a second/);
    expect(rates.retryAfterS('flood')).toBe(6);
    expect(rates.refusal('calm')).toBeUndefined();
    rates.count('flood', 50, 0);
    expect(state.limited).toEqual([['rate', 50]]);
    state.now += 6_000;
    expect(rates.refusal('flood')).toBeUndefined();
  });

  it('is not one that sends little while the clock is set back', () => {
    const { rates, state } = ratesAt(100);
    rates.count('calm', 10, 10);
    state.now -= 600_000;
    expect(rates.refusal('calm')).toBeUndefined();
    rates.count('calm', 1_500, 1_500);
    expect(rates.retryAfterS('calm')).toBe(7);
    state.now += 6_000;
    expect(rates.refusal('calm')).toBeUndefined();
  });

  it('is not limited when there is no limit', () => {
    const { rates } = ratesAt(0);
    rates.count('flood', 1e9, 1e9);
    expect(rates.refusal('flood')).toBeUndefined();
  });
});

describe('when the queue is nearly full', () => {
  it('the source that sends most waits, and the others do not', () => {
    const { rates, state } = ratesAt(0);
    for (let second = 0; second < 10; second += 1) {
      rates.count('flood', 9_000, 9_000);
      rates.count('calm', 1_000, 1_000);
      state.now += 1_000;
    }
    expect(rates.refusal('flood')).toBeUndefined();
    state.fullness = 0.8;
    expect(rates.refusal('flood')).toMatch(/more than its share/);
    expect(rates.refusal('calm')).toBeUndefined();
    // What it is refused counts as sent: it does not get in again by trying.
    for (let second = 0; second < 30; second += 1) {
      rates.count('flood', 9_000, 0);
      rates.count('calm', 1_000, 1_000);
      state.now += 1_000;
    }
    expect(rates.refusal('flood')).toMatch(/more than its share/);
    expect(state.limited[0]).toEqual(['share', 9_000]);
  });

  it('ten thousand sources and as many again that there is no room for cost no more than their number', () => {
    const { rates, state } = ratesAt(0);
    for (let at = 0; at < 10_000; at += 1) rates.count(`known-${at}`, 1, 1);
    for (const fullness of [0, 0.99]) {
      state.fullness = fullness;
      const began = process.cpuUsage();
      let refused = 0;
      for (let at = 0; at < 30_000; at += 1) {
        if (rates.refusal(`new-${at}`) !== undefined) refused += 1;
        rates.count(`new-${at}`, 1, 1);
      }
      expect(refused).toBe(0);
      expect(process.cpuUsage(began).user).toBeLessThan(2e6);
    }
    rates.count('known-1', 1e6, 1e6);
    expect(rates.refusal('known-1')).toMatch(/more than its share/);
    // Those that have not sent for two minutes make room, as soon as it is looked for again.
    state.now += 130_000;
    rates.count('late', 9_000, 9_000);
    expect(rates.refusal('late')).toBeUndefined();
    rates.count('later', 10, 10);
    expect([rates.refusal('late'), rates.refusal('later')]).toEqual([expect.stringContaining('more than its share'), undefined]);
  });

  it('a lone source is not limited by shares', () => {
    const { rates, state } = ratesAt(0);
    state.fullness = 0.99;
    rates.count('only', 9_000, 9_000);
    expect(rates.refusal('only')).toBeUndefined();
  });
});
