import { z } from 'zod';
import type { ApiChart } from '#core/api/charts.js';
import type { ApiBacktest, ApiEpisode, Judged } from '#core/backtest.js';
import { DAY_MS } from '#core/clock.js';
import { duration } from '#core/duration.js';
import { PipelineError } from '#core/errors.js';
import { labelValue } from '#core/labels.js';
import type { PromEngine, PromSeries } from '#core/promql.js';
import type { UnixMs } from '#core/types.js';
import type { ServerContext } from '../context.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const MAX_SERIES = 12;
/** Of one series: in the range, and before it to learn from. */
const MAX_POINTS = 5_000;
const LEARNED_POINTS = 1_000;
/** Steps to choose from; the first that needs no more points than USUAL_POINTS. */
const STEPS_S = [15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];
const USUAL_POINTS = 1_000;
/** Points before a forecast is worth drawing. */
const LEAST_KNOWN = 50;

const bodySchema = rangeQuery.extend({
  query: z.string().min(1).max(10_000).describe(`PromQL; its first ${MAX_SERIES} series are judged, each on its own`),
  step: duration.optional().describe(`Distance of points, such as 1m; left out, so that the range has about ${USUAL_POINTS}. No range may have more than ${MAX_POINTS}`),
});

export function backtestRoutes({ promql, judge, clock }: ServerContext): Route[] {
  return [
    defineRoute({
      method: 'post', path: '/api/backtest', summary: `Judges what a query answers over a range as \`faultline backtest\` would: expected values, band, episodes. Learns from ${LEARNED_POINTS} steps before the range`, body: bodySchema,
      async handle({ body }): Promise<ApiBacktest> {
        const { from, to } = rangeOf(body, clock);
        const stepMs = body.step ?? usualStep(to - from);
        if (stepMs === 0 || (to - from) / stepMs > MAX_POINTS) throw new PipelineError('QUERY_INVALID', `the range has more than ${MAX_POINTS} points at this step: take a longer step or a shorter range`);
        const since = (learned: number): ReturnType<typeof read> => read(promql, body.query, { start: Math.ceil(from / stepMs - learned) * stepMs, end: to, stepMs }, from);
        // What is counted from spans has a point a minute over hours: rate(…[1m]) has values only where the range is short.
        const long = await since(LEARNED_POINTS);
        const found = long.length > 0 ? long : await since(0);
        const chosen = found.slice(0, MAX_SERIES);
        const titles = titlesOf(chosen, body.query);
        const series: ApiBacktest['series'][number][] = [];
        for (const [index, one] of chosen.entries()) series.push(partOf(one, await judge({ times: one.times, columns: [one.values] }), titles[index] ?? '', from));
        const points = series.reduce((sum, { chart }) => sum + chart.times.length, 0);
        const episodes = series.reduce((sum, one) => sum + one.episodes.length, 0);
        const seriesDays = (series.length * (to - from)) / DAY_MS;
        return { stepMs, series, left: found.length - chosen.length, summary: { points, episodes, seriesDays, alarmsPerDay: seriesDays > 0 ? episodes / seriesDays : 0 } };
      },
    }),
  ];
}

function usualStep(lengthMs: number): number {
  return (STEPS_S.find((seconds) => lengthMs / (seconds * 1000) <= USUAL_POINTS) ?? DAY_MS / 1000) * 1000;
}

/** Series of the answer that have numbers since `from`. */
async function read(promql: PromEngine, query: string, window: Parameters<PromEngine['range']>[1], from: UnixMs): Promise<readonly PromSeries[]> {
  const { result } = await promql.range(query, window);
  return result.type === 'matrix' ? result.series.filter(({ times, values }) => values.some((value, row) => Number.isFinite(value) && (times[row] ?? 0) >= from)) : [];
}

/** What tells the series apart: labels that not all of them share; for one series the query. */
function titlesOf(series: readonly PromSeries[], query: string): string[] {
  if (series.length === 1) return [query];
  const names = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].filter((name) => new Set(series.map(({ metric }) => labelValue(metric, name))).size > 1).toSorted();
  return series.map(({ metric }) => names.filter((name) => Object.hasOwn(metric, name)).map((name) => (name === '__name__' ? labelValue(metric, name) : `${name}=${labelValue(metric, name)}`)).join(' · ') || query);
}

function partOf({ times, values }: PromSeries, judged: Judged, title: string, from: UnixMs): ApiBacktest['series'][number] {
  const learned = times.findIndex((at) => at >= from);
  const first = learned < 0 ? times.length : learned;
  const at = (column: Float64Array, row: number): number => column[row] ?? 0;
  const episodes = judged.raised.filter((row) => row >= first).map((row): ApiEpisode => ({ at: at(times, row), value: at(values, row), expected: at(judged.expected, row), lower: at(judged.lower, row), upper: at(judged.upper, row), score: at(judged.score, row) }));
  const chart: { [Key in keyof ApiChart]: ApiChart[Key] extends readonly (infer Point)[] ? Point[] : ApiChart[Key] } = { title, unit: '', series: null, times: [], values: [], expected: [], lower: [], upper: [] };
  for (let row = first; row < times.length; row += 1) {
    const known = row >= LEAST_KNOWN;
    const value = at(values, row);
    chart.times.push(at(times, row));
    chart.values.push(Number.isFinite(value) ? value : null);
    chart.expected.push(known ? at(judged.expected, row) : null);
    chart.lower.push(known ? at(judged.lower, row) : null);
    chart.upper.push(known ? at(judged.upper, row) : null);
  }
  return { chart, episodes, learned: first };
}
