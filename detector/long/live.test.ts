import { describe, expect, it } from 'vitest';
import type { Series, SeriesKind } from '#core/types.js';
import type { Reading, Verdict } from '../band.js';
import { LOG_PATTERN_METRIC } from '../words.js';
import { createRandom } from '../testing.js';
import { createLongMemories, type LongMemories } from './live.js';
import { createRecurring, noteValue, reached } from './recurring.js';
import { read, write } from './state.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

const seriesOf = (kind: SeriesKind, name = 'x', operation = ''): Series => ({ id: `${kind}-${name}-${operation}`, kind, service: name, operation, metric: kind, unit: '', labels: {} });
const create = (most = 10): LongMemories => createLongMemories({ stepMs: 15_000, most, sensitivity: 1, falseAlarmEveryMs: 30 * DAY, recalls: false });
const calmVerdict: Verdict = { expected: 0, lower: 0, upper: 0, score: 0, contributions: [{ detector: 'robust', score: 0 }] };

type Shape = (time: number) => Reading;
const daily = (time: number): number => 1 + 0.6 * Math.sin((2 * Math.PI * time) / DAY - 1.3);
function rate(seed: number): Shape {
  const { poisson } = createRandom(seed);
  return (time) => {
    const count = poisson(600 * daily(time));
    return { value: count / 60, count };
  };
}
function gauge(seed: number): Shape {
  const { normal } = createRandom(seed);
  return () => ({ value: 1e8 * (1 + 0.03 * normal()), count: 0 });
}

interface Objection {
  readonly at: number;
  until: number;
  readonly detector: string;
}

/** Plays minutes, or longer steps, and returns when the long memory spoke up over windows that see nothing. */
function play(memories: LongMemories, series: Series, from: number, to: number, shape: Shape, step = MINUTE): Objection[] {
  const found: Objection[] = [];
  for (let time = from; time < to; time += step) {
    const reading = shape(time);
    memories.feed(series, time, reading);
    const { verdict } = memories.hear(series, time, { reading, verdict: calmVerdict });
    if (verdict.score <= 1) continue;
    const last = found.at(-1);
    if (last && last.until === time - step) last.until = time;
    else found.push({ at: time, until: time, detector: verdict.contributions[0]?.detector ?? '' });
  }
  return found;
}

