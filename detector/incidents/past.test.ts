import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import { silentLogger } from '#core/log.js';
import { testAnomaly } from '#core/testing.js';
import type { Anomaly, Incident } from '#core/types.js';
import { saveAnomalies } from '#store/anomalies.js';
import { openTestStore } from '#store/testing.js';
import type { Store } from '#store/store.js';
import { createAnalysis, NOT_ANALYSED } from './analysis.js';
import { impactText } from './explain/explain.js';
import { nextAfter, occurrenceAt, partOfDay } from './expected/schedule.js';
import { firstCheckOf } from './explain/first-check.js';
import { loadImpact, noticed } from './explain/impact.js';
import { isOver, openIncident } from './lifecycle.js';
import { incidentsConfig } from './config.js';
import { daysOf, loadRecurring } from './past/recurring.js';
import { compare, loadSimilar, toldCauseOf } from './past/similar.js';
import { untaughtOnly } from './lessons/lessons.js';
import { loadRenames, silenced } from './graph/renames.js';
import { rankCauses } from './cause/root-cause.js';
import { corrected, loadSkews, skewsOf, skewText } from './graph/skew.js';
import { saveIncidents } from './store-incidents.js';
import { createTopology } from './graph/topology.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T = Math.floor((Date.now() - DAY) / DAY) * DAY + 3 * HOUR;
let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterEach(async () => {
  for (const table of ['incidents', 'anomalies', 'otel_traces', 'red_5s', 'red_1m']) await store.command(`TRUNCATE TABLE ${table}`);
});
afterAll(() => store.close());

function anomaly(kind: 'errors' | 'latency' | 'rate' | 'metric', service: string, startsAt: number, change: Partial<Anomaly> = {}): Anomaly {
  const series = seriesOf(kind, service, '', { errors: 'error_ratio', latency: 'p95', rate: 'requests', metric: 'process_cpu_utilization' }[kind], '1');
  return testAnomaly({ id: `${series.id}-${startsAt}`, series, startsAt, endsAt: startsAt + 600_000, peakAt: startsAt, updatedAt: startsAt + 600_000, value: 0.4, expected: 0.01, upper: 0.05, score: 5, points: 9, ...change });
}

const incident = (id: string, evidence: readonly Anomaly[], change: Partial<Incident> = {}): Incident => ({ ...openIncident(id, evidence, T), causes: [{ service: evidence[0]?.series.service ?? '', confidence: 1, reason: '', onsetAt: T }], ...change });
const save = (one: Incident): Promise<void> => saveIncidents(store, [{ incident: one, version: 1, due: null }]);

interface SpanOf { readonly trace: string; readonly id?: string; readonly parent?: string; readonly service: string; readonly kind?: string; readonly at: number; readonly ms: number; readonly failed?: boolean; readonly attributes?: Record<string, string>; readonly name?: string }
const spans = (all: readonly SpanOf[]): Promise<void> =>
  store.insert('otel_traces', all.map(({ trace, id = 'a', parent = '', service, kind = 'Server', at, ms, failed = false, attributes = {}, name = 'op' }) => ({
    Timestamp: new Date(at).toISOString(), TraceId: trace, SpanId: id, ParentSpanId: parent, ServiceName: service, SpanName: name, SpanKind: kind, Duration: ms * 1e6, StatusCode: failed ? 'Error' : 'Unset', SpanAttributes: attributes,
  })));

describe('an incident of alerts', () => {
  const alert = (name: string, service: string, startsAt: number, pod: string, score = 3): Anomaly => ({ ...anomaly('metric', service, startsAt), series: seriesOf('metric', service, '', name, '', { alertname: name, pod }), score });
  it('is blamed on what seldom fires, once enough are known to say so', async () => {
    const explain = createAnalysis({ store, logger: silentLogger, config: incidentsConfig.parse({}), lessons: untaughtOnly, onReadFailure: () => undefined });
    const now = incident('now', [alert('SlowRequests', 'web', T, 'web-9', 10), alert('VolumeFull', 'ledger', T, 'ledger-9')]);
    const first = async (at: number) => (await explain(now, NOT_ANALYSED, createTopology([]), at)).incident.causes[0];
    const earlier = (count: number, from: number) => Promise.all(Array.from({ length: count }, (_, index) => save(incident(`alerts-${from + index}`, [alert('SlowRequests', 'web', T - DAY, `web-${index % 9}`)], { startsAt: T - DAY + index }))));
    await earlier(10, 0);
    expect((await first(T))?.service).toBe('web');
    await earlier(15, 10);
    expect(await first(T + 601_000)).toMatchObject({ service: 'ledger', reason: 'alert VolumeFull, first to change; seen in 0 of 25 incidents of alerts.' });
  });
});

