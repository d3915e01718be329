import { describe, expect, it } from 'vitest';
import type { ApiService, ApiStatus } from '#core/api.js';
import type { Incident } from '#core/types.js';
import { changesIn, redeployed } from './changes.js';
import { byTrouble } from '../../parts/state.js';
import { causeServices } from '../incidents/named-causes.js';
import { headline, watched } from './headline.js';

const now = new Date(2026, 10, 24, 12, 18, 0).getTime();
const startsAt = now - 14 * 60_000;
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const service = (name: string, over: Partial<ApiService> = {}): ApiService => ({ service: name, own: false, requestsPerSecond: 1, errorRatio: 0, p50Ms: 1, p95Ms: 1, p99Ms: 1, state: 'ok', versions: ['1'], sparkline: { requests: [], errors: [], p95: [] }, ...over });
const status = (learned: number, learning: number): ApiStatus => ({ detector: { learned, learning }, process: { uptimeMs: 60_000 } }) as ApiStatus;
const incident = (over: Partial<Incident> = {}): Incident => ({
  id: 'i', status: 'open', severity: 'critical', title: 'checkout: errors', summary: '', startsAt, openedAt: startsAt + 30_000, updatedAt: startsAt, endsAt: null, acknowledgedAt: null, acknowledgedBy: '', causes: [], services: [], differences: [], traces: [], timeline: [], notes: [],
  evidence: [{ id: 'a', series: { id: 's', kind: 'errors', service: 'checkout', operation: '', metric: 'error_ratio', unit: '1', labels: {} }, startsAt, endsAt: null, peakAt: startsAt, updatedAt: startsAt, value: 0.38, expected: 0.002, lower: 0, upper: 0.004, score: 9, direction: 'up', points: 3, contributions: [] }],
  ...over,
});

describe('headline', () => {
  const said = (...args: Parameters<typeof headline>): string => plain(headline(...args).text);
  it('leads with the worst open incident', () => {
    expect(said([incident({ severity: 'warning', evidence: [] }), incident()], [service('checkout')], status(214, 38), now)).toBe('2 incidents open. checkout is failing for 38 % of requests since 12:04.');
    expect(said([incident({ status: 'acknowledged' })], [service('checkout')], undefined, now)).toBe('1 incident open, acknowledged. checkout is failing for 38 % of requests since 12:04.');
  });
  it('is quiet only when nothing is silent and something was learned', () => {
    const quiet = headline([], [service('a')], status(214, 38), now);
    expect([quiet.state, quiet.text, plain(quiet.more)]).toEqual(['ok', 'All quiet.', '214 series learned, 38 still learning']);
    expect(said([], [service('a'), service('email', { state: 'silent' })], status(214, 0), now)).toBe('No incident, but email has gone silent.');
    expect(said([], [service('a')], status(0, 12), now)).toContain('still being learned');
    expect(said([], [], status(0, 0), now)).toBe('Nothing has arrived yet.');
  });
});

it('shows Faultline among the services only while it is in trouble', () => {
  const names = (over: Partial<ApiService>): string[] => watched([service('a'), service('faultline', { own: true, ...over })]).map((row) => row.service);
  expect([names({}), names({ state: 'silent' }), names({ state: 'warning' }), names({ errorRatio: 0.1 })]).toEqual([['a'], ['a'], ['a', 'faultline'], ['a', 'faultline']]);
});

it('lists the worst first, and the cause before those who suffer from it', () => {
  const cause = (name: string, independent = false): Incident['causes'][number] => ({ service: name, confidence: 0.5, onsetAt: startsAt, reason: '', independent });
  const causes = causeServices([incident({ causes: [cause('catalog'), cause('cart'), cause('inventory', true)] })]);
  const rows = [service('ok', { errorRatio: 0.9 }), service('cart', { state: 'critical', errorRatio: 0.3 }), service('catalog', { state: 'critical' }), service('inventory', { state: 'critical', errorRatio: 0.1 })];
  expect(rows.toSorted(byTrouble(causes)).map((row) => row.service)).toEqual(['inventory', 'catalog', 'cart', 'ok']);
});

describe('what changed', () => {
  it('lists deploys and incidents of the range, newest first', () => {
    const deploys = [{ service: 'payment', version: '2.3.1', at: startsAt - 20_000 }, { service: 'payment', version: '2.2', at: startsAt - 9e6 }];
    const list = changesIn({ from: startsAt - 60_000, to: now }, [incident({ endsAt: now - 1_000 }), incident({ id: 'old', openedAt: startsAt - 9e6 })], deploys);
    expect(list.map(({ kind, service: name, incident: id }) => [kind, name, id])).toEqual([['resolved', '', 'i'], ['opened', '', 'i'], ['deploy', 'payment', '']]);
  });
  it('takes the moment of a deploy from the incident that saw it', () => {
    const timeline = [{ at: startsAt - 20_000, kind: 'deploy' as const, service: 'payment', text: 'Version 2.3.1 appeared' }];
    const list = changesIn({ from: startsAt - 30_000, to: now }, [incident({ timeline })], [{ service: 'payment', version: '2.3.1', at: startsAt - 60_000 }]);
    expect(list.at(-1)).toMatchObject({ kind: 'deploy', at: startsAt - 20_000 });
  });
  it('asks only services with several versions for their deploys', () => expect(redeployed([service('a'), service('b', { versions: ['1', '2'] })])).toEqual(['b']));
});
