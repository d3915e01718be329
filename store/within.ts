/*
 * SQL conditions on times finer than seconds, in [from, to) of seconds since 1970. ClickHouse needs help with two things when it chooses what to read:
 *
 * - It takes `time < toDateTime(x)` for `time <= toDateTime(x) - 1`, and leaves out parts and granules that hold nothing but the last second. Against a DateTime64 it is exact.
 * - Where a table is sorted by a time rounded down and, later, by the time itself, it infers nothing about the former from a condition on the latter, and looks through whole days.
 */
const FROM = '{from:UInt32}';
const TO = '{to:UInt32}';

export const within = (column: string, from = FROM, to = TO): string => `${column} >= toDateTime64(${from}, 3) AND ${column} < toDateTime64(${to}, 3)`;

/** Which hours of `metric_samples`, the one that begins at `to` included: beside an exact condition on `time`. */
export const hoursWithin = (from = FROM, to = TO): string => `toStartOfHour(time) >= toStartOfHour(toDateTime(${from})) AND toStartOfHour(time) <= toDateTime(${to})`;

/** Rows of `metric_samples`. */
export const SAMPLES_WITHIN = `${hoursWithin()} AND ${within('time')}`;

/** Rows of `otel_logs`. */
export const LOGS_WITHIN = `toStartOfFiveMinutes(Timestamp) >= toStartOfFiveMinutes(toDateTime(${FROM})) AND toStartOfFiveMinutes(Timestamp) <= toDateTime(${TO}) AND ${within('Timestamp')}`;