describe('similar incidents', () => {
  it('are found by what they showed, rare things counting more, with what came of them', async () => {
    const early = T - 20 * DAY;
    for (let at = 0; at < 8; at += 1) await save(incident(`common-${at}`, [anomaly('errors', 'frontend', early + at * HOUR)]));
    await save(incident('told', [anomaly('errors', 'frontend', T - DAY), anomaly('latency', 'ledger', T - DAY)], {
      title: 'ledger was slow', startsAt: T - DAY, endsAt: T - DAY + 12 * 60_000, status: 'resolved', verdict: { kind: 'wrong_cause', by: 'ada', at: T, cause: 'postgres' }, notes: [{ at: T, author: 'ada', text: 'vacuum was off' }],
    }));
    const similar = await loadSimilar(store, incident('now', [anomaly('errors', 'frontend', T), anomaly('latency', 'ledger', T)]));
    expect(similar[0]).toMatchObject({ id: 'told', verdict: 'wrong_cause', cause: 'postgres', causeTold: true, endsAt: T - DAY + 12 * 60_000, notes: [{ text: 'vacuum was off' }] });
    expect(similar[0]?.similarity).toBeCloseTo(1);
    expect(similar[0]?.shared[0]).toBe('ledger p95 up');
    expect(toldCauseOf(similar)).toBe('postgres');
    expect(await loadSimilar(store, incident('other', [anomaly('errors', 'mail', T)]))).toEqual([]);
  });

  it('share of weights: a common trait alone makes nothing alike', () => {
    const past = [{ id: 'a', traits: ['common', 'rare'] }, ...['b', 'c', 'd', 'e'].map((id) => ({ id, traits: ['common', `own ${id}`] }))];
    const found = compare(['common', 'rare'], past);
    expect(found.map(({ id }) => id)).toEqual(['a']);
    expect(found[0]?.shared).toEqual(['rare', 'common']);
  });
});

describe('recurring evidence', () => {
  it('came at the same time of day on at least three days, and is offered as a mute for that time', async () => {
    const own = anomaly('errors', 'batch', T, { endsAt: T + 20 * 60_000 });
    const before = [1, 2, 5].map((days) => anomaly('errors', 'batch', T - days * DAY + days * 60_000));
    const others = [anomaly('errors', 'batch', T - 3 * DAY + 5 * HOUR), anomaly('errors', 'batch', T - 4 * DAY, { direction: 'down' })];
    await saveAnomalies(store, [own, ...before, ...others]);
    const day = (back: number): string => new Date(T - back * DAY).toISOString().slice(0, 10);
    expect(await loadRecurring(store, incident('now', [own]))).toMatchObject([{ anomaly: own.id, days: [day(1), day(2), day(5)], draft: { match: { service: 'batch', below: null, when: { from: '03:00', to: '03:30', days: [], timeZone: 'UTC' } } } }]);
    expect(daysOf(own, [T - DAY])).toHaveLength(1);
    expect(await loadRecurring(store, incident('now', [anomaly('errors', 'mail', T)]))).toEqual([]);
  });
});

