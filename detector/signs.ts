import { isLeft, isRestarts } from '#core/metric-words.js';
import { DAY_MS, HOUR_MS } from '#core/clock.js';
import type { Anomaly, Series, UnixMs } from '#core/types.js';
import { fills, isCertificate, limitOf } from './levels.js';
import type { Heard } from './long/voice.js';

/** What says by itself that something is wrong, whatever is usual, as `contributions` name it. */
export const SIGNS = { restarts: 'three restarts in a quarter of an hour', full: 'full within the hour', expires: 'expires within three days' } as const;

const NAMES: ReadonlySet<string> = new Set(Object.values(SIGNS));

/** Whether an episode is one of a sign. */
export const isSign = ({ contributions }: Pick<Anomaly, 'contributions'>): boolean => contributions.some(({ detector }) => NAMES.has(detector));

/** The newest points, oldest first, and how long they took: half an hour, or longer where they come rarely, or a window where that is shorter. */
export interface Latest {
  readonly points: Float32Array;
  readonly spanMs: number;
}

/** A reading that is judged. */
interface Seen {
  readonly at: UnixMs;
  readonly value: number;
  /** Its episode, and whether that has lasted so long that it is usual. */
  readonly open: Anomaly | undefined;
  readonly isUsual: boolean;
  /** undefined while too little is known. */
  readonly latest: () => Latest | undefined;
}

/** Looks for a sign in the readings of one series. */
export interface Sign {
  /** Takes each reading, judged or not. */
  see(at: UnixMs, value: number): void;
  /** What it says of one that is judged; undefined for nothing. */
  say(seen: Seen): Heard | undefined;
}

/** Longer than two waits of five minutes, the longest before a pod is tried again, and how long it runs in between. */
const RECENT_MS = 900_000;
const SOON_MS = 3_600_000;
const TURN_MS = 1_800_000;
const EXPIRES_MS = 3 * DAY_MS;
/** …and so much of how long a certificate lasts: one that lasts a week is renewed when a third of it is left. */
const LATE = 0.25;
/** What is good for so much longer than before was renewed. */
const RENEWED_MS = 3_600_000;
/** Restarts in a quarter of an hour that may be chance. */
const FEW = 2;
/** The score of what is not outside any more, but not well inside either. */
const GOES_ON = 0.7;
/** The score of what is there or not. */
const SURE = 2;
/** Share of its limit that is left where something is nearly full. Of what has none that is known, a share of the most that was ever left: that may be less than there is. */
const LITTLE = 0.05;
const LITTLE_OF_MOST = 0.1;
/** Times that share is far from full. */
const FAR = 2;
/** …and where it is full. */
const NOTHING = 0.01;
/** Of the way that is gone in half an hour, so much at least is gone in each quarter of it: else it was one step. */
const EACH = 0.1;
/** Seconds since 1970 are more, and seconds until a certificate expires less. */
const LEAST_TIMESTAMP = 1e9;

/** What is to be looked for in a series; undefined where it gives no sign. */
export function signOf(series: Series): Sign | undefined {
  if (isRestarts(series)) return restartsOf(series);
  if (fills(series)) return fillingOf(series);
  return isCertificate(series) ? expiryOf(series) : undefined;
}

function heard(detector: string, value: number, expected: number, half: number, score: number): Heard {
  const side = value > expected ? 1 : -1;
  const band = { expected, lower: side === 1 ? expected : expected - half, upper: side === 1 ? expected + half : expected };
  return { reading: { value, count: 0 }, verdict: { ...band, score, contributions: [{ detector, score, ...band }] } };
}

/** One restart is an update or a node that was drained; three of the same container are a loop, which lasts as long as one comes every quarter of an hour, for a day: then it is how that runs, until none came for as long. */
function restartsOf({ unit }: Series): Sign {
  const isRate = unit.endsWith('/s');
  let lastAt: UnixMs | undefined;
  /** Of a gauge the readings of that time after which none was as high, the highest first: two containers of a pod may be one series, and one reading may be wrong. */
  let highest: { readonly at: UnixMs; readonly value: number }[] = [];
  let recent: { readonly at: UnixMs; readonly count: number }[] = [];
  /** Whether it went on for so long that it is usual. */
  let usual = false;
  return {
    see(at, value) {
      if (at === lastAt) return;
      // The clock was set back.
      if (lastAt !== undefined && at < lastAt) recent = highest = [];
      const sinceMs = lastAt === undefined ? 0 : at - lastAt;
      lastAt = at;
      highest = highest.filter((one) => at - one.at <= RECENT_MS);
      // So many at once of a gauge are another container's, or were misread.
      const gained = !isRate ? Math.min(FEW, value - (highest[0]?.value ?? value)) : sinceMs > 0 && sinceMs <= RECENT_MS ? (value * sinceMs) / 1000 : 0;
      if (!isRate) highest = [...highest.filter((one) => one.value > value), { at, value }];
      recent = recent.filter((one) => at - one.at < RECENT_MS);
      if (recent.length === 0) usual = false;
      // Samples are not as far apart as steps: one restart may look like one and a half.
      if (gained > 0) recent.push({ at, count: Math.max(1, Math.floor(gained + 0.4)) });
    },
    say({ at, value, open, isUsual }) {
      const count = recent.reduce((sum, one) => sum + (at - one.at < RECENT_MS ? one.count : 0), 0);
      const goesOn = open !== undefined && isSign(open);
      if (goesOn && isUsual && count > 0) usual = true;
      if ((count <= FEW || usual) && !goesOn) return undefined;
      const least = FEW + 0.5;
      const score = count === 0 || usual ? 0 : Math.max(count / least, goesOn ? GOES_ON : 0);
      if (isRate) return heard(SIGNS.restarts, (count * 1000) / RECENT_MS, 0, (least * 1000) / RECENT_MS, score);
      const most = highest[0]?.value ?? value;
      return heard(SIGNS.restarts, most, most - count, least, score);
    },
  };
}

