import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAlertmanagerFile } from '../alerts/routing/alertmanager-file.js';
import { hasAmtool } from './alertmanager.js';

/** What follows a root route that is good, and what follows its receivers. */
const ROUTES: readonly (readonly [route: string, rest: string])[] = [
  ['', ''], ['group_by: [x, y]', ''], ['group_by: [x, x]', ''], ["group_by: ['...']", ''], ["group_by: ['...', x]", ''], ['group_by: []', ''], ['group_wait: 0s', ''], ['group_interval: 0s', ''], ['repeat_interval: 0s', ''], ['group_interval: 1h30m', ''], ['group_interval: 1.5h', ''], ['group_interval: 90', ''], ['group_interval:', ''],
  ['matchers: [a=b]', ''], ['match: { a: b }', ''], ['match_re: { a: b }', ''], ['continue: true', ''], ['mute_time_intervals: [t]', 'time_intervals: [{ name: t, time_intervals: [] }]'], ['active_time_intervals: [t]', 'time_intervals: [{ name: t, time_intervals: [] }]'],
  ['routes: [{ mute_time_intervals: [t] }]', 'time_intervals: [{ name: t, time_intervals: [] }]'], ['routes: [{ mute_time_intervals: [u] }]', 'time_intervals: [{ name: t, time_intervals: [] }]'], ['routes: [{ active_time_intervals: [t] }]', "mute_time_intervals: [{ name: t, time_intervals: [{ months: ['1:3', may] }] }]"], ['', 'time_intervals: [{ name: t, time_intervals: [] }, { name: t, time_intervals: [] }]'],
  ['routes: [{ receiver: b }]', ''], ['routes: [{ receivr: a }]', ''], ['routes: [{ continue: yes }]', ''], ['routes: [{ continue: perhaps }]', ''], ["routes: [{ matchers: ['a=~\"[\"'] }]", ''], ['routes: [{ matchers: [nonsense] }]', ''], ["routes: [{ matchers: ['a=b, c=~\"d|e\"'], continue: true }]", ''], ["routes: [{ match_re: { a: '(' } }]", ''], ['routes: [{ match: { a: 1 } }]', ''], ["routes: [{ matchers: ['{a=\"b\",}'] }]", ''], ["routes: [{ matchers: ['a=\"b'] }]", ''], ["routes: [{ matchers: ['a=\"b\"c'] }]", ''],
  ['', 'inhibit_rules: [{ source_matchers: [a=b], target_matchers: [c=d], equal: [e] }]'], ['', "inhibit_rules: [{ source_match: { a: b }, target_match_re: { c: 'd.*' } }]"], ['', 'inhibit_rules: [{ target_matchers: [c] }]'], ['', 'inhibit_rules: [{ source: a }]'], ['', 'nonsense: 1'], ['', 'global: { resolve_timeout: 5m }'], ['', 'global: { resolve_timeout: soon }'],
];
const INTERVALS = [
  "times: [{ start_time: '09:00', end_time: '17:00' }]", 'times: [{ start_time: 09:00, end_time: 24:00 }]', "times: [{ start_time: '17:00', end_time: '09:00' }]", "times: [{ start_time: '09:00' }]", "times: [{ start_time: '9:00', end_time: '10:00' }]", "weekdays: ['monday:friday', Sunday]", "weekdays: ['friday:monday']", 'weekdays: [mon]',
  "days_of_month: ['1:5', '-3:-1']", "days_of_month: ['0']", "days_of_month: ['-1:5']", "days_of_month: ['1:-1']", "days_of_month: ['32']", "days_of_month: ['20:10']", "days_of_month: ['28:-1']", "months: ['january:3', 12]", "months: ['may:march']", "years: ['2020:2022', 2030]", "years: ['2022:2020']", 'location: Europe/Berlin', 'location: Mars/Olympus', 'location: Local', 'zone: UTC',
];
const CHANGES = [...ROUTES, ...INTERVALS.map((part) => ['', `time_intervals: [{ name: t, time_intervals: [{ ${part} }] }]`] as const)];
const folder = mkdtempSync(join(tmpdir(), 'faultline-amtool-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasAmtool)('an alertmanager.yml', () => {
  it.each(CHANGES)('is refused by amtool and by Faultline, or by neither: %s %s', (route, rest) => {
    const text = `route:\n  receiver: a\n  ${route}\nreceivers: [{ name: a }]\n${rest}\n`;
    const file = join(folder, 'alertmanager.yml');
    writeFileSync(file, text);
    const { status, stdout, stderr } = spawnSync('amtool', ['check-config', file], { encoding: 'utf8' });
    const { faults } = parseAlertmanagerFile(text, file);
    expect(faults.length === 0, `amtool: ${stdout}${stderr}\nFaultline: ${faults.join('; ')}`).toBe(status === 0);
  });
});