describe('the long memory of a live series', () => {
  it('objects when the daily peak does not come, once, and is content when it comes again', () => {
    const [memories, series, normal] = [create(), seriesOf('rate'), rate(1)];
    const onset = 2 * WEEK + 6 * HOUR;
    const quiet = play(memories, series, 0, onset, normal);
    const flat = (time: number): Reading => { const { value, count } = normal(time); return { value: value / daily(time) / 2, count: count / daily(time) / 2 }; };
    const found = play(memories, series, onset, onset + 6 * HOUR, flat);
    const after = play(memories, series, onset + 6 * HOUR, onset + DAY, normal);
    expect(quiet).toEqual([]);
    expect(found).toMatchObject([{ detector: expect.stringMatching(/^usual /) }]);
    expect(found[0]?.at).toBeLessThan(onset + 3 * HOUR);
    expect(after.every(({ until }) => until < onset + 6 * HOUR + 15 * MINUTE)).toBe(true);
  });

  it('objects within an hour when the peak of a day with steep edges does not come', () => {
    const [memories, series, { normal }] = [create(), seriesOf('metric'), createRandom(13)];
    const steep: Shape = (time) => ({ value: (time % DAY >= 8 * HOUR && time % DAY < 20 * HOUR ? 100 : 20) * (1 + 0.04 * normal()), count: 0 });
    expect(play(memories, series, 0, 2 * WEEK, steep)).toEqual([]);
    const found = play(memories, series, 2 * WEEK, 2 * WEEK + DAY, () => ({ value: 20 * (1 + 0.04 * normal()), count: 0 }));
    expect(found[0]).toMatchObject({ detector: expect.stringMatching(/^usual at this time/) });
    expect(found[0]?.at).toBeGreaterThan(2 * WEEK + 8 * HOUR);
    expect(found[0]?.at).toBeLessThan(2 * WEEK + 9 * HOUR);
  });

  it('objects to a leak that no window of half an hour can see, and goes on to', () => {
    const [memories, series, normal] = [create(), seriesOf('metric'), gauge(2)];
    const onset = 10 * DAY;
    expect(play(memories, series, 0, onset, normal)).toEqual([]);
    const leak = play(memories, series, onset, onset + 24 * HOUR, (time) => ({ value: normal(time).value * (1 + (0.02 * (time - onset)) / HOUR), count: 0 }));
    expect(leak).toHaveLength(1);
    expect(leak[0]?.at).toBeLessThan(onset + 18 * HOUR);
    expect(leak[0]?.until).toBe(onset + 24 * HOUR - MINUTE);
  });

  it('objects to a new level for a day, then takes it as usual', () => {
    const [memories, series, normal] = [create(), seriesOf('metric'), gauge(3)];
    const onset = 10 * DAY;
    play(memories, series, 0, onset, normal);
    const found = play(memories, series, onset, onset + 4 * DAY, (time) => ({ value: normal(time).value * 1.8, count: 0 }));
    expect(found).toHaveLength(1);
    expect(found[0]?.at).toBeLessThan(onset + 15 * MINUTE);
    expect(found[0]?.until).toBeGreaterThan(onset + 23 * HOUR);
    expect(found[0]?.until).toBeLessThan(onset + 25 * HOUR);
  });

  it.each([3, 5])('objects to a new level of what reports every %i minutes', (minutes) => {
    const [memories, series, normal] = [create(), seriesOf('metric'), gauge(3)];
    const onset = 3 * WEEK;
    expect(play(memories, series, 0, onset, normal, minutes * MINUTE)).toEqual([]);
    const found = play(memories, series, onset, onset + 6 * HOUR, (time) => ({ value: 1.5 * normal(time).value, count: 0 }), minutes * MINUTE);
    expect(found).toHaveLength(1);
    expect(found[0]?.at).toBeLessThan(onset + HOUR);
  });

  it('objects within minutes to what its course has never shown, and is content after it', () => {
    const [memories, series, normal] = [create(), seriesOf('metric'), gauge(12)];
    const onset = 10 * DAY;
    expect(play(memories, series, 0, onset, normal)).toEqual([]);
    const found = play(memories, series, onset, onset + HOUR, (time) => ({ value: normal(time).value * (time < onset + 4 * MINUTE ? 1.8 : 1), count: 0 }));
    expect(found).toHaveLength(1);
    expect(found[0]?.at).toBeLessThan(onset + 5 * MINUTE);
    expect(found[0]?.until).toBeLessThan(onset + 10 * MINUTE);
  });

  it('says nothing in its first eight days, whatever comes', () => {
    const [memories, series, normal] = [create(), seriesOf('metric'), gauge(4)];
    expect(play(memories, series, 0, 8 * DAY, (time) => ({ value: normal(time).value * (time % DAY > 20 * HOUR ? 5 : 1), count: 0 }))).toEqual([]);
  });

  it('leaves what is too small to matter inside, however sure it is', () => {
    const [memories, series, normal] = [create(), seriesOf('metric'), gauge(5)];
    play(memories, series, 0, 10 * DAY, normal);
    expect(play(memories, series, 10 * DAY, 10 * DAY + 12 * HOUR, (time) => ({ value: normal(time).value * 1.15, count: 0 }))).toEqual([]);
  });
});

