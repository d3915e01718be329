import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiBacktest } from '#core/backtest.js';
import { Registry } from '#core/metrics.js';
import type { PromEngine } from '#core/promql.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { judgeInTurns } from '../../detector/long/recording.js';
import { promqlConfig } from '../../promql/config.js';
import { createPromEngine } from '../../promql/engine.js';
import type { ServerContext } from '../context.js';
import { backtestRoutes } from './backtest.js';

const DAY = 86_400_000;
const FROM = 1_700_000_000_000;
/** Counts the seconds of the day, and breaks for an hour in the third day. */
const BREAKS_AT = (FROM + 2.5 * DAY) / 1000;
const wave = `vector(time() % 86400 + (time() >= bool ${BREAKS_AT}) * (time() < bool ${BREAKS_AT + 3600}) * 3e5)`;

let store: Store;
let judge: (body: object) => Promise<ApiBacktest>;
/** Longer ranges have no numbers: a rate over a minute has none where there is a point a minute. */
let longest = Infinity;
beforeAll(async () => {
  store = await openTestStore();
  const promql = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({}) });
  const range: PromEngine['range'] = (query, window) => promql.range(window.end - window.start > longest ? 'vector(0 / 0)' : query, window);
  const [route] = backtestRoutes({ promql: { ...promql, range }, judge: judgeInTurns, clock: () => FROM + 3 * DAY } as unknown as ServerContext);
  judge = async (body) => (await route?.handle({ params: {}, query: {}, body: route.body?.parse(body) ?? {} })) as ApiBacktest;
});
afterAll(() => store.close());

it('judges a query over a range by what came before, and tells the episodes of the range alone', async () => {
  const { stepMs, series: [only], left, summary } = await judge({ query: wave, from: String(FROM), to: 'now' });
  expect([stepMs, left, only?.learned, only?.chart.title]).toEqual([300_000, 0, 1_000, wave]);
  expect(only?.chart.times).toHaveLength(864);
  expect(only?.chart.times[0]).toBeGreaterThanOrEqual(FROM);
  expect(only?.chart.expected.every((value) => value !== null)).toBe(true);
  const found = only?.episodes.find(({ at }) => at >= BREAKS_AT * 1000 && at < BREAKS_AT * 1000 + 3_600_000);
  expect(found?.value).toBeGreaterThan(found?.upper ?? Infinity);
  expect(found?.score).toBeGreaterThan(1);
  expect(summary).toMatchObject({ points: 864, episodes: only?.episodes.length, seriesDays: 3, alarmsPerDay: (only?.episodes.length ?? 0) / 3 });
});

it('judges by the range alone what has numbers only over so short a time', async () => {
  longest = 3_600_000;
  const { stepMs, series: [only], summary } = await judge({ query: 'vector(1)', from: String(FROM), to: String(FROM + 900_000) });
  longest = Infinity;
  expect([stepMs, only?.learned, summary.points]).toEqual([15_000, 0, 60]);
});

it('judges the first twelve series, named by what tells them apart', async () => {
  const query = Array.from({ length: 15 }, (_, index) => `label_replace(label_replace(vector(1), "pod", "${String.fromCharCode(97 + index)}", "", ""), "job", "x", "", "")`).join(' or ');
  const { series, left } = await judge({ query, from: String(FROM), to: String(FROM + 3_600_000) });
  expect(series.map(({ chart }) => chart.title)).toEqual('abcdefghijkl'.split('').map((pod) => `pod=${pod}`));
  expect(left).toBe(3);
});

it('gives way to others while it judges', async () => {
  const times = Float64Array.from({ length: 100_000 }, (_, row) => FROM + row * 60_000);
  let turns = 0;
  let done = false;
  const count = (): void => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await judgeInTurns({ times, columns: [times.map((at) => Math.sin(at))] });
  done = true;
  expect(turns).toBeGreaterThan(10);
});

it.each([
  ['a query with a fault', { query: 'rate(' }, 'parse error'],
  ['too many points', { query: wave, from: String(FROM), to: 'now', step: '15s' }, 'more than 5000 points'],
  ['a range that is empty', { query: wave, from: 'now', to: 'now' }, 'from must be before to'],
])('refuses %s', async (_name, body, text) => {
  await expect(judge(body)).rejects.toThrow(text);
});

it('has no series where the query has no number in the range', async () => {
  expect(await judge({ query: `vector(0 / 0) or label_replace(vector(1) and on () vector(time()) < ${FROM / 1000}, "a", "b", "", "")`, from: String(FROM), to: 'now' })).toMatchObject({ series: [], left: 0 });
  expect(await judge({ query: 'up' })).toMatchObject({ series: [], left: 0, summary: { points: 0, episodes: 0, alarmsPerDay: 0 } });
});