describe('schedules', () => {
  const at = (text: string): number => Date.parse(text);
  const nightly = { recurring: { from: '23:30', to: '00:30', days: [5] as const, timeZone: 'Europe/Berlin' } };
  it('reach over midnight in their own time zone, on the days on which they begin', () => {
    // 2026-01-02 is a Friday; Berlin is an hour ahead of UTC.
    expect(occurrenceAt(nightly, at('2026-01-02T22:29:59Z'))).toBeNull();
    expect(occurrenceAt(nightly, at('2026-01-02T22:30:00Z'))).toEqual({ from: at('2026-01-02T22:30:00Z'), to: at('2026-01-02T23:30:00Z') });
    expect(occurrenceAt(nightly, at('2026-01-02T23:29:59Z'))).not.toBeNull();
    expect(occurrenceAt(nightly, at('2026-01-03T22:45:00Z'))).toBeNull();
    expect(nextAfter(nightly, at('2026-01-03T00:00:00Z'))).toBe(at('2026-01-09T22:30:00Z'));
  });
  it('follow the wall clock when clocks change', () => {
    const daily = { recurring: { from: '01:30', to: '03:30', days: [], timeZone: 'Europe/Berlin' } };
    // On 2026-03-29 two o'clock becomes three: it is an hour shorter.
    expect(occurrenceAt(daily, at('2026-03-29T00:45:00Z'))).toEqual({ from: at('2026-03-29T00:30:00Z'), to: at('2026-03-29T01:30:00Z') });
    expect(occurrenceAt(daily, at('2026-03-29T01:15:00Z'))).toEqual({ from: at('2026-03-29T00:30:00Z'), to: at('2026-03-29T01:30:00Z') });
    expect(nextAfter(daily, at('2026-03-29T12:00:00Z'))).toBe(at('2026-03-29T23:30:00Z'));
    const between = (from: string, to: string) => ({ recurring: { from, to, days: [], timeZone: 'Europe/Berlin' } });
    // What would begin or end in the hour that is skipped does so with the change.
    expect(occurrenceAt(between('01:45', '02:30'), at('2026-03-29T00:50:00Z'))).toEqual({ from: at('2026-03-29T00:45:00Z'), to: at('2026-03-29T01:00:00Z') });
    expect(occurrenceAt(between('02:15', '04:00'), at('2026-03-29T01:20:00Z'))).toEqual({ from: at('2026-03-29T01:00:00Z'), to: at('2026-03-29T02:00:00Z') });
    expect(nextAfter(between('02:15', '04:00'), at('2026-03-28T12:00:00Z'))).toBe(at('2026-03-29T01:00:00Z'));
    expect(nextAfter(between('02:00', '03:00'), at('2026-03-28T12:00:00Z'))).toBe(at('2026-03-30T00:00:00Z'));
    // In autumn three o'clock becomes two: it is an hour longer.
    expect(occurrenceAt(daily, at('2026-10-25T01:45:00Z'))).toEqual({ from: at('2026-10-24T23:30:00Z'), to: at('2026-10-25T02:30:00Z') });
    expect(nextAfter({ once: { from: 5, to: 6 } }, 5)).toBeNull();
  });
  it('around an event are whole half hours', () => {
    expect(partOfDay(at('2026-01-02T01:10:00Z'), at('2026-01-02T01:25:00Z'), 'Europe/Berlin')).toMatchObject({ from: '02:00', to: '02:30' });
    expect(partOfDay(at('2026-01-02T23:50:00Z'), at('2026-01-03T00:20:00Z'), 'UTC')).toMatchObject({ from: '23:30', to: '00:30' });
  });
});

