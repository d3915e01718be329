import type { UnixMs } from '#core/types.js';
import { dayOfYear, formatTime, offsetMinutes } from './go-time-format.js';
import { GoValue } from './value.js';

/** 0001-01-01T00:00:00Z, what Go has for a time that is not set. */
export const ZERO_TIME: UnixMs = -62_135_596_800_000;
const NS_PER_MS = 1_000_000;

/** `1h2m3.5s`, as Go writes a duration. */
function durationText(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const all = Math.abs(ms);
  if (all < 1) return `${sign}${Number((all * 1000).toFixed(3))}µs`;
  if (all < 1000) return `${sign}${Number(all.toFixed(6))}ms`;
  const seconds = Number(((all % 60_000) / 1000).toFixed(9));
  const minutes = Math.floor(all / 60_000) % 60;
  const hours = Math.floor(all / 3_600_000);
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}

/** A time.Duration. */
export class GoDuration extends GoValue {
  readonly ms: number;
  constructor(ms: number) {
    const rounded = (how: (value: number) => number) => (to: unknown) => {
      const step = msOf(to);
      return new GoDuration(step > 0 ? how(ms / step) * step : ms);
    };
    super({
      type: 'time.Duration', text: durationText(ms),
      methods: {
        Hours: () => ms / 3_600_000, Minutes: () => ms / 60_000, Seconds: () => ms / 1000, Milliseconds: () => BigInt(Math.trunc(ms)), Microseconds: () => BigInt(Math.trunc(ms * 1000)), Nanoseconds: () => BigInt(Math.round(ms * NS_PER_MS)),
        String: () => durationText(ms), Round: rounded(Math.round), Truncate: rounded(Math.trunc), Abs: () => new GoDuration(Math.abs(ms)),
      },
    });
    this.ms = ms;
  }
}

/** A duration, or a number of nanoseconds as templates write one: `28800e9`. */
function msOf(value: unknown): number {
  if (value instanceof GoDuration) return value.ms;
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value) / NS_PER_MS;
  throw new TypeError('expected a duration');
}

/** A time.Time in a zone of the IANA database. */
export class GoTime extends GoValue {
  readonly at: UnixMs;
  constructor(at: UnixMs, zone = 'UTC') {
    const local = new Date(at + offsetMinutes(at, zone) * 60_000);
    const text = formatTime(at, zone, '2006-01-02 15:04:05.999999999 -0700 MST');
    super({
      type: 'time.Time', text,
      methods: {
        Format: (layout) => formatTime(at, zone, String(layout)),
        UTC: () => new GoTime(at), Local: () => new GoTime(at, Intl.DateTimeFormat().resolvedOptions().timeZone),
        Add: (by) => new GoTime(at + msOf(by), zone), AddDate: (years, months, days) => new GoTime(afterDates(local, [years, months, days], zone), zone), Sub: (other) => new GoDuration(at - timeOf(other).at),
        Truncate: (to) => new GoTime(at - sinceStep(at, msOf(to)), zone), Round: (to) => new GoTime(roundedTime(at, msOf(to)), zone),
        Before: (other) => at < timeOf(other).at, After: (other) => at > timeOf(other).at, Equal: (other) => at === timeOf(other).at, Compare: (other) => BigInt(Math.sign(at - timeOf(other).at)), IsZero: () => at === ZERO_TIME,
        Unix: () => BigInt(Math.floor(at / 1000)), UnixMilli: () => BigInt(Math.floor(at)), UnixMicro: () => BigInt(Math.floor(at)) * 1000n, UnixNano: () => BigInt(Math.floor(at)) * BigInt(NS_PER_MS),
        Year: () => BigInt(local.getUTCFullYear()), Month: () => formatTime(at, zone, 'January'), Day: () => BigInt(local.getUTCDate()), Weekday: () => formatTime(at, zone, 'Monday'), YearDay: () => BigInt(dayOfYear(local)),
        Hour: () => BigInt(local.getUTCHours()), Minute: () => BigInt(local.getUTCMinutes()), Second: () => BigInt(local.getUTCSeconds()), Nanosecond: () => BigInt(local.getUTCMilliseconds() * NS_PER_MS), String: () => text,
      },
    });
    this.at = at;
  }
}

/** How long ago a multiple of `step` since Go's zero was. */
const sinceStep = (at: UnixMs, step: number): number => (step > 0 ? (at - ZERO_TIME) % step : 0);

function roundedTime(at: UnixMs, step: number): UnixMs {
  const since = sinceStep(at, step);
  return since === 0 || since + since < step ? at - since : at - since + step;
}

/** When clocks in `zone`, which show `local` as if it were UTC, show the same so many years, months and days on. */
function afterDates(local: Date, by: readonly unknown[], zone: string): UnixMs {
  const [years = 0, months = 0, days = 0] = by.map(Number);
  const wall = new Date(local).setUTCFullYear(local.getUTCFullYear() + years, local.getUTCMonth() + months, local.getUTCDate() + days);
  if (Number.isNaN(wall)) throw new TypeError('expected years, months and days');
  const offsetAt = (at: UnixMs): number => offsetMinutes(at, zone) * 60_000;
  return wall - offsetAt(wall - offsetAt(wall));
}

/** Throws TypeError when `value` is no time. */
export function timeOf(value: unknown): GoTime {
  if (value instanceof GoTime) return value;
  throw new TypeError('expected a time');
}
