import { DAY_MS } from '#core/clock.js';
import type { UnixMs } from '#core/types.js';

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
/** The parts of the reference time `Mon Jan 2 15:04:05 MST 2006`, longer ones first. Source: https://pkg.go.dev/time#Layout */
const PART = /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|002|01|02|03|04|05|06|15|PM|pm|(?:Z|-)07:00:00|(?:Z|-)070000|(?:Z|-)07:00|(?:Z|-)0700|(?:Z|-)07|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5/g;

const parts = new Map<string, Intl.DateTimeFormat>();

/** The formatter of a zone. Throws RangeError when there is no such zone. */
function formatterOf(zone: string, locale: string): Intl.DateTimeFormat {
  const key = `${locale} ${zone}`;
  const known = parts.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', timeZoneName: 'short' });
  // Zones come from configuration: this is a bound all the same.
  if (parts.size < 1000) parts.set(key, made);
  return made;
}

/** Minutes that `zone` is ahead of UTC. Throws RangeError when there is no such zone. */
export function offsetMinutes(at: UnixMs, zone: string): number {
  if (zone === 'UTC') return 0;
  const found = Object.fromEntries(formatterOf(zone, 'en-US').formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(found['year'] ?? 0, (found['month'] ?? 1) - 1, found['day'], found['hour'], found['minute'], found['second']);
  return Math.round((wall - Math.floor(at / 1000) * 1000) / 60_000);
}

/** `CET`; where a zone has no such name its offset, as in Go. */
function abbreviation(at: UnixMs, zone: string, offset: number): string {
  if (zone === 'UTC') return 'UTC';
  for (const locale of ['en-US', 'en-GB', 'en-AU', 'en-IN']) {
    const name = formatterOf(zone, locale).formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]{2,5}$/.test(name)) return name === 'GMT' && offset !== 0 ? offsetText(offset, false) : name;
  }
  return offsetText(offset, false).replace(/00$/, '');
}

const two = (value: number): string => String(value).padStart(2, '0');
function offsetText(offset: number, colon: boolean): string {
  const all = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(all / 60))}${colon ? ':' : ''}${two(all % 60)}`;
}

/** As Go's `Time.Format`. Throws RangeError when there is no such zone. */
export function formatTime(at: UnixMs, zone: string, layout: string): string {
  const offset = offsetMinutes(at, zone);
  const local = new Date(at + offset * 60_000);
  const [year, month, day, hour] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate(), local.getUTCHours()];
  const nine = `${String(local.getUTCMilliseconds()).padStart(3, '0')}000000`;
  const write = (part: string): string => {
    switch (part) {
      case 'January': return MONTHS[month] ?? '';
      case 'Jan': return MONTHS[month]?.slice(0, 3) ?? '';
      case 'Monday': return DAYS[local.getUTCDay()] ?? '';
      case 'Mon': return DAYS[local.getUTCDay()]?.slice(0, 3) ?? '';
      case 'MST': return abbreviation(at, zone, offset);
      case '2006': return String(year).padStart(4, '0');
      case '06': return two(year % 100);
      case '01': return two(month + 1);
      case '1': return String(month + 1);
      case '02': return two(day);
      case '_2': return String(day).padStart(2);
      case '2': return String(day);
      case '002': return String(dayOfYear(local)).padStart(3, '0');
      case '__2': return String(dayOfYear(local)).padStart(3);
      case '15': return two(hour);
      case '03': return two(hour % 12 || 12);
      case '3': return String(hour % 12 || 12);
      case '04': return two(local.getUTCMinutes());
      case '4': return String(local.getUTCMinutes());
      case '05': return two(local.getUTCSeconds());
      case '5': return String(local.getUTCSeconds());
      case 'PM': return hour < 12 ? 'AM' : 'PM';
      case 'pm': return hour < 12 ? 'am' : 'pm';
      default: return /^[.,]/.test(part) ? fraction(part, nine) : zoneText(part, offset);
    }
  };
  return layout.replace(PART, write);
}

/** `.000` keeps zeros, `.999` does not. */
function fraction(part: string, nine: string): string {
  const digits = nine.slice(0, part.length - 1);
  const kept = part[1] === '0' ? digits : digits.replace(/0+$/, '');
  return kept === '' ? '' : `${part[0]}${kept}`;
}

function zoneText(part: string, offset: number): string {
  if (part.startsWith('Z') && offset === 0) return 'Z';
  const text = offsetText(offset, part.includes(':'));
  const seconds = /07:00:00|070000/.test(part) ? (part.includes(':') ? ':00' : '00') : '';
  return part.endsWith('07') ? text.slice(0, 3) : text + seconds;
}

export function dayOfYear(local: Date): number {
  return Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
}

/** As Go writes a time in JSON: RFC 3339 without the zeros of a fraction. */
export function goRfc3339(at: UnixMs): string {
  return formatTime(at, 'UTC', '2006-01-02T15:04:05.999999999Z07:00');
}