/** How many restarts an episode of them is of. */
export const restartsIn = ({ series, value, expected }: Pick<Anomaly, 'series' | 'value' | 'expected'>): number => Math.round(series.unit.endsWith('/s') ? (value * RECENT_MS) / 1000 : value - expected);

/** What filled for half an hour, is fuller than it was before that since it was far from full, and will be full within the hour if that goes on; and, once that was said, what is full. */
function fillingOf(series: Series): Sign {
  const limit = limitOf(series);
  const left = isLeft(series);
  const little = limit === undefined ? LITTLE_OF_MOST : LITTLE;
  let most = limit ?? 0;
  /** The least that was left, in the half hour that is not over, the one before it, and before both. */
  const least = { now: Infinity, last: Infinity, before: Infinity };
  let since = 0;
  const restOf = (value: number): number => (left ? value : most - value);
  return {
    see(at, value) {
      if (limit === undefined) most = Math.max(most, value);
      const rest = restOf(value);
      if (rest > FAR * little * most) least.now = least.last = least.before = Infinity;
      if (Math.abs(at - since) >= TURN_MS) {
        least.before = Math.min(least.before, least.last);
        least.last = least.now;
        least.now = Infinity;
        since = at;
      }
      least.now = Math.min(least.now, rest);
    },
    say({ value, open, isUsual, latest }) {
      const rest = restOf(value);
      if (most === 0 || rest < 0 || rest > little * most) return undefined;
      const isFull = open !== undefined && !isUsual && isSign(open) && rest <= NOTHING * most;
      const from = isFull ? open.expected : rest >= least.before ? undefined : filledFrom(latest(), left ? -1 : 1, rest);
      return from === undefined ? undefined : heard(SIGNS.full, value, from, Math.abs(value - from) / SURE, SURE);
    },
  };
}

/** Where a series was that moves to `side` for half an hour now and, if it goes on, will have moved by `rest` within the hour. */
function filledFrom(latest: Latest | undefined, side: 1 | -1, rest: number): number | undefined {
  if (!latest) return undefined;
  const { points, spanMs } = latest;
  const quarter = Math.floor(points.length / 4);
  const parts = [4, 3, 2, 1].map((before) => points.subarray(points.length - before * quarter, points.length - (before - 1) * quarter));
  const means = parts.map((part) => part.reduce((sum, value) => sum + value, 0) / quarter);
  const [oldest = [], , , newest = []] = parts;
  const [from = 0, , then = 0, now = 0] = means;
  const isApart = side === 1 ? Math.max(...oldest) < Math.min(...newest) : Math.min(...oldest) > Math.max(...newest);
  const moved = means.slice(1).map((mean, index) => (mean - (means[index] ?? 0)) / (now - from));
  return isApart && moved.every((share) => share >= EACH) && rest * (spanMs / 4) <= Math.abs(now - then) * SOON_MS ? from : undefined;
}

/** A certificate of which less than a quarter is left of the most since it was seen first or renewed, until it is renewed, or is over for a day: then nobody uses it. */
function expiryOf({ metric, unit }: Series): Sign {
  const unitMs = unit === 'd' || /days?(?![a-z])/i.test(metric) ? DAY_MS : unit === 'h' || /hours?(?![a-z])/i.test(metric) ? HOUR_MS : 1000;
  const restMs = (at: UnixMs, value: number): number => (value >= LEAST_TIMESTAMP ? value * 1000 - at : value * unitMs);
  let mostMs = 0;
  let lastMs = 0;
  let goodAt = -Infinity;
  return {
    see(at, value) {
      const rest = restMs(at, value);
      // What could not be looked at may be told as 0, and is renewed no more than it was.
      if (rest <= 0) return;
      mostMs = rest > lastMs + RENEWED_MS ? rest : Math.max(mostMs, rest);
      lastMs = rest;
      goodAt = at;
    },
    say({ at, value, open }) {
      // What was told before a restart was known better then.
      const soonMs = open && isSign(open) ? restMs(open.peakAt, open.expected) : Math.min(EXPIRES_MS, mostMs * LATE);
      const isAbandoned = at - goodAt > DAY_MS;
      if (restMs(at, value) >= soonMs || isAbandoned || (value <= 0 && !open)) return undefined;
      const expected = value >= LEAST_TIMESTAMP ? (at + soonMs) / 1000 : soonMs / unitMs;
      return heard(SIGNS.expires, value, expected, (expected - value) / SURE, SURE);
    },
  };
}