describe('what recurs', () => {
  const batch = (time: number, value = 800): Reading => ({ value: 100 + (time % DAY >= 2 * HOUR && time % DAY < 2 * HOUR + 20 * MINUTE ? value : 0), count: 0 });
  const surprised: Verdict = { expected: 100, lower: 80, upper: 120, score: 40, contributions: [{ detector: 'robust', score: 40 }] };
  const at = (memories: LongMemories, series: Series, time: number, value: number): Verdict => memories.hear(series, time, { reading: { value, count: 0 }, verdict: { ...surprised, score: (value - 100) / 20 } }).verdict;

  it('is news for three nights, then calm; at another time, or further than ever, it is news again', () => {
    const [memories, series] = [create(), seriesOf('metric')];
    const scores: number[] = [];
    for (let night = 0; night < 5; night += 1) {
      play(memories, series, night * DAY, night * DAY + 2 * HOUR, batch);
      scores.push(at(memories, series, night * DAY + 2 * HOUR + 5 * MINUTE, 900).score);
      play(memories, series, night * DAY + 2 * HOUR, (night + 1) * DAY, batch);
    }
    expect(scores.map((score) => score > 1)).toEqual([true, true, true, false, false]);
    expect(at(memories, series, 5 * DAY + 2 * HOUR, 900).upper).toBeCloseTo(920);
    expect(at(memories, series, 5 * DAY + 5 * HOUR, 900).score).toBe(40);
    expect(at(memories, series, 5 * DAY + 2 * HOUR, 2000).score).toBeGreaterThan(1);
  });

  it.each([
    { name: 'a peak of 30 s in every slice of a minute', steps: 2, calmed: true },
    { name: 'a peak of 75 s in every slice of a minute', steps: 5, calmed: true },
    { name: 'no stray point', steps: 1, calmed: false },
    { name: 'no stray point that is learned again', steps: 1, again: true, calmed: false },
  ])('may be short: $name', ({ steps, again = false, calmed }) => {
    const memories = create();
    const all = ['0000', '0001', '0002', '0003'].map((id) => ({ ...seriesOf('latency'), id }));
    const outside = (night: number): boolean[] =>
      all.map((series) => {
        let found = false;
        for (let step = -40; step < 40; step += 1) {
          const time = night * DAY + 2 * HOUR + step * 15_000;
          const value = step >= 0 && step < steps ? 900 : 100;
          for (let times = again ? 2 : 1; times > 0; times -= 1) memories.feed(series, time, { value, count: 500 });
          if (value === 900) found ||= at(memories, series, time, value).score > 1;
        }
        return found;
      });
    const nights = [0, 1, 2, 3, 4].map(outside);
    expect(nights.map((night) => new Set(night))).toEqual([true, true, true, !calmed, !calmed].map((told) => new Set([told])));
  });

  it('was there at that time: what went up before a silence is no precedent for after it', () => {
    const [memories, series] = [create(), seriesOf('latency')];
    for (let day = 0; day < 6; day += 1) {
      const [opens, closes] = [day * DAY + 8 * HOUR, day * DAY + 10 * HOUR];
      if (day === 5) expect([3, 9].map((minute) => at(memories, series, opens + minute * MINUTE, 900).score)).toEqual([40, 40]);
      for (let time = opens; time < closes; time += 15_000) memories.feed(series, time, { value: time < closes - 30_000 ? 100 : 900, count: 500 });
    }
  });

  it('is more than chance: failures of few requests do not make an outage usual', () => {
    const [memories, series] = [create(), seriesOf('errors')];
    for (let night = 0; night < 5; night += 1) for (let step = 0; step < 40; step += 1) memories.feed(series, night * DAY + 2 * HOUR + step * 15_000, { value: step % 20 < 2 ? 0.5 : 0, count: 2 });
    const pooled = { reading: { value: 0.5, count: 12 }, verdict: { ...surprised, expected: 0.01, score: 1.5 } };
    expect(memories.hear(series, 5 * DAY + 2 * HOUR, pooled).verdict.score).toBe(1.5);
  });

  it('is for silence as long a silence: minutes without requests do not make an outage usual, nights do', () => {
    const [memories, series, { uniform }] = [create(), seriesOf('rate'), createRandom(8)];
    for (let time = 0; time < 5 * DAY; time += 15_000) {
      const count = time % DAY >= 6 * HOUR && uniform() < 0.5 ? 1 : 0;
      memories.feed(series, time, { value: count / 15, count });
    }
    const silent = { reading: { value: 0, count: 0, silent: 60 }, verdict: { ...surprised, expected: 0.03, score: 1.3 } };
    expect(memories.hear(series, 5 * DAY + 12 * HOUR, silent).verdict.score).toBe(1.3);
    expect(memories.hear(series, 5 * DAY + 2 * HOUR, silent).verdict.score).toBe(0);
  });

  it('may come once a week', () => {
    const recurring = createRecurring(WEEK, 30 * MINUTE, 4);
    for (let time = 0; time < 4 * WEEK; time += MINUTE) noteValue(recurring, time, time % WEEK < HOUR ? 9 : 1);
    expect(reached(recurring, 4 * WEEK, 1)).toBe(9);
    expect(reached(recurring, 4 * WEEK + DAY, 1)).toBe(1);
    expect(reached(recurring, 4 * WEEK, -1)).toBe(1);
    expect(reached(recurring, 7 * WEEK, 1)).toBeNaN();
  });
});

