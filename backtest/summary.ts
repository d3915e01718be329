import type { Judged, Recording } from '#core/backtest.js';
import { DAY_MS } from '#core/clock.js';

/** What a backtest came to. Points are values: rows times columns. */
export interface BacktestSummary {
  readonly series: number;
  readonly points: number;
  /** Of the points: empty, infinite, or no number at all. */
  readonly gaps: number;
  readonly episodes: number;
  readonly seriesDays: number;
  /** Spent judging, without reading and writing. */
  readonly seconds: number;
}

export const NOTHING: BacktestSummary = { series: 0, points: 0, gaps: 0, episodes: 0, seriesDays: 0, seconds: 0 };

export const summaryOf = ({ times, columns }: Recording, { raised }: Judged, seconds: number): BacktestSummary => ({ series: 1, points: times.length * columns.length, gaps: columns.reduce((sum, column) => sum + gapsIn(column), 0), episodes: raised.length, seriesDays: spanOf(times) / DAY_MS, seconds });

export const plus = (a: BacktestSummary, b: BacktestSummary): BacktestSummary => ({ series: a.series + b.series, points: a.points + b.points, gaps: a.gaps + b.gaps, episodes: a.episodes + b.episodes, seriesDays: a.seriesDays + b.seriesDays, seconds: a.seconds + b.seconds });

function gapsIn(column: Float64Array): number {
  let gaps = 0;
  for (const value of column) if (!Number.isFinite(value)) gaps += 1;
  return gaps;
}

function spanOf(times: Float64Array): number {
  let first = Infinity;
  let last = -Infinity;
  for (const time of times) {
    if (!Number.isFinite(time)) continue;
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  return last > first ? last - first : 0;
}

export const alarmsPerDay = ({ episodes, seriesDays }: BacktestSummary): number => (seriesDays > 0 ? episodes / seriesDays : 0);
export const pointsPerSecond = ({ points, seconds }: BacktestSummary): number => Math.round(points / Math.max(seconds, 1e-3));

export function describeSummary(summary: BacktestSummary): string {
  const { series, points, gaps, episodes, seriesDays } = summary;
  const ofThem = gaps === 0 ? '' : ` (${gaps} ${gaps === 1 ? 'gap' : 'gaps'})`;
  return `${series} series, ${points} points${ofThem}, ${episodes} ${episodes === 1 ? 'episode' : 'episodes'}, ${seriesDays > 0 ? alarmsPerDay(summary).toFixed(3) : '0'} alarms per series-day, ${pointsPerSecond(summary).toLocaleString('en')} points/s`;
}
