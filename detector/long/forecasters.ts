import { DAY_MS } from '#core/clock.js';
import { createProfile, errorAt, learnUsual, usualAt, walkProfile } from './season.js';
import type { Walk } from './state.js';

const WEEK_MS = 7 * DAY_MS;
/** Buckets of a day, and of a week, are no finer: a profile of 4 kB per series has to do. */
const DAY_BUCKET_MS = 300_000;
const WEEK_BUCKET_MS = 900_000;
const DAYS = 7;
const WEEKS = 4;
/** Points that an error rests on before it is believed. */
const LEAST_SEEN = 20;
/** Times the usual error that is learned as one. */
const ERROR_CAP = 5;
const HOUR_POINTS = 60;

/** A forecast of the next point; NaN while unknown. */
export interface Forecaster {
  value: number;
  /** How far off it usually is: mean absolute error. */
  error: number;
  seen: number;
  /** The same at the time of day or week that is forecast. */
  errorNow: number;
}

/** Simple forecasts of one series. The one that errs least is taken: so a season is found, not asked for. */
export interface Forecasters {
  /** The mean of the whole memory. */
  readonly long: Forecaster;
  /** That an anomaly does not lead away at once: long mean, mean of 60 points, time of day, time of week. */
  readonly slow: readonly Forecaster[];
  /** That follow at once: the last points, the last ten points, and what is usual at this time shifted to them. */
  readonly fast: readonly Forecaster[];
  predict(time: number): void;
  learn(time: number, value: number): void;
  walk(walk: Walk): void;
}

const createForecaster = (): Forecaster => ({ value: Number.NaN, error: 0, seen: 0, errorNow: 0 });

/** `memory`: points that the long mean remembers. */
export function createForecasters(stepMs: number, memory: number): Forecasters {
  const perDay = Math.max(2, DAY_MS / stepMs);
  const errorMemory = Math.max(200, Math.min(memory, 2 * perDay));
  /** A level that moved is followed within a quarter of a day. */
  const driftPace = 1 / Math.max(6, perDay / 4);
  const seasons = [createProfile(DAY_MS, DAY_BUCKET_MS, stepMs, DAYS), createProfile(WEEK_MS, WEEK_BUCKET_MS, stepMs, WEEKS)].map((profile) => ({ profile, usual: Number.NaN, drift: 0, quickDrift: 0, slow: createForecaster(), fast: createForecaster() }));
  const means = [memory, HOUR_POINTS].map((points) => ({ points, forecaster: createForecaster() }));
  const quick = [0.5, 0.1].map((pace) => ({ pace, forecaster: createForecaster() }));
  const slow = [...means.map(({ forecaster }) => forecaster), ...seasons.map((season) => season.slow)];
  const fast = [...quick.map(({ forecaster }) => forecaster), ...seasons.map((season) => season.fast)];
  const all = [...slow, ...fast];
  let count = 0;

  function learnError(one: Forecaster, value: number): void {
    if (Number.isNaN(one.value)) return;
    const error = Math.abs(value - one.value);
    one.seen += 1;
    const capped = one.seen > LEAST_SEEN ? Math.min(error, ERROR_CAP * one.error + Math.abs(value) * 1e-3) : error;
    one.error += (capped - one.error) / Math.min(one.seen, errorMemory);
  }

  return {
    long: slow[0] ?? createForecaster(),
    slow,
    fast,
    predict(time) {
      for (const one of all) one.errorNow = one.error;
      for (const season of seasons) {
        season.usual = usualAt(season.profile, time);
        season.slow.value = season.usual + season.drift;
        season.fast.value = season.usual + season.quickDrift;
        season.slow.errorNow = errorAt(season.profile, time, season.slow.error);
      }
    },
    learn(time, value) {
      count += 1;
      for (const one of all) learnError(one, value);
      for (const { points, forecaster } of means) forecaster.value = count === 1 ? value : forecaster.value + (value - forecaster.value) / Math.min(count, points);
      for (const { pace, forecaster } of quick) forecaster.value = count === 1 ? value : forecaster.value + (value - forecaster.value) * pace;
      for (const season of seasons) {
        learnUsual(season.profile, time, value, season.slow.value);
        if (Number.isNaN(season.usual)) continue;
        season.drift += (value - season.usual - season.drift) * driftPace;
        season.quickDrift += (value - season.usual - season.quickDrift) * 0.3;
      }
    },
    walk(walk) {
      count = walk.number(count);
      for (const one of all) {
        one.value = walk.number(one.value);
        one.error = walk.number(one.error);
        one.seen = walk.number(one.seen);
      }
      for (const season of seasons) {
        season.drift = walk.number(season.drift);
        season.quickDrift = walk.number(season.quickDrift);
        walkProfile(season.profile, walk);
      }
    },
  };
}

/** The forecaster that errs least, of those that are known long enough. */
export function best(all: readonly Forecaster[]): Forecaster | undefined {
  let found: Forecaster | undefined;
  for (const one of all) if (!Number.isNaN(one.value) && one.seen >= LEAST_SEEN && (!found || one.error < found.error)) found = one;
  return found ?? all.find(({ value }) => !Number.isNaN(value));
}