describe('who has a memory', () => {
  it('the ripest of what matters least longest, and no new log pattern instead of a metric', () => {
    const memories = create(4);
    const metrics = ['a', 'b', 'c', 'd'].map((name) => seriesOf('metric', name));
    for (const [index, series] of metrics.entries()) play(memories, series, index * HOUR, 5 * HOUR, gauge(index + 1));
    memories.feed({ ...seriesOf('logs', 'a'), metric: LOG_PATTERN_METRIC }, 5 * HOUR, { value: 1, count: 1 });
    const known = (): readonly boolean[] => metrics.map(({ id }) => memories.stateOf(id) !== null);
    expect(known()).toEqual([true, true, true, true]);
    for (const name of ['x', 'y']) memories.feed(seriesOf('rate', name), 5 * HOUR, { value: 1, count: 1 });
    expect(known()).toEqual([true, true, false, false]);
  });
  it('services first, then operations, logs and metrics, no more than may', () => {
    const memories = create(2);
    const later = (time: number, ...series: Series[]): string[] => {
      for (const one of series) memories.feed(one, time, { value: 1, count: 1 });
      for (const one of series) memories.feed(one, time + MINUTE, { value: 1, count: 1 });
      return memories.unkept(10).map(({ series: id }) => id).toSorted();
    };
    const [metric, log, operation, service] = [seriesOf('metric'), seriesOf('logs'), seriesOf('rate', 'x', 'GET /'), seriesOf('errors')];
    expect(later(0, metric, log)).toEqual([log.id, metric.id]);
    expect(later(2 * MINUTE, operation)).toEqual([log.id, operation.id]);
    expect(later(4 * MINUTE, metric, service)).toEqual([service.id, operation.id].toSorted());
  });

  it('instead of what fell silent within its first week, as pods do that are replaced, not of what has something to say', () => {
    const [memories, ripe, database] = [create(6), seriesOf('metric', 'ripe'), seriesOf('metric', 'database')];
    const steady: Shape = () => ({ value: 5, count: 0 });
    play(memories, ripe, 0, 9 * DAY, steady);
    const isKnown = ({ id }: Series): boolean => memories.stateOf(id) !== null;
    for (let hour = 0; hour < 8; hour += 1) {
      const from = 9 * DAY + hour * HOUR;
      for (let time = from; time < from + HOUR; time += MINUTE) {
        if (hour >= 4) memories.feed(database, time, steady(time));
        for (let pod = 0; pod < 2; pod += 1) memories.feed(seriesOf('metric', `pod-${hour}-${pod}`), time, steady(time));
      }
    }
    expect([ripe, database].map(isKnown)).toEqual([true, true]);
    expect(isKnown(seriesOf('metric', 'pod-0-0'))).toBe(false);
  });
  it('not instead of what was not heard yet after a pause', () => {
    const memories = create(2);
    const steady: Shape = () => ({ value: 5, count: 0 });
    const old = ['a', 'b'].map((name) => seriesOf('metric', name));
    for (const series of old) play(memories, series, 0, 2 * HOUR, steady);
    for (const series of [seriesOf('metric', 'fresh'), ...old]) memories.feed(series, 6 * HOUR, steady(0));
    expect(old.every(({ id }) => memories.stateOf(id) !== null)).toBe(true);
  });
  it('each learns in its own of the slices of a minute', () => {
    const memories = create();
    const learned: number[] = [];
    for (let step = 0; step < 8; step += 1) {
      for (const id of ['0000', '0001', '0002', '0003']) memories.feed({ ...seriesOf('rate'), id }, step * 15_000, { value: 1, count: 15 });
      learned.push(memories.unkept(10).length);
    }
    expect(learned).toEqual([0, 1, 2, 3, 4, 4, 4, 4]);
  });

  it('nobody where the limit is 0', () => {
    const memories = create(0);
    memories.feed(seriesOf('rate'), 0, { value: 1, count: 1 });
    expect(memories.counts()).toEqual({ known: 0, speaking: 0, waiting: 0 });
  });
});

