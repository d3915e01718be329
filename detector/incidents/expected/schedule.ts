import type { Once, Recurring, Weekday } from '#core/feedback.js';
import type { UnixMs } from '#core/types.js';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
/** A weekly event comes again within these; a day more for the change of clocks. */
const AHEAD_DAYS = 8;
const DAYS: Readonly<Record<string, Weekday>> = { Mon: 1, Tue: 2, Wed: 3, Thu: 4, Fri: 5, Sat: 6, Sun: 7 };

const formats = new Map<string, Intl.DateTimeFormat>();

/** Weekday and minutes since midnight on the wall clock of `timeZone`. Throws RangeError for an unknown zone. */
function wallClock(at: UnixMs, timeZone: string): { readonly day: Weekday; readonly minutes: number } {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    formats.set(timeZone, format);
  }
  const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return { day: DAYS[part.get('weekday') ?? ''] ?? 1, minutes: Number(part.get('hour')) * 60 + Number(part.get('minute')) };
}

export const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const textOf = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** The stretch around `at`, or null. Where clocks change within it, the wall clock counts: it is an hour longer or shorter. */
export function occurrenceAt(schedule: { readonly once: Once } | { readonly recurring: Recurring }, at: UnixMs): Once | null {
  if ('once' in schedule) return at >= schedule.once.from && at < schedule.once.to ? schedule.once : null;
  const { from, to, days, timeZone } = schedule.recurring;
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  const { day, minutes } = wallClock(at, timeZone);
  const length = (end - begin + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const since = (minutes - begin + DAY_MINUTES) % DAY_MINUTES;
  if (since >= length) return null;
  const began = minutes >= begin ? day : before(day);
  if (days.length > 0 && !days.includes(began)) return null;
  const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
  return { from: onWallClock(minute - since * MINUTE_MS, begin, timeZone), to: onWallClock(minute + (length - since) * MINUTE_MS, end % DAY_MINUTES, timeZone) };
}

/** When it begins next after `at`; null when never. */
export function nextAfter(schedule: { readonly once: Once } | { readonly recurring: Recurring }, at: UnixMs): UnixMs | null {
  if ('once' in schedule) return schedule.once.from > at ? schedule.once.from : null;
  const { from, timeZone } = schedule.recurring;
  const begin = minutesOf(from);
  for (let day = 0; day <= AHEAD_DAYS; day += 1) {
    const { minutes } = wallClock(at, timeZone);
    const candidate = onWallClock(Math.floor(at / MINUTE_MS) * MINUTE_MS + (day * DAY_MINUTES + begin - minutes) * MINUTE_MS, begin, timeZone);
    if (candidate > at && occurrenceAt(schedule, candidate)) return candidate;
  }
  return null;
}

/** Whether `at` lies in it. */
export const during = (when: Recurring, at: UnixMs): boolean => occurrenceAt({ recurring: when }, at) !== null;

/** The part of the day around an event, in steps of `quantum` minutes, on the wall clock. */
export function partOfDay(startsAt: UnixMs, endsAt: UnixMs, timeZone: string, quantum = 30): Recurring {
  const { minutes } = wallClock(startsAt, timeZone);
  const begin = Math.floor(minutes / quantum) * quantum;
  const length = Math.min(DAY_MINUTES - quantum, minutes - begin + Math.max(1, Math.ceil((endsAt - startsAt) / MINUTE_MS)));
  const end = (begin + Math.ceil(length / quantum) * quantum) % DAY_MINUTES;
  return { from: textOf(begin), to: textOf(end), days: [], timeZone };
}

/** `at`, moved by the change of clocks if there was one on the way, so that it reads `minutes`; the change itself where no time of that day does. */
function onWallClock(at: UnixMs, minutes: number, timeZone: string): UnixMs {
  const offAt = (time: UnixMs): number => ((wallClock(time, timeZone).minutes - minutes + DAY_MINUTES + DAY_MINUTES / 2) % DAY_MINUTES) - DAY_MINUTES / 2;
  const off = offAt(at);
  const moved = at - off * MINUTE_MS;
  if (off === 0 || offAt(moved) === 0) return moved;
  let change = Math.min(at, moved);
  while (offAt(change) < 0) change += MINUTE_MS;
  return change;
}

function before(day: Weekday): Weekday {
  return day === 1 ? 7 : ((day - 1) as Weekday);
}

const NAMES = ['', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** "every day 02:00–02:30 (Europe/Berlin)" */
export function recurringText({ from, to, days, timeZone }: Recurring): string {
  const when = days.length === 0 || days.length === 7 ? 'every day' : `every ${days.map((day) => NAMES[day] ?? '').join(', ')}`;
  return `${when} ${from}–${to} (${timeZone})`;
}
