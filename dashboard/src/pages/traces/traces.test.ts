import { describe, expect, it } from 'vitest';
import type { ApiTraceSummary } from '#core/api/traces.js';
import { fromColumns } from './from-columns.js';
import { createScale } from './scatter-scale.js';
import { ticks } from './ticks.js';

const trace = (startsAt: number, durationMs: number): ApiTraceSummary => ({ traceId: `${startsAt}`, rootService: 'a', rootName: 'b', startsAt, durationMs, spanCount: 1, errorCount: 0, services: ['a'] });

describe('scatter', () => {
  const scale = createScale([trace(1_000, 2), trace(2_000, 900)], { from: 0, to: 10_000 }, { left: 50, right: 250, top: 0, bottom: 100 });
  it('leads from px back to what they show', () => {
    expect(scale.timeAt(scale.x(2_500))).toBeCloseTo(2_500);
    expect(scale.msAt(scale.y(340))).toBeCloseTo(340);
    expect(scale.y(900)).toBeLessThan(scale.y(2));
  });
  it('names few, round durations', () => expect(scale.levels).toEqual([3, 10, 30, 100, 300, 1_000].filter((ms) => ms <= 900 * 1.3)));
  it('stands with one trace, with none, and with a length of 0', () => {
    for (const traces of [[], [trace(1, 5)], [trace(1, 0)]]) expect(Number.isFinite(createScale(traces, { from: 0, to: 1 }, { left: 0, right: 1, top: 0, bottom: 1 }).y(5))).toBe(true);
  });
});

it('reads traces from columns, in which each name stands once', () => {
  const columns = { traceId: ['x', 'y'], rootService: [0, 0], rootName: [1, 0], startsAt: [5, 6], durationMs: [1.5, 2], spanCount: [3, 4], errorCount: [0, 1], services: [1, 0], names: ['shop', 'GET /', 'cart'], sets: [[], [0, 2]], matching: 9 };
  expect(fromColumns(columns)).toEqual({
    matching: 9,
    traces: [
      { traceId: 'x', rootService: 'shop', rootName: 'GET /', startsAt: 5, durationMs: 1.5, spanCount: 3, errorCount: 0, services: ['shop', 'cart'] },
      { traceId: 'y', rootService: 'shop', rootName: 'shop', startsAt: 6, durationMs: 2, spanCount: 4, errorCount: 1, services: [] },
    ],
  });
});

it('the lane of a trace has round ticks, as many as have room', () => {
  expect(ticks(1_300, 900)).toEqual([0, 500, 1_000]);
  expect(ticks(87, 900)).toEqual([0, 20, 40, 60]);
  expect(ticks(0, 900)).toEqual([0]);
  expect(ticks(87, 130)).toEqual([0, 50]);
  expect(ticks(87, 0)).toEqual([0]);
});
