import { describe, expect, it } from 'vitest';
import { feedOf, type Happening } from './feed.js';

const T = 1_700_000_000_000;
const MINUTE = 60_000;
const one = (service: string, at: number, over: Partial<Happening>): Happening => ({ kind: 'deploy', services: [service], at: T + at * MINUTE, until: T + at * MINUTE, changed: [], ...over });
const deploy = (service: string, at: number, from: string, to: string): Happening => one(service, at, { changed: [{ attribute: 'service.version', from, to }] });
const restart = (service: string, at: number, before = 3, gone = 1): Happening => one(service, at, { kind: 'restart', counts: { before, gone, came: gone, settled: true } });
const scaled = (service: string, at: number, before: number, came: number, gone = 0): Happening => one(service, at, { kind: 'scaling', counts: { before, came, gone, settled: true } });
const lines = (...happenings: readonly Happening[]): readonly string[] => feedOf(happenings).map(({ at, services, text }) => `${(at - T) / MINUTE} ${services.join('+')}: ${text}`);

describe('few lines', () => {
  it.each<readonly [string, readonly Happening[], readonly string[]]>([
    ['a rollout through many services', [deploy('a', 0, '6', '7'), deploy('b', 1, '6', '7'), deploy('c', 2, '6', '7'), deploy('a', 1, '7', '8'), deploy('d', 10, '6', '7')], ['10 d: version 6 → 7', '1 a: version 7 → 8', '0 a+b+c: version 6 → 7']],
    ['one that comes from different versions', [deploy('a', 0, '5', '7'), deploy('b', 1, '6', '7')], ['0 a+b: version 7']],
    ['a slow rolling restart', [0, 4, 8].map((at) => restart('a', at)), ['0 a: 3 of 3 processes restarted']],
    ['a process that crashes again and again', [0, 4, 8].map((at) => restart('a', at, 1)), ['0 a: 3 restarts of 1 process']],
    ['restarts far apart', [restart('a', 0), restart('a', 30)], ['30 a: 1 of 3 processes restarted', '0 a: 1 of 3 processes restarted']],
    ['restarts all day', [0, 60, 120, 180].map((at) => restart('a', at)), ['0 a: 4 restarts of 3 processes']],
    ['a node that goes', [restart('a', 0), restart('b', 0.5, 10, 2), restart('c', 1, 1)], ['0 a+b+c: 4 of 14 processes restarted']],
    ['all scale out, one in', [scaled('a', 0, 2, 2), scaled('b', 1, 3, 1), scaled('c', 1, 3, 0, 1)], ['1 c: 1 of 3 processes gone', '0 a+b: scaled out from 5 to 8 processes']],
    ['out and in again', [scaled('a', 0, 2, 3), scaled('a', 5, 5, 0, 3)], ['0 a: 3 processes came and went, beside 2']],
    ['log patterns of one service', [one('a', 0, { kind: 'log-pattern', text: 'no <*>' }), one('a', 1, { kind: 'log-pattern', text: 'yes' }), one('b', 1, { kind: 'log-pattern', text: 'x' })], ['1 b: x', '0 a: no <*> and 1 more']],
    ['incidents', [one('a', 0, { kind: 'incident-opened', text: 'a fails', incident: 'i' }), one('a', 1, { kind: 'incident-opened', text: 'a fails', incident: 'j' })], ['1 a: a fails', '0 a: a fails']],
  ])('%s', (_name, happenings, told) => {
    expect(lines(...happenings)).toEqual(told);
  });

  it('names the first services and counts all', () => {
    const [line] = feedOf(Array.from({ length: 40 }, (_, at) => deploy(`s${at}`, at / 60, '1', '2')));
    expect([line?.services.length, line?.services[0], line?.serviceCount, line?.until]).toEqual([20, 's0', 40, T + 39_000]);
  });
});
