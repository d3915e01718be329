import { describe, expect, it } from 'vitest';
import type { Incident } from '#core/types.js';
import { FAULT_NAMES, FAULTS } from '../demo/faults/catalogue.js';
import { createRandom } from '../demo/random.js';
import { planFaults } from './faults/plan.js';
import { judge, summarise, type Observed, type Planted } from './faults/verdict.js';

const fault: Planted = { name: 'error-burst', service: 'payment', cause: 'payment', seconds: 60, from: 1_000_000, to: 1_060_000 };
const incident = (afterMs: number, ...causes: string[]): Incident =>
  ({ id: String(afterMs), openedAt: fault.from + afterMs, title: 't', evidence: [{ startsAt: fault.from + 5_000 }], causes: causes.map((service) => ({ service, confidence: 0.5, reason: '', onsetAt: 0 })) }) as unknown as Incident;
const seen = (opened: Incident, latest = opened): Observed => ({ opened, latest });

describe('a fault is found', () => {
  it.each([
    { title: 'by an incident that opens while it lasts', afterMs: 12_000, detected: true },
    { title: 'by one that opens within a minute of its end', afterMs: 119_000, detected: true },
    { title: 'but not by one that was there before', afterMs: -1, detected: false },
    { title: 'nor by one that opens later', afterMs: 121_000, detected: false },
  ])('$title', ({ afterMs, detected }) => {
    expect(judge(fault, [seen(incident(afterMs, 'payment'))])).toMatchObject({ detected, right: detected, seconds: detected ? afterMs / 1000 : null });
  });

  it('by its first incident; the others are noise, even when they name the cause', () => {
    const verdict = judge(fault, [seen(incident(30_000, 'payment')), seen(incident(10_000, 'checkout', 'payment'))]);
    expect(verdict).toMatchObject({ seconds: 10, cause: 'checkout', right: false, inTopThree: true, incidents: 2 });
  });

  it('not by joining an incident that was open already, which is told apart', () => {
    expect(judge(fault, [seen(incident(-60_000, 'payment'))])).toMatchObject({ detected: false, joined: true });
    expect(judge(fault, [])).toMatchObject({ detected: false, joined: false });
  });

  it('with the cause it opened with told from the one it ended with', () => {
    expect(judge(fault, [seen(incident(10_000, 'checkout'), incident(10_000, 'payment'))])).toMatchObject({ firstCause: 'checkout', rightAtOnce: false, right: true });
  });
});

it('sums up over all faults, missed ones too', () => {
  const verdicts = [judge(fault, [seen(incident(10_000, 'payment'))]), judge(fault, [seen(incident(20_000, 'cart')), seen(incident(21_000, 'cart'))]), judge(fault, [])];
  expect(summarise(verdicts, 4)).toEqual({ faults: 3, detected: 2, rightAtOnce: 1, right: 1, inTopThree: 1, medianSeconds: 10, p95Seconds: 20, extraDuring: 1, extraBetween: 4 });
});

it('plans every kind before any returns, in several places, the same for the same seed', () => {
  const plan = planFaults(20, createRandom(1));
  expect(plan).toEqual(planFaults(20, createRandom(1)));
  expect(plan).toHaveLength(20);
  for (const start of [0, 7]) expect(new Set(plan.slice(start, start + 7).map(({ name }) => name))).toEqual(new Set(FAULT_NAMES));
  for (const { name, targets } of FAULTS) expect(new Set(plan.filter((one) => one.name === name).map(({ service }) => service)).size).toBeGreaterThanOrEqual(Math.min(2, targets.length));
  for (const { seconds } of plan) expect(seconds >= 60 && seconds <= 75).toBe(true);
});
