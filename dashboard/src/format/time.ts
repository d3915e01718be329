import { serverNow } from '../time/server-now.js';
import { lasting } from './duration.js';
import { GAP, NONE } from './number.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** 7 as 07. */
export const two = (value: number): string => String(value).padStart(2, '0');

/** 12:04:15 in the viewer's zone; with the day when it is not `now`'s: 24 Nov 12:04:15, and with the year when that is another: 24 Nov 2025 12:04:15. */
export function clock(at: number, now: number = serverNow()): string {
  if (!Number.isFinite(at)) return NONE;
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return isSameDay(date, new Date(now)) ? time : `${day(at, now)} ${time}`;
}

/** 12:04, for places where seconds do not matter. */
export function shortClock(at: number, now: number = serverNow()): string {
  return clock(at, now).replace(/:\d\d$/, '');
}

/** 12:04:15.123 */
export function clockMillis(at: number, now: number = serverNow()): string {
  return `${clock(at, now)}.${String(Math.floor(at) % 1_000).padStart(3, '0')}`;
}

/** 24 Nov, or 24 Nov 2025 when the year is not `now`'s. */
export function day(at: number, now: number = serverNow()): string {
  const date = new Date(at);
  const year = date.getFullYear();
  return `${date.getDate()}${GAP}${MONTHS[date.getMonth()] ?? ''}${year === new Date(now).getFullYear() ? '' : `${GAP}${year}`}`;
}

/** 2026-11-24 12:04:15.123 UTC, for hovering. */
export function utc(at: number): string {
  if (!Number.isFinite(at)) return NONE;
  return `${new Date(at).toISOString().replace('T', ' ').replace('Z', '').replace(/\.000$/, '')} UTC`;
}

/** The viewer's zone at that moment, in short: UTC−8, UTC+5:30. */
export function zoneOf(at: number): string {
  const east = -new Date(at).getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(east) / 60), Math.abs(east) % 60];
  return east === 0 ? 'UTC' : `UTC${east < 0 ? '−' : '+'}${hours}${minutes === 0 ? '' : `:${two(minutes)}`}`;
}

/** "2 min ago", "just now", "in 3 min". Stands beside an exact time, never alone. */
export function ago(at: number, now: number): string {
  const away = now - at;
  if (Math.abs(away) < 5_000) return 'just now';
  return away > 0 ? `${lasting(away)} ago` : `in ${lasting(-away)}`;
}

/** Milliseconds of a decimal string of epoch nanoseconds, with the microseconds kept as a fraction. */
export function fromNanos(nanos: string): number {
  const digits = nanos.padStart(7, '0');
  return Number(digits.slice(0, -6)) + Number(digits.slice(-6)) / 1e6;
}

function isSameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}
