import { createProfile, learnUsual, usualAt, type Profile } from './season.js';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** Expected error below which nothing is believed: a share of the long-run spread. */
const MIN_SEEN = 20;

/** A forecast of the next point and how far it usually is off (mean absolute error, outliers clipped). */
export interface Forecaster {
  value: number;
  error: number;
  seen: number;
}

export interface Forecasters {
  /** Forecasts that an anomaly cannot lead away within an hour: long level, hourly level, day, week. */
  readonly slow: readonly Forecaster[];
  /** Forecasts that follow at once. */
  readonly fast: readonly Forecaster[];
  predict(time: number): void;
  learn(time: number, value: number): void;
}

const forecaster = (): Forecaster => ({ value: Number.NaN, error: 0, seen: 0 });

export function createForecasters(stepMs: number, memory: number): Forecasters {
  const day: Profile = createProfile(DAY_MS, 300_000, stepMs, 7);
  const week: Profile = createProfile(WEEK_MS, 900_000, stepMs, 4);
  const slow = [forecaster(), forecaster(), forecaster(), forecaster()];
  const fast = [forecaster(), forecaster(), forecaster(), forecaster()];
  const levels = { long: Number.NaN, hour: Number.NaN, quick: Number.NaN, mid: Number.NaN, dayDrift: 0, weekDrift: 0, dayQuick: 0, weekQuick: 0 };
  const perDay = Math.max(2, DAY_MS / stepMs);
  const driftPace = 1 / Math.max(6, perDay / 4);
  const errorMemory = Math.max(200, Math.min(memory, 2 * perDay));
  let count = 0;
  let dayUsual = Number.NaN;
  let weekUsual = Number.NaN;

  function set(one: Forecaster | undefined, value: number): void {
    if (one) one.value = value;
  }
  function err(one: Forecaster, value: number): void {
    if (Number.isNaN(one.value)) return;
    const error = Math.abs(value - one.value);
    one.seen += 1;
    const clipped = one.seen > MIN_SEEN ? Math.min(error, 5 * one.error + 1e-12 + Math.abs(value) * 1e-3) : error;
    one.error += (clipped - one.error) / Math.min(one.seen, errorMemory);
  }

  return {
    slow,
    fast,
    predict(time) {
      dayUsual = usualAt(day, time);
      weekUsual = usualAt(week, time);
      set(slow[0], levels.long);
      set(slow[1], levels.hour);
      set(slow[2], dayUsual + levels.dayDrift);
      set(slow[3], weekUsual + levels.weekDrift);
      set(fast[0], levels.quick);
      set(fast[1], levels.mid);
      set(fast[2], dayUsual + levels.dayQuick);
      set(fast[3], weekUsual + levels.weekQuick);
    },
    learn(time, value) {
      count += 1;
      for (const one of slow) err(one, value);
      for (const one of fast) err(one, value);
      if (count === 1) levels.long = levels.hour = levels.quick = levels.mid = value;
      levels.long += (value - levels.long) / Math.min(count, memory);
      levels.hour += (value - levels.hour) / Math.min(count, 60);
      levels.quick += (value - levels.quick) * 0.5;
      levels.mid += (value - levels.mid) * 0.1;
      if (!Number.isNaN(dayUsual)) {
        levels.dayDrift += (value - dayUsual - levels.dayDrift) * driftPace;
        levels.dayQuick += (value - dayUsual - levels.dayQuick) * 0.3;
      }
      if (!Number.isNaN(weekUsual)) {
        levels.weekDrift += (value - weekUsual - levels.weekDrift) * driftPace;
        levels.weekQuick += (value - weekUsual - levels.weekQuick) * 0.3;
      }
      learnUsual(day, time, value);
      learnUsual(week, time, value);
    },
  };
}

/** The forecaster that errs least. */
export function best(all: readonly Forecaster[]): Forecaster | undefined {
  let found: Forecaster | undefined;
  for (const one of all) if (!Number.isNaN(one.value) && one.seen >= MIN_SEEN && (!found || one.error < found.error)) found = one;
  return found ?? all.find((one) => !Number.isNaN(one.value));
}
