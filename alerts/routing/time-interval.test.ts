import { describe, expect, it } from 'vitest';
import { intervalContains, parseDaysOfMonth, parseLocation, parseMonths, parseTimes, parseWeekdays, parseYears, type TimeInterval } from './time-interval.js';

const interval = (parts: Partial<TimeInterval>): TimeInterval => ({ location: 'UTC', ...parts });
const office = interval({ times: [parseTimes({ start_time: '09:00', end_time: '17:00' })], weekdays: [parseWeekdays('monday:friday')] });

describe('a time interval', () => {
  it.each<[string, TimeInterval, string, boolean]>([
    ['the first minute', office, '2026-01-05T09:00:00Z', true],
    ['not the last', office, '2026-01-05T17:00:00Z', false],
    ['no Sunday', office, '2026-01-04T12:00:00Z', false],
    ['the end of the day', interval({ times: [parseTimes({ start_time: '22:00', end_time: '24:00' })] }), '2026-01-05T23:59:59Z', true],
    ['the last day of February', interval({ daysOfMonth: [parseDaysOfMonth('-1')] }), '2028-02-29T12:00:00Z', true],
    ['not the day before it', interval({ daysOfMonth: [parseDaysOfMonth('-1')] }), '2028-02-28T12:00:00Z', false],
    ['the last days', interval({ daysOfMonth: [parseDaysOfMonth('-3:-1')] }), '2026-04-28T00:00:00Z', true],
    ['more days than there are', interval({ daysOfMonth: [parseDaysOfMonth('1:31')] }), '2026-02-28T00:00:00Z', true],
    ['from the first to the one before the last', interval({ daysOfMonth: [parseDaysOfMonth('1:-2')] }), '2026-02-28T00:00:00Z', false],
    ['months by name', interval({ months: [parseMonths('May:august'), parseMonths('12')] }), '2026-12-24T00:00:00Z', true],
    ['no other month', interval({ months: [parseMonths('1:3')] }), '2026-04-01T00:00:00Z', false],
    ['years', interval({ years: [parseYears('2020:2022'), parseYears('2030')] }), '2021-06-01T00:00:00Z', true],
    ['no other year', interval({ years: [parseYears('2020:2022')] }), '2023-01-01T00:00:00Z', false],
    ['the local time of its place', { ...office, location: 'Australia/Sydney' }, '2026-01-04T22:30:00Z', true],
    ['in summer too', { ...office, location: 'Europe/Berlin' }, '2026-07-01T07:00:00Z', true],
    ['an hour later in winter', { ...office, location: 'Europe/Berlin' }, '2026-01-05T07:30:00Z', false],
    ['anything without a field', interval({}), '2026-01-05T07:30:00Z', true],
    ['nothing with an empty list', interval({ months: [] }), '2026-01-05T07:30:00Z', false],
  ])('%s', (_, given, at, expected) => expect(intervalContains(given, Date.parse(at))).toBe(expected));

  it.each([
    () => parseTimes({ start_time: '9:00', end_time: '17:00' }), () => parseTimes({ start_time: '17:00', end_time: '09:00' }), () => parseTimes({ start_time: '00:00', end_time: '24:01' }), () => parseWeekdays('friday:monday'), () => parseWeekdays('mon'), () => parseMonths('13'), () => parseMonths('may:march'),
    () => parseDaysOfMonth('0'), () => parseDaysOfMonth('32'), () => parseDaysOfMonth('-1:3'), () => parseDaysOfMonth('20:10'), () => parseDaysOfMonth('1:2:3'), () => parseYears('2022:2020'), () => parseYears('soon'), () => parseLocation('Mars/Olympus'),
  ])('is refused when it makes no sense: %s', (read) => expect(read).toThrow(RangeError));
});
