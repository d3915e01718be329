import { expect, it } from 'vitest';
import { createSources } from './sources.js';

const MINUTE = 60_000;
const report = (service: string, accepted: number, problems: readonly string[] = []) => ({ sources: [{ service, sdk: 'go 1.2', accepted, problems }] });

it('shows who sends how much, and forgets a minute later', () => {
  let now = 1e12;
  const sources = createSources(() => now);
  sources.seen('traces', report('checkout', 120));
  sources.seen('traces', report('checkout', 60));
  sources.seen('logs', report('checkout', 60));
  expect(sources.list()).toEqual([{ service: 'checkout', sdk: 'go 1.2', problems: [], signals: [{ signal: 'traces', perSecond: 3, lastSeenAt: now }, { signal: 'logs', perSecond: 1, lastSeenAt: now }] }]);
  now += MINUTE;
  expect(sources.list()[0]?.signals.map(({ perSecond }) => perSecond)).toEqual([0, 0]);
  now += 25 * 60 * MINUTE;
  expect(sources.list()).toEqual([]);
});

it('shows a problem until it has been gone for ten minutes', () => {
  let now = 1e12;
  const sources = createSources(() => now);
  sources.seen('traces', report('checkout', 0, ['its clock is off']));
  now += 9 * MINUTE;
  sources.seen('traces', report('checkout', 1));
  expect(sources.list()[0]?.problems).toEqual(['its clock is off']);
  now += 2 * MINUTE;
  expect(sources.list()[0]?.problems).toEqual([]);
});

it('does not grow with names that a sender makes up', () => {
  const sources = createSources(() => 1e12);
  for (let index = 0; index < 6_000; index += 1) sources.seen('traces', report(`${index}${'x'.repeat(10_000)}`, 1));
  expect(sources.list()).toHaveLength(5_000);
  expect(sources.list()[0]?.service).toHaveLength(200);
});
