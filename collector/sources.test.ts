import { expect, it } from 'vitest';
import { createSources } from './sources.js';

const MINUTE = 60_000;
const report = (service: string, accepted: number, problems: readonly string[] = [], refused = 0, ageMs = 0, unrated = 0) => ({ sources: [{ service, sdk: 'go 1.2', accepted, refused, unrated, ageMs, problems }] });

it('shows who sends how much, and forgets a minute later', () => {
  let now = 1e12;
  const sources = createSources(() => now);
  sources.seen('traces', report('checkout', 120));
  sources.seen('traces', report('checkout', 60));
  sources.seen('logs', report('checkout', 60));
  expect(sources.list()).toEqual([{ service: 'checkout', sdk: 'go 1.2', problems: [], refused: null, signals: [{ signal: 'traces', perSecond: 3, lastSeenAt: now, stopped: false, late: false }, { signal: 'logs', perSecond: 1, lastSeenAt: now, stopped: false, late: false }] }]);
  now += MINUTE;
  expect(sources.list()[0]?.signals.map(({ perSecond }) => perSecond)).toEqual([0, 0]);
  now += 3 * MINUTE;
  expect(sources.list()[0]?.signals.map(({ stopped }) => stopped)).toEqual([true, false]);
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

it('says whose telemetry comes too late to be judged, once that lasts for a minute and as long as nothing comes in time', () => {
  let now = 1e12;
  const sources = createSources(() => now, undefined, { step: 15_000, delay: 8_000 });
  const play = (seconds: number, lateS: (at: number) => number): unknown => {
    for (let at = 0; at < seconds; at += 5, now += 5_000) sources.seen('traces', report('tail', 1, [], 0, lateS(at) * 1000));
    const [source] = sources.list();
    return [source?.problems, source?.signals[0]?.late];
  };
  expect(play(60, (at) => 32.4 + (at % 10))).toEqual([[], false]);
  expect(play(10, () => 33)).toEqual([['its spans come at least 33 s late, so that they are not judged: raise detector.delay (8 s), or set its clock right'], true]);
  expect(play(5, () => 2)).toEqual([[], false]);
  expect(play(90, () => 9)).toEqual([['its spans come at least 9 s late, so that not all of them are judged: raise detector.delay (8 s), or set its clock right'], false]);
  now += 11 * MINUTE;
  expect(sources.list()[0]?.problems).toEqual([]);
});

it('says whose log records have no severity, once that lasts for a minute and until one has', () => {
  let now = 1e12;
  const sources = createSources(() => now);
  const play = (seconds: number, unrated: number): number | undefined => {
    for (let at = 0; at < seconds; at += 5, now += 5_000) sources.seen('logs', report('legacy', 4, [], 0, 0, unrated));
    return sources.list()[0]?.problems.length;
  };
  expect([play(60, 4), play(10, 4), play(5, 3), play(60, 4)]).toEqual([0, 1, 0, 0]);
  expect([play(10, 4), sources.list()[0]?.problems]).toEqual([1, [expect.stringContaining('none of its log records has a severity')]]);
  now += 11 * MINUTE;
  expect(sources.list()[0]?.problems).toEqual([]);
});

it('counts what was refused until ten minutes pass without a refusal', () => {
  let now = 1e12;
  const sources = createSources(() => now);
  const first = now;
  sources.seen('metrics', report('shop', 1, ['too many series'], 40));
  now += 9 * MINUTE;
  sources.seen('metrics', report('shop', 0, ['too many series'], 2));
  expect(sources.list()[0]?.refused).toEqual({ items: 42, since: first });
  now += 11 * MINUTE;
  expect(sources.list()[0]?.refused).toBeNull();
});

it('does not grow with names that a sender makes up', () => {
  const sources = createSources(() => 1e12);
  for (let index = 0; index < 6_000; index += 1) sources.seen('traces', report(`${index}${'x'.repeat(10_000)}`, 1));
  expect(sources.list()).toHaveLength(5_000);
  expect(sources.list()[0]?.service).toHaveLength(200);
});

it('tells of sources that the list has no room for, and takes them once others are silent for a day', () => {
  let now = 1e12;
  let unlisted = 0;
  const sources = createSources(() => now, () => (unlisted += 1));
  for (let index = 0; index < 5_000; index += 1) sources.seen('traces', report(`s${index}`, 1));
  sources.seen('traces', report('late', 1));
  sources.seen('traces', report('s1', 1));
  expect([unlisted, sources.list().length]).toEqual([1, 5_000]);
  now += 25 * 60 * MINUTE;
  sources.seen('traces', report('late', 1));
  expect([unlisted, sources.list().map(({ service }) => service)]).toEqual([1, ['late']]);
});
