import type { UnixMs } from '#core/types.js';

/** Both ends included. */
interface Range {
  readonly begin: number;
  readonly end: number;
}

/** What is left out holds at any time; of each list one must hold. Source: https://prometheus.io/docs/alerting/latest/configuration/#time_interval_spec */
export interface TimeInterval {
  /** Minutes of the day, the end not included. */
  readonly times?: readonly Range[] | undefined;
  /** 0 is Sunday. */
  readonly weekdays?: readonly Range[] | undefined;
  /** Negative ones count from the end: -1 is the last day. */
  readonly daysOfMonth?: readonly Range[] | undefined;
  readonly months?: readonly Range[] | undefined;
  readonly years?: readonly Range[] | undefined;
  /** An IANA time zone. */
  readonly location: string;
}

const among = (ranges: readonly Range[] | undefined, value: number): boolean => !ranges || ranges.some(({ begin, end }) => value >= begin && value <= end);

export function intervalContains({ times, weekdays, daysOfMonth, months, years, location }: TimeInterval, at: UnixMs): boolean {
  const local = localTime(location, at);
  const fromEnd = (day: number): number => (day < 0 ? local.daysInMonth + day + 1 : day);
  return (
    (!times || times.some(({ begin, end }) => local.minute >= begin && local.minute < end)) &&
    among(daysOfMonth?.map(({ begin, end }) => ({ begin: fromEnd(begin), end: fromEnd(end) })), local.day) &&
    among(months, local.month) && among(weekdays, local.weekday) && among(years, local.year)
  );
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(location: string, at: UnixMs): { minute: number; weekday: number; day: number; month: number; year: number; daysInMonth: number } {
  let format = formats.get(location);
  if (!format) formats.set(location, (format = formatOf(location)));
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = part;
  return { minute: hour * 60 + minute, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(), day, month, year, daysInMonth: new Date(Date.UTC(year, month, 0)).getUTCDate() };
}

function formatOf(location: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', { ...(location !== 'Local' && { timeZone: location }), hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' });
}

/** The location itself. Throws RangeError for one that is not known here. */
export function parseLocation(text: string): string {
  try {
    formatOf(text);
    return text;
  } catch (cause) {
    throw new RangeError(`unknown time zone ${text}`, { cause });
  }
}

/** `09:30` to `17:00`; `24:00` is the end of the day. Throws RangeError. */
export function parseTimes({ start_time: start, end_time: end }: { readonly start_time: string; readonly end_time: string }): Range {
  const range = { begin: minuteOf(start), end: minuteOf(end) };
  if (range.begin >= range.end) throw new RangeError('start time cannot be equal or greater than end time');
  return range;
}

function minuteOf(text: string): number {
  if (!/^((([01]\d)|(2[0-3])):[0-5]\d|24:00)$/.test(text)) throw new RangeError(`couldn't parse timestamp ${text}, expected HH:MM`);
  const [hours, minutes] = text.split(':');
  return Number(hours) * 60 + Number(minutes);
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];

export const parseWeekdays = (text: string): Range => ordered(text, rangeOf(text, (word) => WEEKDAYS.indexOf(word), 'weekday', 0, 6));
export const parseMonths = (text: string): Range => ordered(text, rangeOf(text, (word) => (MONTHS.includes(word) ? MONTHS.indexOf(word) + 1 : whole(word)), 'month', 1, 12));
export const parseYears = (text: string): Range => ordered(text, rangeOf(text, whole, 'year', 0, 9999));

/** Days 1 to 31, or -31 to -1 from the end. Throws RangeError, also for a range that is empty in every month. */
export function parseDaysOfMonth(text: string): Range {
  const range = rangeOf(text, whole, 'day of the month', -31, 31);
  if (range.begin === 0 || range.end === 0) throw new RangeError('0 is not a valid day of the month');
  if (range.begin < 0 && range.end > 0) throw new RangeError('end day must be negative if start day is negative');
  const least = (day: number): number => (day < 0 ? 28 + day : day);
  if (least(range.begin) > least(range.end)) throw new RangeError(`end day ${range.end} is always before start day ${range.begin}`);
  return range;
}

function rangeOf(text: string, read: (word: string) => number, noun: string, least: number, most: number): Range {
  const words = text.toLowerCase().split(':');
  if (words.length > 2) throw new RangeError(`couldn't parse range ${text}, invalid format`);
  const [begin = Number.NaN, end = begin] = words.map((word) => {
    const value = read(word);
    if (!(value >= least && value <= most)) throw new RangeError(`${word} is not a valid ${noun}`);
    return value;
  });
  return { begin, end };
}

function ordered(text: string, range: Range): Range {
  if (range.begin > range.end) throw new RangeError(`the end of ${text} is before its start`);
  return range;
}

const whole = (word: string): number => (/^-?\d+$/.test(word) ? Number(word) : Number.NaN);
