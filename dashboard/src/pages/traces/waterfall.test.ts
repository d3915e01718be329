import { describe, expect, it } from 'vitest';
import type { ApiSpan } from '#core/api/traces.js';
import { parseDuration } from '../../format/parse-duration.js';
import { buildWaterfall, contains, nextFailed, openRows } from './waterfall.js';

const MS = 1_000_000;
const T0 = 1_790_000_000_000_000_000n;

/** Times in ms since the begin of the trace. */
function span(spanId: string, parentSpanId: string, service: string, start: number, duration: number, more: Partial<ApiSpan> = {}): ApiSpan {
  return {
    traceId: 'f'.repeat(32), spanId, parentSpanId, service, name: `${service} ${spanId}`, kind: 'Internal', startTimeUnixNano: String(T0 + BigInt(Math.round(start * MS))), durationNs: duration * MS,
    status: 'Unset', statusMessage: '', attributes: {}, resource: {}, events: [], links: [], ...more,
  };
}

const ids = ({ rows }: { rows: readonly { span: ApiSpan }[] }): string[] => rows.map((row) => row.span.spanId);

describe('waterfall', () => {
  it('puts parents before children and siblings by start, whatever the order of arrival', () => {
    const trace = buildWaterfall([span('c', 'a', 'x', 50, 10), span('d', 'b', 'y', 12, 5), span('b', 'a', 'y', 10, 20), span('a', '', 'x', 0, 100)]);
    expect(ids(trace)).toEqual(['a', 'b', 'd', 'c']);
    expect(trace.rows.map(({ depth, descendants }) => [depth, descendants])).toEqual([[0, 3], [1, 1], [2, 0], [1, 0]]);
    expect(trace.root?.spanId).toBe('a');
  });
  it('shows every span of a broken trace: parents that never came, loops, doubled ids', () => {
    const trace = buildWaterfall([span('a', '', 'x', 0, 10), span('b', 'gone', 'x', 2, 3), span('c', 'd', 'x', 3, 1), span('d', 'c', 'x', 4, 1), span('e', 'e', 'x', 5, 1), span('a', 'a', 'x', 6, 1)]);
    expect(ids(trace).toSorted()).toEqual(['a', 'a', 'b', 'c', 'd', 'e']);
    expect(trace.orphans).toBe(3);
    expect(buildWaterfall([]).rows).toEqual([]);
  });
  it('moves what another clock put outside its caller, with everything below on that clock', () => {
    const trace = buildWaterfall([span('a', '', 'x', 0, 100, { kind: 'Client' }), span('b', 'a', 'y', -500, 60, { kind: 'Server' }), span('c', 'b', 'y', -490, 10)]);
    const byId = Object.fromEntries(trace.rows.map((row) => [row.span.spanId, row]));
    expect([byId['b']?.startNs, byId['c']?.startNs]).toEqual([20 * MS, 30 * MS]);
    expect(trace).toMatchObject({ skewed: 2, durationNs: 100 * MS, startMs: Number(T0) / 1e6 });
  });
  it('does not carry a move over to a third service whose clock is right', () => {
    const trace = buildWaterfall([span('a', '', 'x', 0, 100, { kind: 'Client' }), span('b', 'a', 'y', -90_000, 20, { kind: 'Server' }), span('c', 'b', 'z', 35, 5)]);
    expect(trace.rows.map(({ startNs }) => startNs / MS)).toEqual([0, 40, 47.5]);
  });
  it('places a span without its parent by the clock of its service', () => {
    const trace = buildWaterfall([span('a', '', 'x', 0, 100, { kind: 'Client' }), span('b', 'a', 'y', -500, 60, { kind: 'Server' }), span('c', 'gone', 'y', -490, 10)]);
    expect(trace.rows.find((row) => row.span.spanId === 'c')?.startNs).toBe(30 * MS);
  });
  it('leaves alone what merely ends late: work that its caller does not wait for', () => {
    expect(buildWaterfall([span('a', '', 'x', 0, 10, { kind: 'Producer' }), span('b', 'a', 'y', 50, 10, { kind: 'Consumer' })]).skewed).toBe(0);
  });
  it('explains the length: along the child that ended last, without a gap', () => {
    const trace = buildWaterfall([span('a', '', 'x', 0, 100), span('b', 'a', 'x', 10, 30), span('c', 'a', 'x', 20, 60), span('d', 'a', 'x', 85, 200)]);
    const critical = Object.fromEntries(trace.rows.map((row) => [row.span.spanId, row.critical.map(([from, to]) => [from / MS, to / MS])]));
    expect(critical).toEqual({ a: [[80, 85], [0, 20]], b: [], c: [[20, 80]], d: [[85, 100]] });
  });
  it('shares out own time, once where children overlap', () => {
    const { services } = buildWaterfall([span('a', '', 'x', 0, 100), span('b', 'a', 'y', 10, 30), span('c', 'a', 'y', 20, 40, { status: 'Error' })]);
    expect(services.map(({ service, selfNs, spans, errors }) => [service, selfNs / MS, spans, errors])).toEqual([['y', 70, 2, 1], ['x', 50, 1, 0]]);
    expect(services.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });
  it('hides what lies below a closed span', () => {
    const { rows } = buildWaterfall([span('a', '', 'x', 0, 100), span('b', 'a', 'x', 10, 20), span('d', 'b', 'x', 12, 5), span('c', 'a', 'x', 50, 10)]);
    expect(openRows(rows, new Set(['b']))).toEqual([0, 1, 3]);
    expect(rows.map(({ span: one }) => contains(one, 'X D'))).toEqual([false, false, true, false]);
  });
  it('steps through the spans that failed', () => {
    const failed = { status: 'Error' as const };
    const { rows } = buildWaterfall([span('a', '', 'x', 0, 100), span('b', 'a', 'x', 10, 20, failed), span('c', 'a', 'x', 40, 20), span('d', 'a', 'x', 70, 20, failed)]);
    expect([undefined, 'b', 'c', 'd', 'gone'].map((from) => nextFailed(rows, from))).toEqual(['b', 'd', 'd', 'b', 'b']);
    expect(nextFailed(rows.slice(0, 2), 'b')).toBe('b');
    expect(nextFailed(rows.slice(0, 1), 'a')).toBe('a');
  });
  it('takes 20,000 spans in a chain without running out of stack', () => {
    const chain = Array.from({ length: 20_000 }, (_, index) => span(String(index), index === 0 ? '' : String(index - 1), `s${index % 9}`, index / 100, 1_000 - index / 50));
    expect(buildWaterfall(chain).rows.at(-1)?.depth).toBe(19_999);
  });
});

describe('durations as typed', () => {
  it.each([['340', 340], ['340ms', 340], ['1.5 s', 1_500], ['2m', 120_000], ['500µs', 0.5], ['fast', undefined], ['', undefined]])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));
});
