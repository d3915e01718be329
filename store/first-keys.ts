/*
 * Conditions on the first key of the tables that are sorted by a time rounded down. ClickHouse does not infer them from conditions on the time itself
 * where the key holds both, and looks through whole days; so queries name both. `from` and `to` are SQL for seconds since 1970, both of them included.
 */

export const logsBetween = (from: string, to: string): string => `toStartOfFiveMinutes(Timestamp) >= toStartOfFiveMinutes(toDateTime(${from})) AND toStartOfFiveMinutes(Timestamp) <= toDateTime(${to})`;

export const samplesBetween = (from: string, to: string): string => `toStartOfHour(time) >= toStartOfHour(toDateTime(${from})) AND toStartOfHour(time) <= toDateTime(${to})`;
