import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AlertHook, IncomingAlert } from '#core/alert-hook.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Anomaly, Component, IncidentEvent } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import { incidentsConfig } from '../../detector/incidents/config.js';
import { createIncidents } from '../../detector/incidents/incidents.js';
import { alertsConfig } from '../config.js';
import { createIncoming } from './incoming.js';

const START = Math.floor(Date.now() / 1000) * 1000;
let now = START;
let store: Awaited<ReturnType<typeof openTestStore>>;
let registry: Registry;
let seen: Anomaly[] = [];
let refuses = false;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  await store.command('TRUNCATE TABLE anomalies');
  now = START;
  seen = [];
  refuses = false;
  return () => void vi.useRealTimers();
});

async function open(consume: (batch: readonly Anomaly[]) => Promise<void> = async (batch) => {
  if (refuses) throw new Error('not now');
  seen.push(...batch);
}): Promise<AlertHook & Component> {
  registry = new Registry();
  const hook = createIncoming({ store, registry, logger: silentLogger, clock: () => now, config: alertsConfig.parse({}).incoming, publicUrl: 'https://f.example', anomalies: { consume } });
  await hook.start();
  return hook;
}
const alert = (over: Partial<IncomingAlert> = {}): IncomingAlert => ({ status: 'firing', labels: { alertname: 'HighErrorRate', severity: 'critical', job: 'shop/checkout' }, annotations: {}, startsAt: START - 60_000, endsAt: null, until: null, generatorURL: 'http://prometheus/graph', ...over });
/** Lets the alerts be renewed as after `ms`. */
async function later(ms: number, hook: AlertHook): Promise<void> {
  now += ms;
  await vi.advanceTimersByTimeAsync(5_000);
  await hook.take([]);
}

