import { describe, expect, it, vi } from 'vitest';
import { duration, lasting } from './duration.js';
import { listed, middle, plural } from './name.js';
import { bytes, likelihood, number, percent, rate, significant } from './number.js';
import { readable } from './readable.js';
import { ago, clock, fromNanos, utc, zoneOf } from './time.js';
import { displayUnit, valueIn } from './value.js';

/** As typed: no-break spaces become spaces. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('numbers', () => {
  it.each([[0, '0'], [4.5678, '4.57'], [0.0012345, '0.00123'], [0.00000012345, '0.000000123'], [-12.349, '-12.3'], [123456, '123,456'], [9.994e20, '999,400,000,000,000,000,000'], [1.7976931348623157e308, '1.8e308'], [-1e21, '-1e21'], [5e-324, '4.94e-324'], [Number.NaN, '–']])('%f has 3 significant digits: %s', (value, text) => expect(significant(value)).toBe(text));
  it.each([[1930, '1,930'], [9999, '9,999'], [12345, '12.3 k'], [999_960, '1 M'], [4_560_000, '4.56 M'], [1e300, '1e300'], [null, '–']])('%s reads %s', (value, text) => expect(plain(number(value))).toBe(text));
  it.each([[0, '0 %'], [1, '100 %'], [0.38, '38 %'], [0.4123, '41.2 %'], [0.00212, '0.21 %'], [0.00001, '<0.01 %'], [0.99999, '>99.9 %']])('share %f reads %s', (value, text) => expect(plain(percent(value))).toBe(text));
  it('gives the change in points', () => {
    expect([0.9499, 0.0949, 1e-9].map((share) => plain(likelihood(share)))).toEqual(['95 %', '9 %', '0 %']);
  });
  it('counts bytes in binary and rates per second', () => {
    expect(plain(bytes(1_268_776))).toBe('1.21 MiB');
    expect([0, 2 ** 60, 1e308, 3e-300].map((value) => plain(bytes(value)))).toEqual(['0 B', '1,024 PiB', '1e308 B', '3e-300 B']);
    expect([duration(1e-300), percent(1e306)].map(plain)).toEqual(['1e-294 ns', '1e308 %']);
    expect(plain(rate(12_340))).toBe('12.3 k/s');
  });
});

describe('durations', () => {
  it.each([[0.087, '87 µs'], [340, '340 ms'], [999.7, '1 s'], [2_100, '2.1 s'], [42_340, '42.3 s'], [59_990, '1 m'], [252_000, '4 m 12 s'], [3_599_900, '1 h'], [12_000_000, '3 h 20 m'], [187_200_000, '2 d 4 h'], [-340, '−340 ms']])('%f ms reads %s', (ms, text) => expect(plain(duration(ms))).toBe(text));
  it.each([[14 * 60_000, '14 min'], [3_600_000, '1 h'], [5_400_000, '1 h 30 min'], [200_000_000, '2 d']])('%f ms lasts %s', (ms, text) => expect(plain(lasting(ms))).toBe(text));
});

describe('times', () => {
  const at = new Date(2026, 10, 24, 12, 4, 15).getTime();
  it('shows the day only when it is another one', () => {
    expect(clock(at, at + 60_000)).toBe('12:04:15');
    expect(plain(clock(at, at + 86_400_000))).toBe('24 Nov 12:04:15');
    expect(plain(clock(at, at + 60 * 86_400_000))).toBe(`24 Nov ${new Date(at).getFullYear()} 12:04:15`);
  });
  it('says how long ago, and the moment in UTC', () => {
    expect(plain(ago(at, at + 130_000))).toBe('2 min ago');
    expect(ago(at, at + 900)).toBe('just now');
    expect(plain(ago(at + 180_000, at))).toBe('in 3 min');
    expect(utc(Date.UTC(2026, 10, 24, 12, 4, 15))).toBe('2026-11-24 12:04:15 UTC');
  });
  it.each([['America/Los_Angeles', 'UTC−8'], ['Asia/Kolkata', 'UTC+5:30'], ['UTC', 'UTC'], ['America/St_Johns', 'UTC−3:30']])('names the zone of %s in short', (zone, text) => {
    vi.stubEnv('TZ', zone);
    expect(zoneOf(at)).toBe(text);
    vi.unstubAllEnvs();
  });
  it('keeps microseconds of nanosecond times', () => expect(fromNanos('1700000000123456789') - 1_700_000_000_123).toBeCloseTo(0.4567, 3));
});

describe('values by unit', () => {
  it.each([['ms', 2_100, '2.1 s'], ['s', 0.34, '340 ms'], ['By', 2_048, '2 KiB'], ['1/s', 3, '3/s'], ['{orders}/s', 3, '3 orders/s'], ['Cel', 21.46, '21.5 °C'], ['{connections}', 12, '12 connections'], ['', 7, '7'], ['share', 0.41, '41 %'], ['constructor', 3, '3 constructor'], ['{toString}', 3, '3 toString']])('%s', (unit, value, text) => expect(plain(valueIn(unit, value))).toBe(text));
  it('takes 1 for a share only where the name says so', () => {
    expect(displayUnit('1', 'error_ratio', 'errors')).toBe('share');
    expect(displayUnit('1', 'system.cpu.utilization')).toBe('share');
    expect(displayUnit('1', 'orders')).toBe('');
  });
});

describe('names', () => {
  it('are read in the order in which they were written, without colours of a terminal', () => {
    const text = '\u001b[1;31mdenied\u001b[0m: user \u202enimda\u2069 [31m';
    expect(readable(text)).toBe('denied: user <U+202E>nimda<U+2069> [31m');
  });
  it('keeps both ends', () => expect(middle('checkout.placeorder.v2', 11)).toBe('check…er.v2'));
  it('counts and lists', () => {
    expect([plural(1, 'incident'), plural(1_200, 'incident'), listed(['a', 'b', 'c']), listed(['a', 'b', 'c', 'd', 'e'])]).toEqual(['1 incident', '1,200 incidents', 'a, b and c', 'a, b, c and 2 more']);
  });
});
