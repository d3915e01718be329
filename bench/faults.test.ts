import { describe, expect, it } from 'vitest';
import type { Incident } from '#core/types.js';
import { FAULT_NAMES, FAULTS } from '../demo/faults/catalogue.js';
import { createRandom } from '../demo/random.js';
import { SERVICE_NAMES } from '../demo/services/index.js';
import { planFaults, unrelated } from './faults/plan.js';
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
  const verdicts = [judge(fault, [seen(incident(10_000, 'payment'))]), judge(fault, [seen(incident(20_000, 'cart')), seen(incident(21_000, 'cart'))]), judge(fault, [])].map((verdict, at) => ({ ...verdict, fault: { ...fault, from: fault.from + at } }));
  expect(summarise(verdicts, 4)).toEqual({ faults: 3, doubles: 0, detected: 2, rightAtOnce: 1, right: 1, inTopThree: 1, exact: 1, medianSeconds: 10, p95Seconds: 20, extraDuring: 1, extraBetween: 4 });
});

describe('of two faults at once', () => {
  const other: Planted = { ...fault, name: 'memory-leak', service: 'search', cause: 'search' };
  const both = [fault, other];
  const naming = (afterMs: number, first: string, independent?: string, ...evidence: string[]): Observed =>
    seen({ ...incident(afterMs), causes: [{ service: first }, ...(independent === undefined ? [] : [{ service: independent, independent: true }])], evidence: evidence.map((service) => ({ startsAt: fault.from, series: { service } })) } as unknown as Incident);

  it.each([
    { title: 'two incidents are right', observed: [naming(10_000, 'payment'), naming(20_000, 'search')], right: [true, true], incidents: [1, 1], exact: 1 },
    { title: 'one that names both is right', observed: [naming(10_000, 'search', 'payment')], right: [true, true], incidents: [1, 1], exact: 1 },
    { title: 'one that names one is half right', observed: [naming(10_000, 'payment', undefined, 'payment', 'search')], right: [true, false], incidents: [1, 1], exact: 1 },
    { title: 'one without a trace of the other leaves that undetected', observed: [naming(10_000, 'payment', undefined, 'payment')], right: [true, false], incidents: [1, 0], exact: 0 },
    { title: 'a second of the same is noise', observed: [naming(10_000, 'payment', 'search'), naming(20_000, 'payment')], right: [true, true], incidents: [2, 1], exact: 0 },
  ])('$title', ({ observed, right, incidents, exact }) => {
    const found = both.map((one) => judge(one, observed, both));
    expect(found.map((one) => one.right)).toEqual(right);
    expect(found.map((one) => one.incidents)).toEqual(incidents);
    expect(summarise(found, 0)).toMatchObject({ faults: 1, doubles: 1, right: right.every(Boolean) ? 1 : 0, exact });
  });
});

it('plans every kind before any returns, in several places, the same for the same seed', () => {
  const plan = planFaults(20, createRandom(1)).flat();
  expect(plan).toEqual(planFaults(20, createRandom(1)).flat());
  expect(plan).toHaveLength(20);
  for (const start of [0, 7]) expect(new Set(plan.slice(start, start + 7).map(({ name }) => name))).toEqual(new Set(FAULT_NAMES));
  for (const { name, targets } of FAULTS) expect(new Set(plan.filter((one) => one.name === name).map(({ service }) => service)).size).toBeGreaterThanOrEqual(Math.min(2, targets.length));
  for (const { seconds } of plan) expect(seconds >= 60 && seconds <= 75).toBe(true);
});

it('plans two at once, of two kinds, where neither calls the other', () => {
  const plan = planFaults(60, createRandom(1), 20);
  expect(plan).toHaveLength(60);
  const doubles = plan.filter(({ length }) => length > 1);
  expect(doubles).toHaveLength(20);
  for (const [one, other] of doubles) expect(one && other && one.name !== other.name && unrelated(one.cause, other.cause)).toBe(true);
  expect(new Set(plan.flat().map(({ service }) => service))).toEqual(new Set([...SERVICE_NAMES, 'postgresql', 'redis']));
});
