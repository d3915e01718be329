import { describe, expect, it } from 'vitest';
import { changesOf, isRollout, type ServiceProcess } from './processes.js';

const T = 1_700_000_000_000;
const MINUTE = 60_000;
/** From minute to minute; without an end it still runs. */
const process = (from: number, to = 60, attributes: Readonly<Record<string, string>> = {}, gap = 0): ServiceProcess => ({ service: 'cart', first: T + from * MINUTE, last: T + to * MINUTE, gap: gap * MINUTE, attributes });
const changes = (...own: readonly ServiceProcess[]): readonly string[] => changesOf(own, T + 30 * MINUTE, T + 60 * MINUTE).map(({ at, text }) => `${(at - T) / MINUTE} ${text}`);

describe('processes that come and go', () => {
  it.each<readonly [string, readonly ServiceProcess[], readonly string[]]>([
    ['nothing', [process(0), process(0)], []],
    ['a restart', [process(0, 40), process(40.2)], ['40 Restarted']],
    ['a crash that comes back', [process(0), process(0, 40), process(41)], ['40 1 of 2 processes restarted']],
    ['a rolling restart', [process(0, 40), process(40.1), process(0, 41), process(41.1), process(0, 42), process(42.1)], ['40 3 of 3 processes restarted']],
    ['scaling out', [process(0), process(0), process(45), process(45.5), process(45.5)], ['45 Scaled out from 2 to 5 processes']],
    ['scaling in', [process(0), process(0), process(0, 50)], ['50 1 of 3 processes gone']],
    ['two changes', [process(0, 35), process(35.1, 50), process(50.1)], ['35 Restarted', '50 Restarted']],
    ['other settings', [process(0, 40, { 'config.hash': 'a1', 'cloud.zone': 'z' }), process(40.1, 60, { 'config.hash': 'b2', 'cloud.zone': 'z' })], ['40 Restarted, config.hash a1 → b2']],
    ['a setting of any name', [process(0, 40), process(40.1, 60, { constructor: 'b2' })], ['40 Restarted, constructor unset → b2']],
    ['a version that is taken back', [process(0, 35, { 'service.version': '1' }), process(35.1, 45, { 'service.version': '2' }), process(45.1, 60, { 'service.version': '1' })], ['35 Restarted, service.version 1 → 2', '45 Restarted, service.version 2 → 1']],
    ['a service that is new', [process(40), process(41), process(42)], []],
    ['a service that is silent as a whole', [process(0, 40), process(0, 40)], []],
    ['a rolling restart of many', Array.from({ length: 40 }, (_, pod) => [process(0, 31 + pod / 2), process(31.1 + pod / 2)]).flat(), ['31 40 of 40 processes restarted']],
    ['one process for each task', [process(0), ...Array.from({ length: 50 }, (_, task) => process(31 + task / 2, 31.2 + task / 2))], []],
    ['processes that say little', [process(0, 56, {}, 5), process(0, 57.2, {}, 5), process(0, 58.5, {}, 5), process(0, 55)], []],
    ['one of them gone', [process(0, 40, {}, 5), process(0, 57.2, {}, 5), process(0, 58.5, {}, 5)], ['40 1 of 3 processes gone']],
    ['one that says much gone beside them', [process(0, 40, {}, 0.1), process(0, 57.2, {}, 5), process(0, 58.5, {}, 5)], ['40 1 of 3 processes gone']],
    ['what was before', [process(0, 10), process(10.1)], []],
  ])('%s', (_name, own, told) => {
    expect(changes(...own)).toEqual(told);
  });

  it('does not say who went before that is known', () => {
    const restarted = [process(0, 39.5, { 'service.version': '2' }), process(40, 40.5, { 'service.version': '1' })];
    expect(changesOf(restarted, T, T + 40.5 * MINUTE).map(({ text }) => text)).toEqual(['1 new process, service.version 2 → 1']);
  });

  it('tells the rollout of a version from a restart during it', () => {
    const of = (version: string) => ({ 'service.version': version });
    const own = [process(0, 31, of('1')), process(31.1, 60, of('2')), process(0, 40, of('1')), process(40.1, 55, of('2')), process(55.1, 60, of('2'))];
    const told = (at: number, service = 'cart') => changesOf(own, T, T + 60 * MINUTE).filter((one) => !isRollout(one, [{ service, version: '2', at: T + at * MINUTE }])).map(({ at: when, text }) => `${(when - T) / MINUTE} ${text}`);
    expect(told(31.5)).toEqual(['55 1 of 2 processes restarted']);
    expect(told(31.5, 'payment')).toEqual(['31 1 of 2 processes restarted, service.version 1 → 2', '40 1 of 2 processes restarted', '55 1 of 2 processes restarted']);
  });
});
