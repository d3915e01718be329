import type { ExpectedWindow } from '#core/feedback.js';
import { shortClock } from '../../format/time.js';

const NAMES = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** "every day 02:00–02:30 (Europe/Berlin)", "24 Nov 12:00 – 14:00" */
export function scheduleText(schedule: ExpectedWindow['schedule'], now: number): string {
  if ('once' in schedule) return `${shortClock(schedule.once.from, now)} – ${shortClock(schedule.once.to, now)}`;
  const { from, to, days, timeZone } = schedule.recurring;
  return `${days.length === 0 || days.length === 7 ? 'every day' : days.map((day) => NAMES[day] ?? '').join(', ')} ${from}–${to} (${timeZone})`;
}