describe('a clock that was set back', () => {
  it('ends an objection, and by more than an hour has what was learned under it learned anew', () => {
    const [memories, series] = [create(), seriesOf('metric')];
    const now = 2 * WEEK + HOUR;
    play(memories, series, 0, 2 * WEEK, gauge(3));
    play(memories, series, 2 * WEEK, now, () => ({ value: 3e8, count: 0 }));
    expect(memories.objectsTo(series)).toBe(true);
    memories.setBack(now - HOUR);
    expect(memories.objectsTo(series)).toBe(false);
    expect(memories.stateOf(series.id)).toMatchObject({ state: 'active' });
    memories.setBack(now - 2 * HOUR);
    expect(memories.stateOf(series.id)).toMatchObject({ state: 'learning', day: 1 });
    play(memories, series, now - 2 * HOUR, now - HOUR, gauge(4));
    expect(memories.unkept(1)).toMatchObject([{ until: now - HOUR - MINUTE }]);
  });
});

describe('a kept state', () => {
  it('comes back exactly, and what follows is the same, number by number', () => {
    const [before, after, series] = [create(), create(), seriesOf('rate')];
    const normal = rate(6);
    play(before, series, 0, 9 * DAY, normal);
    const [kept] = before.unkept(1);
    if (!kept) throw new Error('nothing to keep');
    after.restore(kept);
    // What was filling when it was kept belongs to the process that went away.
    before.restore(kept);
    const rest = Array.from({ length: 600 }, (_, minute) => normal(9 * DAY + minute * MINUTE));
    for (const [minute, { value, count }] of rest.entries()) for (const memories of [before, after]) memories.feed(series, 9 * DAY + minute * MINUTE, { value: value / 3, count });
    expect(after.unkept(1)).toEqual(before.unkept(1));
    const heard = [before, after].map((memories) => memories.hear(series, 9 * DAY + 10 * HOUR, { reading: { value: 1, count: 60 }, verdict: calmVerdict }));
    expect(heard[0]?.verdict.score).toBeGreaterThan(1);
    expect(heard[1]).toEqual(heard[0]);
  });

  it('is refused when it is cut, longer, of another pace, or holds an infinity', () => {
    const memories = create();
    play(memories, seriesOf('rate'), 0, HOUR, rate(7));
    const [kept] = memories.unkept(1);
    if (!kept) throw new Error('nothing to keep');
    const refused = (state: Buffer, other = create()): string => {
      try {
        other.restore({ ...kept, state });
      } catch (error) {
        expect(other.counts().known).toBe(0);
        return String(error);
      }
      return '';
    };
    expect(refused(kept.state.subarray(0, 100))).toMatch(/too few/);
    expect(refused(Buffer.concat([kept.state, Buffer.alloc(4)]))).toMatch(/4 bytes too many/);
    expect(refused(kept.state, createLongMemories({ stepMs: 300_000, most: 1, sensitivity: 1, falseAlarmEveryMs: DAY, recalls: false }))).toMatch(/every 60000 ms/);
    const infinite = Buffer.from(kept.state);
    infinite.writeDoubleLE(Infinity, 8);
    expect(refused(infinite)).toMatch(/a number that is none/);
    expect(refused(kept.state)).toBe('');
  });

  it('walks the same way in and out', () => {
    const columns = [new Float32Array([1, Number.NaN, -0.5]), new Float32Array(3)] as const;
    const bytes = write((walk) => { walk.number(0.1); walk.column(columns[0]); });
    let number = 0;
    read(bytes, (walk) => { number = walk.number(0); walk.column(columns[1]); });
    expect([number, ...columns[1]]).toEqual([0.1, ...columns[0]]);
  });
});