describe('impact', () => {
  it('counts requests that failed or were slow since the onset, and who was behind them', async () => {
    const before = Array.from({ length: 20 }, (_, n): SpanOf => ({ trace: `before-${n}`, service: 'payment', at: T - 60_000 - n * 1000, ms: 20 }));
    const after = Array.from({ length: 20 }, (_, n): SpanOf[] => [
      { trace: `t${n}`, id: 'root', service: 'frontend', at: T + n * 1000, ms: 500, failed: n < 5, attributes: { 'user.id': `u${n % 4}`, 'session.id': `s${n}` } },
      { trace: `t${n}`, parent: 'root', service: 'payment', at: T + n * 1000, ms: n < 5 ? 21 : n < 9 ? 90 : 20, failed: n < 5 },
    ]).flat();
    // Trouble that was over five minutes before is not what is usual.
    const usual = Array.from({ length: 40 }, (_, n): SpanOf => ({ trace: `usual-${n}`, service: 'payment', at: T - 3_000_000 + n * 60_000, ms: 20 }));
    const trouble = Array.from({ length: 20 }, (_, n): SpanOf => ({ trace: `trouble-${n}`, service: 'payment', at: T - 600_000 + n * 10_000, ms: 2_000 }));
    await spans([...usual, ...trouble, ...before, ...after]);
    const services = noticed([anomaly('errors', 'payment', T), anomaly('metric', 'frontend', T)]);
    expect(services).toEqual(['payment']);
    const impact = await loadImpact(store, services, T, T + 60_000);
    expect(impact).toEqual({ requests: 20, failed: 5, answered: 0, slow: 4, people: { attribute: 'user.id', count: 4 }, from: T, to: T + 60_000 });
    expect(impactText(impact)).toBe(' 5 of 20 requests failed and 4 were slow (45 %), for 4 users (user.id).');
    expect(await loadImpact(store, ['nobody'], T, T + 60_000)).toBeNull();
  });

  it('says how many of the requests that failed inside were answered, and leaves out who asked those', async () => {
    const failing = (trace: string, parent: string, more: Partial<SpanOf> = {}): SpanOf => ({ trace, id: `${trace}-pay`, parent, service: 'payment', at: T + 1000, ms: 2, failed: true, ...more });
    const asked = (trace: string, more: Partial<SpanOf> = {}): SpanOf => ({ trace, id: `${trace}-a`, service: 'checkout', at: T + 1000, ms: 30, attributes: { 'user.id': trace }, ...more });
    await spans([
      // The caller tries again, whatever the clock of its host says.
      asked('retried', { at: T + 2000 }), { trace: 'retried', id: 'c', parent: 'retried-a', service: 'checkout', kind: 'Client', at: T + 2000, ms: 3, failed: true }, failing('retried', 'c'), failing('retried', 'retried-a', { id: 'd', failed: false }),
      asked('told', { failed: true }), failing('told', 'told-a'),
      // A browser asks two services, one of which fails.
      { trace: 'page', id: 'b', service: 'browser', kind: 'Client', at: T, ms: 50, attributes: { 'user.id': 'page' } }, asked('page', { parent: 'b' }), failing('page', 'b'),
      // A message that fails is answered by nobody, nor is a request of which nothing else is known.
      asked('message'), failing('message', 'message-a', { kind: 'Consumer' }),
      failing('lost', 'gone', { attributes: { 'user.id': 'lost' } }),
    ]);
    const impact = await loadImpact(store, ['payment'], T, T + 60_000);
    expect(impact).toMatchObject({ requests: 5, failed: 5, answered: 1, people: { attribute: 'user.id', count: 4 } });
    expect(impactText(impact)).toBe(' 5 of 5 requests failed (100 %), for 4 users (user.id); in 1 of those that failed the request itself was answered.');
  });
});

describe('the first check', () => {
  const metric = (name: string, score: number): Anomaly => {
    const one = anomaly('metric', 'payment', T, { score });
    return { ...one, series: { ...one.series, metric: name } };
  };
  it.each([
    ['a deploy', [anomaly('errors', 'payment', T)], [{ service: 'payment', version: '2.3.1', at: T - 20_000 }], 'Compare payment 2.3.1 with the version before it'],
    ['failures', [anomaly('errors', 'payment', T)], [], 'Read what the failed requests of payment have in common'],
    ['slowness', [anomaly('latency', 'payment', T)], [], 'Open a slow trace of payment'],
    ['a resource', [anomaly('latency', 'payment', T), anomaly('metric', 'payment', T)], [], 'Check the CPU of payment against its limit'],
    ['garbage', [metric('v8js_gc_duration_seconds_count', 9), metric('process_cpu_utilization', 3)], [], 'Check what payment allocates since the onset'],
    ['memory', [metric('v8js_gc_duration_seconds_count', 3), metric('v8js_memory_heap_used_bytes', 9)], [], 'Check the memory of payment against its limit'],
    ['silence', [anomaly('rate', 'payment', T, { direction: 'absent' })], [], 'Check what stands before payment (load balancer'],
    ['no telemetry', [anomaly('errors', 'checkout', T)], [], 'Check payment itself: it shows nothing of its own'],
  ] as const)('fits the kind of cause: %s', (_name, evidence, deploys, text) => {
    expect(firstCheckOf(evidence, [{ service: 'payment', confidence: 1, reason: '', onsetAt: T }], deploys)).toContain(text);
  });
});

