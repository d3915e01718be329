import { describe, expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import { testAnomaly } from '#core/testing.js';
import type { Anomaly, RankedCause } from '#core/types.js';
import { candidatesOf } from './candidates.js';
import { likenessOf, signsOf, teach, untaught, type Known } from './lesson.js';
import { openIncident } from '../lifecycle.js';

const T = 1_760_000_000_000;
function anomaly(kind: 'errors' | 'latency' | 'metric', service: string, metric: string, change: Partial<Anomaly> = {}, labels = {}): Anomaly {
  const series = seriesOf(kind, service, '', metric, '1', labels);
  return testAnomaly({ id: series.id, series, startsAt: T, peakAt: T, updatedAt: T, value: 0.4, expected: 0.01, upper: 0.05, score: 5, points: 9, ...change });
}
const trouble = [anomaly('errors', 'checkout', 'error_ratio'), anomaly('errors', 'payment', 'error_ratio')];
const cause = (service: string, confidence: number): RankedCause => ({ service, confidence, reason: 'its errors rose first.', onsetAt: T });
const lesson = (service: string, change: Partial<Known> = {}): Known => ({ id: 'past', service, detail: null, title: 'payment: errors', createdBy: 'ada', signs: signsOf(trouble), expiresAt: T + 1, ...change });
const now = { id: 'now', evidence: trouble, startsAt: T };
const sum = (causes: readonly RankedCause[]): number => causes.reduce((total, { confidence }) => total + confidence, 0);

describe('what people named as causes', () => {
  it('is known by who shows which kind of trouble, not by how many series show it; alerts by their name', () => {
    const signs = signsOf([...trouble, anomaly('errors', 'payment', 'error_ratio', { id: 'b' }), anomaly('errors', 'mail', 'error_ratio', { direction: 'down' }), anomaly('metric', 'db', 'VolumeFull', {}, { alertname: 'VolumeFull' })]);
    expect(signs).toEqual(['checkout errors up', 'db alert VolumeFull', 'payment errors up']);
    expect([likenessOf(signs, signs.slice(0, 2)), likenessOf(signs, ['other errors up']), likenessOf([], [])]).toEqual([2 / 3, 0, 0]);
  });

  it('multiplies odds, says so, and can be taken out of a ranking again', () => {
    const causes = [cause('payment', 0.9), cause('checkout', 0.04), cause('redis', 0.01)];
    const taught = teach(causes, now, [lesson('redis')], T);
    expect(taught.map(({ service }) => service)).toEqual(['payment', 'redis', 'checkout']);
    expect((taught[1]?.confidence ?? 0) / (taught[0]?.confidence ?? 1)).toBeCloseTo((Math.exp(4) * 0.01) / 0.9);
    expect(sum(taught)).toBeCloseTo(0.95);
    expect(taught[1]).toMatchObject({ reason: 'its errors rose first. ada named it as the cause of “payment: errors”, which looked 100 % alike.', taught: { weight: 4, unseen: false } });
    const back = untaught(taught);
    expect(back.map(({ service, confidence }) => [service, Number(confidence.toFixed(6))])).toEqual(causes.map(({ service, confidence }) => [service, confidence]));
  });

  it('puts what shows nothing into the ranking, from the share that is left for such, and out of it again', () => {
    const taught = teach([cause('payment', 0.95)], now, [lesson('ledger', { detail: { kind: 'metric', name: 'pool_size' } })], T);
    expect(taught[0]).toMatchObject({ service: 'ledger', onsetAt: T, reason: 'it shows nothing here. ada named its metric pool_size as the cause of “payment: errors”, which looked 100 % alike.' });
    expect(untaught(taught)).toEqual([cause('payment', 0.95)]);
  });

  it('says nothing of incidents that look otherwise, of its own, or when it is over; and is bounded however often it is said', () => {
    const causes = [cause('payment', 0.95)];
    expect(teach(causes, now, [lesson('ledger', { signs: ['mail errors up', 'checkout errors up'] }), lesson('ledger', { id: 'now' }), lesson('ledger', { expiresAt: T })], T)).toBe(causes);
    const [first] = teach(causes, now, Array.from({ length: 9 }, (_, at) => lesson('ledger', { id: `past-${at}` })), T);
    expect(first?.taught?.weight).toBe(6);
  });

  it('may be a service of the incident, what changed in it or shows in it, or any other service', () => {
    const incident = { ...openIncident('i', [...trouble, anomaly('metric', 'payment', 'pool_size', {}, { service_instance_id: 'payment-1' })], T), causes: [cause('payment', 0.95)], services: ['payment', 'checkout'] };
    const deployed = { ...incident, timeline: [{ at: T, kind: 'deploy', service: 'payment', text: 'Version 2.3 appeared' } as const] };
    expect(candidatesOf(deployed, ['payment', 'ledger']).map(({ service, detail }) => [service, ...(detail ? [detail.kind, detail.name] : [])].join(' '))).toEqual([
      'payment', 'payment change Version 2.3 appeared', 'payment metric pool_size', 'payment instance payment-1', 'checkout', 'ledger',
    ]);
  });
});
