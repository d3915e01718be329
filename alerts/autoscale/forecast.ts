/** Points that stand for "now": the last minute. */
const RECENT = 4;
/** Points at the end that may still come: what is two minutes late. */
const LATE = 8;
const MIN_POINTS = 40;
const MIN_ERRORS = 12;
/** The last of the misses, six minutes of them: where load began to climb, those of the hour before say little. */
const LATE_ERRORS = 24;
/** Points before the first judged forecast: the filter has to find its level. */
const WARM_UP = 12;
const PHI = 0.98;
const ALPHAS = [0.1, 0.25, 0.5] as const;
/** 0 is a forecast without trend, which wins on plain noise. */
const BETAS = [0, 0.05, 0.15] as const;
/** An error beyond this many spreads counts as this many. */
const CLIP = 3;
const MAD_TO_SIGMA = 1.4826;
const Z90 = 1.645;

export interface LoadForecast {
  /** Mean of the last minute that is known. */
  readonly now: number;
  /** Load at the horizon. */
  readonly expected: number;
  /** 90 % band around `expected`. */
  readonly lower: number;
  readonly upper: number;
  /** Standard deviation of the error at the horizon. */
  readonly sigma: number;
}

/**
 * Load `ahead` points after the last of `all`, by Holt's method with a damped trend and clipped errors. The
 * smoothing is the one whose forecasts of that distance would have missed least on these very points, over all of them
 * or lately, whichever was worse, and those misses are the band. While load climbs it is never below the present.
 * Points at the end that are not known yet are left out, and reached over.
 *
 * Shape:  points are evenly `stepSeconds` apart, oldest first; null is a gap. null is returned for fewer than 40
 *         points, too few past forecasts to judge, a gap in the last minute that is known, or one of two minutes since.
 * Units:  points and results in events per second.
 * Source: Gardner and McKenzie, Forecasting trends in time series (1985); Gelper, Fried and Croux, Robust
 *         forecasting with exponential and Holt-Winters smoothing (2010).
 */
export function forecastLoad(all: readonly (number | null)[], ahead: number, stepSeconds: number): LoadForecast | null {
  const late = lateOf(all);
  const points = all.slice(0, all.length - late);
  const recent = points.slice(-RECENT).filter((point) => point !== null);
  if (recent.length < RECENT || points.filter((point) => point !== null).length < MIN_POINTS) return null;
  let best: { expected: number; miss: number } | null = null;
  for (const alpha of ALPHAS) {
    for (const beta of BETAS) {
      const { expected, misses } = holt(points, ahead + late, alpha, beta);
      if (misses.length < MIN_ERRORS) return null;
      const miss = Math.max(median(misses), median(misses.slice(-LATE_ERRORS)));
      if (best === null || miss < best.miss) best = { expected, miss };
    }
  }
  if (best === null) return null;
  const now = recent.reduce((sum, point) => sum + point, 0) / RECENT;
  const expected = Math.max(climbs(points) ? now : 0, best.expected);
  // Counted events scatter by at least the root of their number, however quiet the past was.
  const sigma = Math.max(best.miss * MAD_TO_SIGMA, Math.sqrt(Math.max(now, expected) / stepSeconds), 1e-9);
  return { now, expected, lower: Math.max(0, expected - Z90 * sigma), upper: expected + Z90 * sigma, sigma };
}

/** How many of the last points are not known yet: nothing came at all, nothing of this service, or not everything. Longer than two minutes a 0 is one. */
function lateOf(all: readonly (number | null)[]): number {
  const missing = all.length - 1 - all.findLastIndex((point) => point !== null);
  if (missing > LATE) return 0;
  const empty = all.length - 1 - all.findLastIndex((point) => point !== null && point > 0);
  const late = empty - missing > LATE ? missing : empty;
  const [before, last] = all.slice(0, all.length - late).slice(-2);
  return late > 0 && (last ?? 0) < (before ?? 0) ? late + 1 : late;
}

/** Each of the last three minutes was above the one before. */
function climbs(points: readonly (number | null)[]): boolean {
  const [before = 0, middle = 0, last = 0] = [3, 2, 1].map((back) => median(points.slice(-back * RECENT, points.length - (back - 1) * RECENT).filter((point) => point !== null)));
  return before < middle && middle < last;
}

/** Runs through the points; returns the forecast after the last, and by how much earlier forecasts missed. */
function holt(points: readonly (number | null)[], ahead: number, alpha: number, beta: number): { expected: number; misses: number[] } {
  const start = points.slice(0, WARM_UP).filter((point) => point !== null);
  let level = median(start);
  let trend = 0;
  let spread = Math.max(median(start.map((point) => Math.abs(point - level))) * MAD_TO_SIGMA, level * 0.01, 1e-6);
  const reach = (PHI * (1 - PHI ** ahead)) / (1 - PHI);
  const misses: number[] = [];
  for (const [at, point] of points.entries()) {
    const before = level + PHI * trend;
    const error = point === null ? 0 : Math.max(-CLIP * spread, Math.min(CLIP * spread, point - before));
    // A clipped error widens the spread, so a lasting change of level gets through after a few points.
    if (point !== null) spread = Math.max(0.9 * spread + 0.1 * 1.25 * Math.abs(error), 1e-6);
    const after = before + alpha * error;
    trend = beta * (after - level) + (1 - beta) * PHI * trend;
    level = after;
    const later = points[at + ahead];
    if (at >= WARM_UP && later !== null && later !== undefined) misses.push(Math.abs(later - Math.max(0, level + reach * trend)));
  }
  return { expected: level + reach * trend, misses };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