describe('clocks that differ between hosts', () => {
  const calls = createTopology([{ client: 'checkout', server: 'payment', slowdown: 1, errorRise: 0 }]);
  it('by up to 45 s do not change the cause', () => {
    const late = [anomaly('errors', 'checkout', T), anomaly('errors', 'payment', T + 45_000)];
    expect(rankCauses(late, calls, [], 300_000)[0]?.service).toBe('payment');
  });
  it('are measured from calls before the onset, told, and allowed for', async () => {
    const ahead = 150_000;
    await spans(Array.from({ length: 12 }, (_, n): SpanOf[] => [
      { trace: `t${n}`, id: 'c', service: 'checkout', kind: 'Client', at: T - 400_000 + n * 1000, ms: 40 },
      { trace: `t${n}`, id: 's', parent: 'c', service: 'payment', at: T - 400_000 + n * 1000 + 5 + ahead, ms: 30 },
    ]).flat());
    const skews = await loadSkews(store, ['checkout', 'payment'], T);
    expect(skews).toEqual([{ service: 'payment', aheadMs: expect.any(Number) }]);
    expect(Math.abs((skews[0]?.aheadMs ?? 0) - ahead)).toBeLessThan(100);
    expect(skewText(skews)).toBe(' The clock of payment runs 150 s ahead; the order of onsets allows for it.');
    // As sent, payment seems to follow two and a half minutes after its caller.
    const evidence = [anomaly('errors', 'checkout', T), anomaly('errors', 'payment', T + ahead)];
    expect(rankCauses(evidence, calls, [], 300_000)[0]?.service).toBe('checkout');
    expect(rankCauses(corrected(evidence, skews), calls, [], 300_000)[0]?.service).toBe('payment');
  });
  it('add up along the calls, and what is small or absurd is left out', () => {
    const pair = (caller: string, service: string, ahead: number) => ({ caller, service, ahead });
    expect(skewsOf([pair('a', 'b', 40_000), pair('b', 'c', -40_000), pair('b', 'd', 1_000), pair('a', 'e', 9e9)])).toEqual([{ service: 'b', aheadMs: 40_000 }, { service: 'd', aheadMs: 41_000 }]);
    expect(skewsOf([pair('a', 'b', 10_000), pair('b', 'a', -10_000)])).toEqual([{ service: 'b', aheadMs: 10_000 }]);
  });
});

describe('a service renamed during an incident', () => {
  it('is known by its operations, and its silence does not keep the incident open', async () => {
    const red = (service: string, operation: string, at: number): object => ({ time: Math.floor(at / 1000), service, operation, kind: 'Server', version: '1', count: 5, errors: 0, duration_sum: 50 });
    await store.insert('red_5s', [red('payment', 'pay', T - 60_000), red('payment', 'refund', T - 60_000), red('payments', 'pay', T + 10_000), red('payments', 'refund', T + 10_000), red('mail', 'send', T - 60_000), red('web', 'pay', T + 10_000), red('web', 'pay', T - 900_000)]);
    const gone = anomaly('rate', 'payment', T, { direction: 'absent', endsAt: null });
    const bad = anomaly('errors', 'payment', T - 60_000, { endsAt: T });
    const renamed = await loadRenames(store, silenced([gone, bad]));
    expect(renamed).toEqual([{ from: 'payment', to: 'payments' }]);
    const config = incidentsConfig.parse({});
    expect(isOver(incident('one', [gone, bad]), config, T + HOUR)).toBe(false);
    expect(isOver({ ...incident('one', [gone, bad]), renamed }, config, T + HOUR)).toBe(true);
  });
});