describe('alerts of others', () => {
  it('become one episode of their service, however often they come, until they are over', async () => {
    const hook = await open();
    expect(await hook.take([alert(), alert({ labels: { alertname: 'Other' } })])).toEqual({ accepted: 2, ignored: 0 });
    expect(seen).toMatchObject([{ series: { kind: 'metric', service: 'checkout', metric: 'HighErrorRate' }, startsAt: START - 60_000, endsAt: null, score: 10, value: 1, expected: 0 }, { series: { service: '', metric: 'Other' }, score: 3 }]);
    now += 5000;
    await hook.take([alert()]);
    await later(15_000, hook);
    expect(new Set(seen.filter(({ series }) => series.service === 'checkout').map(({ id }) => id)).size).toBe(1);
    expect(seen.at(-1)).toMatchObject({ endsAt: null, updatedAt: START + 20_000 });
    await hook.take([alert({ status: 'resolved', endsAt: START + 18_000 })]);
    expect(seen.at(-1)).toMatchObject({ series: { service: 'checkout' }, endsAt: START + 18_000 });
    // Told twice, and one that was never heard of.
    expect(await hook.take([alert({ status: 'resolved', endsAt: START + 18_000 })])).toEqual({ accepted: 0, ignored: 1 });
    expect(await registry.metrics()).toContain('faultline_alerts_incoming_total{outcome="unknown"} 1');
    await hook.stop();
  });

  it('keep what their rule says of them, and only links that a browser should open', async () => {
    const hook = await open();
    const said = { description: 'Half of all orders fail', runbook_url: 'https://wiki.example/orders?a=1' };
    await hook.take([alert({ annotations: said }), alert({ labels: { alertname: 'Other' }, annotations: { summary: ' ', runbook_url: 'javascript:alert(1)' }, generatorURL: 'file:///etc/passwd' })]);
    now += 5_000;
    await hook.take([alert({ annotations: {} })]);
    const words = { summary: said.description, runbook: said.runbook_url, expression: 'http://prometheus/graph' };
    expect(seen.map((one) => one.alert)).toEqual([words, { summary: '', runbook: '', expression: '' }, words]);
    await hook.stop();
  });

  it('leave points for their chart while the clock is set back', async () => {
    const hook = await open();
    await hook.take([alert()]);
    now -= 3_600_000;
    await later(5_000, hook);
    expect(await store.query<{ points: string }>('SELECT count() AS points FROM anomaly_scores WHERE time < fromUnixTimestamp64Milli({start:Int64})', { params: { start: START - 3_000_000 } })).toEqual([{ points: '1' }]);
    await hook.stop();
  });

  it('are taken at once also where renewing them takes longer than its timer', async () => {
    const slow: (() => void)[] = [];
    const hook = await open((batch) => new Promise((resolve) => (batch[0]?.series.metric === 'Slow' ? slow.push(resolve) : resolve())));
    const first = hook.take([alert({ labels: { alertname: 'Slow' } })]);
    await vi.waitFor(() => expect(slow).toHaveLength(1));
    slow[0]?.();
    await first;
    for (let tick = 0; tick < 20; tick += 1) await vi.advanceTimersByTimeAsync(5_000);
    await vi.waitFor(() => expect(slow).toHaveLength(2));
    const next = hook.take([alert()]);
    slow[1]?.();
    expect(await next).toEqual({ accepted: 1, ignored: 0 });
    await hook.stop();
  });

  it('wait for one write of all that came meanwhile where the store is slow', async () => {
    const slow: (() => void)[] = [];
    const hook = await open((batch) => new Promise((resolve) => (seen.push(...batch), slow.push(resolve))));
    const first = hook.take([alert()]);
    await vi.waitFor(() => expect(slow).toHaveLength(1));
    const others = Array.from({ length: 100 }, (_, index) => hook.take([alert({ labels: { alertname: `A${index}` } })]));
    slow[0]?.();
    await first;
    await vi.waitFor(() => expect(slow).toHaveLength(2));
    slow[1]?.();
    expect(await Promise.all(others)).toEqual(Array.from({ length: 100 }, () => ({ accepted: 1, ignored: 0 })));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(101);
    await hook.stop();
  });

  it('are not more than can be kept: who sends more is told to come again', async () => {
    vi.spyOn(store, 'insert').mockResolvedValue();
    const hook = await open();
    const many = (from: number, count: number): IncomingAlert[] => Array.from({ length: count }, (_, index) => alert({ labels: { alertname: `A${from + index}` } }));
    for (let from = 0; from < 100_000; from += 10_000) await hook.take(many(from, 10_000));
    await expect(hook.take(many(99_999, 2))).rejects.toMatchObject({ code: 'QUEUE_FULL', retryable: true });
    expect(await hook.take(many(99_998, 2))).toEqual({ accepted: 2, ignored: 0 });
    await hook.take([alert({ status: 'resolved', labels: { alertname: 'A0' }, endsAt: now })]);
    expect(await hook.take(many(100_000, 1))).toEqual({ accepted: 1, ignored: 0 });
    await hook.stop();
    vi.restoreAllMocks();
  }, 60_000);

  it('are not its own', async () => {
    const hook = await open();
    const own = [alert({ generatorURL: 'https://f.example/graph?g0.expr=up' }), alert({ labels: { alertname: 'FaultlineIncident', service: 'checkout' }, generatorURL: 'https://another.example/incidents/1' })];
    expect(await hook.take(own)).toEqual({ accepted: 0, ignored: 2 });
    expect(seen).toEqual([]);
    expect(await registry.metrics()).toContain('faultline_alerts_incoming_total{outcome="own"} 2');
    await hook.stop();
  });

  it('fire as long as their sender said, or one of two ways goes on saying, and late messages do not revive them', async () => {
    const hook = await open();
    const posted = (): IncomingAlert => alert({ until: now + 240_000 });
    await hook.take([posted()]);
    await later(230_000, hook);
    await hook.take([posted()]);
    await later(230_000, hook);
    expect(seen.at(-1)).toMatchObject({ endsAt: null });
    await later(15_000, hook);
    expect(seen.at(-1)).toMatchObject({ endsAt: START + 230_000 });
    // It goes on, by both ways; the end that one brings is the end, and the other's message comes late.
    now += 60_000;
    await hook.take([posted(), alert({ labels: { ...alert().labels, empty: '' } })]);
    await later(300_000, hook);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
    expect(seen.at(-1)).toMatchObject({ endsAt: null });
    await hook.take([alert({ status: 'resolved', endsAt: now, until: now })]);
    expect(await hook.take([alert()])).toEqual({ accepted: 0, ignored: 1 });
    expect(seen.at(-1)).toMatchObject({ endsAt: now });
    expect(await registry.metrics()).toContain('faultline_alerts_incoming_total{outcome="late"} 1');
    await hook.stop();
  });

  it('are kept over a restart and a failure, and forgotten when nobody repeats them', async () => {
    const before = await open();
    await before.take([alert()]);
    await before.stop();
    refuses = true;
    seen = [];
    const hook = await open();
    refuses = false;
    await later(0, hook);
    expect(seen).toMatchObject([{ endsAt: null }]);
    refuses = true;
    await expect(hook.take([alert({ status: 'resolved', endsAt: START + 1000 })])).rejects.toThrow('not now');
    refuses = false;
    await later(15_000, hook);
    expect(seen.at(-1)).toMatchObject({ endsAt: START + 1000 });
    await hook.take([alert({ startsAt: now })]);
    await later(5 * 3_600_000 + 1, hook);
    expect(seen.at(-1)).toMatchObject({ startsAt: START + 15_000, endsAt: START + 15_000 });
    await hook.stop();
  });

  it.each([
    ['', false],
    [' and the process began anew', true],
  ])('are over once their end came, also after the clock was set back%s', async (_, isAnew) => {
    const first = await open();
    await first.take([alert()]);
    now += 10_000;
    await first.take([alert()]);
    if (isAnew) await first.stop();
    now -= 3_600_000;
    const second = isAnew ? await open() : first;
    await second.take([alert({ status: 'resolved', endsAt: START })]);
    expect(seen.at(-1)).toMatchObject({ endsAt: START });
    await second.stop();
    expect(await store.query('SELECT ends_at IS NULL AS lasts FROM anomalies FINAL')).toEqual([{ lasts: 0 }]);
  });

  it('open an incident, and resolve it', async () => {
    const events: IncidentEvent[] = [];
    const incidents = createIncidents({ store, registry: new Registry(), logger: silentLogger, clock: () => now, config: incidentsConfig.parse({}), events: { consume: async (event) => void events.push(event) } });
    const hook = await open((batch) => incidents.consume(batch));
    await hook.take([alert()]);
    expect(events).toMatchObject([{ type: 'opened', incident: { title: 'checkout: alert HighErrorRate', causes: [{ service: 'checkout' }], evidence: [{ series: { labels: { job: 'shop/checkout' } } }] } }]);
    // Longer than evidence lasts that nobody renews.
    for (let round = 0; round < 12; round += 1) await later(15_000, hook);
    expect(events.map(({ type }) => type)).not.toContain('resolved');
    await hook.take([alert({ status: 'resolved', endsAt: now })]);
    now += 61_000;
    await incidents.consume([]);
    expect(events.at(-1)).toMatchObject({ type: 'resolved' });
    await hook.stop();
    await incidents.stop();
  });
});
