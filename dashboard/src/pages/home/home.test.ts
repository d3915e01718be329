import { describe, expect, it, vi } from 'vitest';
import type { ApiService, ApiServices } from '#core/api/services.js';
import type { ApiStatus } from '#core/api/status.js';
import type { Incident } from '#core/types.js';
import { causeText } from './cause-text.js';
import { headline } from './headline.js';

const now = new Date(2026, 10, 24, 12, 18, 0).getTime();
const startsAt = now - 14 * 60_000;
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const service = (name: string, over: Partial<ApiService> = {}): ApiService => ({ service: name, own: false, by: 'spans', cause: false, requestsPerSecond: 1, errorRatio: 0, p50Ms: 1, p95Ms: 1, p99Ms: 1, meanMs: null, state: 'ok', versions: ['1'], sparkline: { requests: [], errors: [], latency: [] }, ...over });
const fleet = (services: readonly ApiService[], silent = services.filter(({ state }) => state === 'silent').length): ApiServices => ({ services, matching: services.length, all: services.length, states: { critical: 0, warning: 0, silent, late: services.filter(({ state }) => state === 'late').length, learning: 0, ok: 0 } });
const status = (learned: number, learning: number, detector: Partial<ApiStatus['detector']> = {}): ApiStatus => ({ ready: true, detector: { learned, learning, lastStepAt: now - 15_000, stepMs: 10_000, ...detector }, process: { uptimeMs: 60_000 } }) as ApiStatus;
const incident = (over: Partial<Incident> = {}): Incident => ({
  id: 'i', status: 'open', severity: 'critical', title: 'checkout: errors', summary: '', startsAt, openedAt: startsAt + 30_000, updatedAt: startsAt, endsAt: null, acknowledgedAt: null, acknowledgedBy: '', causes: [], services: [], differences: [], traces: [], timeline: [], notes: [],
  evidence: [{ id: 'a', series: { id: 's', kind: 'errors', service: 'checkout', operation: '', metric: 'error_ratio', unit: '1', labels: {} }, startsAt, endsAt: null, peakAt: startsAt, updatedAt: startsAt, value: 0.38, expected: 0.002, lower: 0, upper: 0.004, score: 9, direction: 'up', points: 3, contributions: [] }],
  ...over,
});

describe('headline', () => {
  const said = (incidents: readonly Incident[], ...args: Parameters<typeof headline> extends [unknown, ...infer Rest] ? Rest : never): string => plain(headline({ incidents, matching: incidents.length }, ...args).text);
  it('leads with the worst open incident', () => {
    expect(said([incident({ severity: 'warning', evidence: [] }), incident()], fleet([service('checkout')]), status(214, 38), now)).toBe('2 incidents open. checkout is failing for up to 38 % of requests since 12:04.');
    expect(said([incident({ status: 'acknowledged' })], fleet([service('checkout')]), undefined, now)).toBe('1 incident open, acknowledged. checkout is failing for up to 38 % of requests since 12:04.');
    expect(headline({ incidents: [incident()], matching: 1_234 }, fleet([service('checkout')]), undefined, now).text).toContain('1,234 incidents open. ');
  });
  it('is quiet only when nothing is silent and something was learned', () => {
    const quiet = headline({ incidents: [], matching: 0 }, fleet([service('a')]), status(214, 38), now);
    expect([quiet.state, quiet.text, plain(quiet.more)]).toEqual(['ok', 'All quiet.', '214 series learned, 38 still learning']);
    expect(said([], fleet([service('email', { state: 'silent' }), service('a')]), status(214, 0), now)).toBe('No incident, but email has gone silent.');
    expect(said([], fleet(['a', 'b', 'c', 'd'].map((name) => service(name, { state: 'silent' })), 1_200), status(214, 0), now)).toBe('No incident, but a, b, c and 1,197 more have gone silent.');
    expect(said([], fleet([service('tail', { state: 'late' }), service('a')]), status(214, 0), now)).toBe('No incident, but what tail sends comes too late to be judged.');
    expect(said([], fleet([service('a')]), status(0, 12), now)).toContain('still being learned');
    expect(said([], fleet([]), status(0, 0), now)).toBe('Nothing has arrived yet.');
  });
  it('is not quiet while nobody judges', () => {
    const late = headline({ incidents: [], matching: 0 }, fleet([service('a')]), status(423, 85, { lastStepAt: now - 120_000 }), now);
    expect([late.state, late.text]).toEqual(['stale', 'No incident, but nothing since 12:16 was judged.']);
    expect(said([], fleet([service('a')]), status(423, 85, { lastStepAt: 0 }), now)).toBe('All quiet.');
    const away = headline({ incidents: [], matching: 0 }, undefined, { ...status(423, 85), ready: false, engine: { fault: 'ClickHouse does not answer: refused' }, queue: { bytes: 2 ** 20 }, arriving: { perSecond: {} } } as ApiStatus, now);
    expect([away.state, away.text]).toEqual(['error', 'No incident is open, but Faultline is not ready.']);
    expect(away.more).toMatch(/^ClickHouse does not answer: refused\./);
    const open = { incidents: [incident()], matching: 1 };
    const stalled = headline(open, fleet([service('checkout')]), status(423, 85, { lastStepAt: now - 120_000 }), now);
    expect([stalled.state, stalled.more]).toEqual(['critical', 'Nothing since 12:16 was judged.']);
    expect(headline(open, fleet([service('checkout')]), { ...status(423, 85), ready: false, engine: { fault: 'ClickHouse does not answer: refused' }, queue: { bytes: 2 ** 20 }, arriving: { perSecond: {} } } as ApiStatus, now).more).toMatch(/^ClickHouse does not answer: refused\./);
  });
});

describe('the cause of an incident', () => {
  const cause = (name: string, reason: string, independent?: true): Incident['causes'][number] => ({ service: name, confidence: 0.48, reason, onsetAt: startsAt, ...(independent ? { independent } : {}) });
  it('is one with how likely it is, or two with what each shows', () => {
    const search = cause('search', 'heap 10.9 MiB → 112 MiB, first to change; its callers followed. payment is a cause of its own beside it.');
    const payment = cause('payment', 'errors 0 % → 60 %. It neither explains search nor follows from it.', true);
    expect(plain(causeText(incident({ causes: [search, cause('cart', 'errors')] }), now))).toBe(`Probably search (48 %): ${search.reason}`);
    expect(causeText(incident({ causes: [search, cause('cart', 'errors'), payment] }), now)).toBe('Two independent causes: search (heap 10.9 MiB → 112 MiB, first to change) and payment (errors 0 % → 60 %)');
    expect(causeText(incident(), now)).toBe('The cause is not known yet.');
  });
  it('is told in the clock of whoever reads', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    const at = Date.UTC(2026, 10, 24, 12, 4);
    const said = causeText(incident({ startsAt: at, summary: 'Before that, until 12:00:30 UTC, orders failed.' }), at);
    vi.unstubAllEnvs();
    expect(said).toBe('Before that, until 13:00:30, orders failed.');
  });
});
