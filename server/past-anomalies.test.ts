import { afterAll, beforeAll, expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import { testAnomaly } from '#core/testing.js';
import type { Anomaly, Incident, Verdict } from '#core/types.js';
import { saveAnomalies } from '#store/anomalies.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { loadPastAnomalies } from './past-anomalies.js';

const MINUTE = 60_000;
const T = Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE;
const noise: Verdict = { kind: 'noise', by: 'ada', at: T, cause: '' };
let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

function anomaly(service: string, startsAt: number, change: Partial<Anomaly> = {}): Anomaly {
  const series = seriesOf('errors', service, '', 'error_ratio', '1');
  return testAnomaly({ id: `${series.id}-${startsAt}`, series, startsAt, endsAt: startsAt + MINUTE, peakAt: startsAt, updatedAt: startsAt, value: 0.4, expected: 0.01, upper: 0.05, score: 5, points: 9, ...change });
}

it('finds the last anomaly of the same series and side before the incident, its incident and what people said', async () => {
  const [older, last, down, stranger] = [anomaly('payment', T - 90 * MINUTE), anomaly('payment', T - 60 * MINUTE, { score: 4, value: 0.2 }), anomaly('payment', T - 30 * MINUTE, { direction: 'down' }), anomaly('cart', T - 20 * MINUTE)];
  const [own, again, alone] = [anomaly('payment', T), anomaly('payment', T + 2 * MINUTE), anomaly('mail', T)];
  await saveAnomalies(store, [older, last, down, stranger, own, again]);
  const incident = (id: string, evidence: readonly Anomaly[], change: Partial<Incident>): object => ({ id, status: 'resolved', severity: 'warning', title: id, starts_at: T - 61 * MINUTE, ends_at: T - 40 * MINUTE, updated_at: T, version: 1, document: JSON.stringify({ id, title: `about ${id}`, evidence, verdict: null, ...change }) });
  await store.insert('incidents', [incident('one', [last], { anomalyVerdicts: { [last.id]: noise } }), incident('other', [stranger], { verdict: noise })]);
  const before = await loadPastAnomalies(store, { startsAt: T, evidence: [own, again, alone] });
  const found = { id: last.id, startsAt: last.startsAt, endsAt: last.endsAt, score: 4, value: 0.2, expected: 0.01, times: 2, incident: { id: 'one', title: 'about one' }, verdict: 'noise' };
  expect(before).toEqual({ [own.id]: found, [again.id]: found });
  expect(await loadPastAnomalies(store, { startsAt: T, evidence: [] })).toEqual({});
});
