import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { testIncident } from '#core/testing.js';
import type { Incident } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import type { Store } from '#store/store.js';
import { alertsMetrics } from '../alerts-metrics.js';
import { alertsConfig } from '../config.js';
import { createOutbox } from '../outbox/outbox.js';
import { createPost } from '../outbox/post.js';
import { openTestReceiver, type TestReceiver } from '../testing.js';
import { createAutoscale, type Autoscale } from './autoscale.js';

const MINUTE = 60_000;
const START = Math.floor(Date.now() / MINUTE) * MINUTE - 3 * 60 * MINUTE;
let now = START;
let store: Store;
let receiver: TestReceiver;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  store = await openTestStore();
  receiver = await openTestReceiver();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(async () => {
  await receiver.close();
  await store.close();
});

/** Requests of `service` in steps of 5 s over `[from, to)` minutes after START; `rate` is per second at that minute. */
async function serve(service: string, from: number, to: number, rate: (minute: number) => number): Promise<void> {
  const rows = Array.from({ length: (to - from) * 12 }, (_, index) => {
    const minute = from + index / 12;
    return `(toDateTime(${(START + minute * MINUTE) / 1000}), '${service}', 'GET /', 'Server', '', ${Math.round(rate(minute) * 5)})`;
  });
  await store.command(`INSERT INTO red_5s (time, service, operation, kind, version, count) VALUES ${rows.join(',')}`);
}

async function open(policy: Record<string, unknown>): Promise<Autoscale> {
  const config = alertsConfig.parse({
    autoscale: { policies: [{ target_per_replica: 10, min_replicas: 1, max_replicas: 20, scale_in_cooldown: '1m', ...policy }] }, delivery: { initial_backoff: '5ms', max_backoff: '20ms' },
  });
  const metrics = alertsMetrics(new Registry());
  const common = { store, logger: silentLogger, clock: () => now, metrics };
  const autoscale = createAutoscale({ ...common, policies: config.autoscale.policies, send: (draft) => outbox.add([draft]) });
  const outbox = createOutbox({ ...common, config: config.delivery, channelOf: (name) => autoscale.channels.find((channel) => channel.name === name), post: createPost(config.delivery), random: () => 0 });
  await autoscale.start();
  await outbox.start();
  stops.push(() => autoscale.stop(), () => outbox.stop());
  return autoscale;
}

interface Decided { current: number; desired: number; applied: boolean; reason: string }
const decided = (policy: string): Promise<Decided[]> =>
  store.query('SELECT current, desired, applied, reason FROM scaling_decisions WHERE policy = {policy:String} ORDER BY time, applied', { params: { policy } });
const accepted = (policy: string, count: number): Promise<Decided[]> =>
  vi.waitFor(async () => {
    const rows = (await decided(policy)).filter(({ applied }) => applied);
    expect(rows).toHaveLength(count);
    return rows;
  }, { timeout: 20_000, interval: 20 });

describe('autoscaling', () => {
  it('adds replicas ahead of rising load, and removes none while an incident touches the service', async () => {
    const incident: Incident = testIncident({ id: 'scale-1', services: ['rising'], causes: [] });
    await serve('rising', 0, 30, (minute) => 10 + minute);
    await serve('rising', 30, 100, () => 5);
    const policy = { name: 'rising', service: 'rising', url: receiver.url, max_step: 20 };

    let autoscale = await open(policy);
    now = START + 30 * MINUTE + 15_000;
    await autoscale.evaluate();
    await autoscale.evaluate();
    const [out] = await accepted('rising', 1);
    const [foreseen] = await store.query<{ service: string; load: number; forecast: number; lower: number; upper: number }>("SELECT service, load, forecast, lower, upper FROM load_forecasts WHERE policy = 'rising'");
    expect(foreseen?.service).toBe('rising');
    expect([foreseen?.lower, foreseen?.load, foreseen?.forecast, foreseen?.upper].map(Number)).toEqual([expect.any(Number), expect.closeTo(39.5, 0), expect.any(Number), expect.any(Number)]);
    expect((foreseen?.lower ?? 0) < (foreseen?.forecast ?? 0) && (foreseen?.forecast ?? 0) < (foreseen?.upper ?? 0)).toBe(true);
    // Now 40/s: four replicas would do; the forecast asks for what comes.
    expect(out?.current).toBe(1);
    expect(out?.desired).toBeGreaterThan(4);
    const sent = JSON.parse(receiver.requests.at(-1)?.body ?? '') as Record<string, unknown>;
    expect(sent).toMatchObject({ type: 'scale', policy: 'rising', service: 'rising', currentReplicas: null, desiredReplicas: out?.desired });
    expect(sent['reason']).toMatch(new RegExp(`: ${out?.desired} replicas at 10/s each$`));
    expect(receiver.requests).toHaveLength(1);

    // After a restart it knows what was accepted.
    await Promise.all(stops.splice(0).map((stop) => stop()));
    autoscale = await open(policy);
    await autoscale.consume({ type: 'opened', incident });
    now = START + 95 * MINUTE;
    await autoscale.evaluate();
    await autoscale.evaluate();
    const rows = await decided('rising');
    expect(rows).toHaveLength(3);
    expect(rows.at(-1)).toMatchObject({ current: out?.desired, desired: out?.desired, applied: false, reason: expect.stringContaining('an incident on rising is open') });

    await autoscale.consume({ type: 'resolved', incident: { ...incident, status: 'resolved' } });
    await autoscale.evaluate();
    const applied = await accepted('rising', 2);
    expect(applied.at(-1)).toMatchObject({ desired: 1 });
  });

  it('knows from the start of an incident that was open before', async () => {
    const incident = testIncident({ id: 'scale-2', services: ['steady'] });
    await store.insert('incidents', [{ id: incident.id, status: 'open', severity: 'critical', title: '', starts_at: incident.startsAt, ends_at: null, updated_at: incident.updatedAt, version: 1, document: JSON.stringify(incident) }]);
    await store.insert('scaling_decisions', [{ time: START, policy: 'steady', service: 'steady', value: 0, forecast: 0, current: 1, desired: 6, applied: true, reason: '' }]);
    await serve('steady', 0, 40, () => 20);
    const autoscale = await open({ name: 'steady', service: 'steady', url: receiver.url });
    now = START + 40 * MINUTE;
    await autoscale.evaluate();
    expect((await decided('steady')).at(-1)).toMatchObject({ current: 6, desired: 6, reason: expect.stringContaining('an incident on steady is open') });
  });

  it('only records in a dry run, and decides nothing about a service with little on record', async () => {
    await serve('busy', 0, 40, () => 45);
    await serve('young', 35, 40, () => 45);
    now = START + 40 * MINUTE;
    const before = receiver.requests.length;
    const dry = await open({ name: 'dry', service: 'busy', dry_run: true });
    await dry.evaluate();
    await dry.evaluate();
    expect(await decided('dry')).toMatchObject([{ current: 1, desired: 5, applied: false, reason: expect.stringMatching(/^dry run: 45\/s now/) }]);
    const young = await open({ name: 'young', service: 'young', url: receiver.url });
    await young.evaluate();
    expect(await decided('young')).toEqual([]);
    expect(receiver.requests).toHaveLength(before);
  });

  it('goes by what is known of telemetry that is late, and says once that none comes any more', async () => {
    await serve('late', 0, 40, () => 95);
    await serve('late', 60, 100, () => 5);
    const autoscale = await open({ name: 'late', service: 'late', dry_run: true });
    now = START + 40 * MINUTE + 60_000;
    await autoscale.evaluate();
    expect(await decided('late')).toMatchObject([{ desired: 10 }]);
    now = START + 100 * MINUTE;
    await autoscale.evaluate();
    now = START + 105 * MINUTE;
    await autoscale.evaluate();
    await autoscale.evaluate();
    expect((await decided('late')).slice(2)).toMatchObject([{ current: 6, desired: 6, reason: 'dry run: late: too little load on record, or none of late, to decide' }]);
  });

  it('asks for what is needed before anything was accepted, also after a dry run, and for steps from then on', async () => {
    await serve('large', 0, 40, () => 95);
    await serve('large', 40, 80, () => 195);
    now = START + 40 * MINUTE;
    const policy = { name: 'large', service: 'large', url: receiver.url, max_step: 2 };
    await (await open({ ...policy, dry_run: true })).evaluate();
    expect((await decided('large')).map(({ desired }) => desired)).toEqual([10]);
    const autoscale = await open(policy);
    await autoscale.evaluate();
    expect(await accepted('large', 1)).toMatchObject([{ desired: 10 }]);
    now = START + 80 * MINUTE;
    await autoscale.evaluate();
    expect((await accepted('large', 2)).at(-1)).toMatchObject({ current: 10, desired: 12 });
  });

  it('takes back a request that still waited when it was started again', async () => {
    const asked = (): Promise<{ status: string; attempts: number; body: string }[]> => store.query("SELECT status, attempts, body FROM notifications FINAL WHERE receiver = 'stale' ORDER BY created_at");
    const tried = (attempts: number): Promise<void> => vi.waitFor(async () => expect(await asked()).toMatchObject([{ status: 'pending', attempts }]), { timeout: 20_000, interval: 20 });
    receiver.answer((response) => void response.writeHead(503).end());
    await serve('stale', 0, 40, () => 45);
    await serve('stale', 40, 80, () => 5);
    const policy = { name: 'stale', service: 'stale', url: receiver.url };
    now = START + 40 * MINUTE;
    await (await open(policy)).evaluate();
    await tried(1);
    await Promise.all(stops.splice(0).map((stop) => stop()));
    now = START + 80 * MINUTE;
    const autoscale = await open(policy);
    await tried(2);
    receiver.answer((response) => void response.writeHead(200).end());
    await autoscale.evaluate();
    expect(await accepted('stale', 1)).toMatchObject([{ desired: 1 }]);
    await vi.waitFor(async () => expect((await asked()).map(({ status }) => status)).toEqual(['superseded', 'delivered']), { timeout: 20_000, interval: 20 });
  });

  it('asks for nothing during an incident before anything was accepted, and takes no request back', async () => {
    receiver.answer((response) => void response.writeHead(503).end());
    await serve('first', 0, 40, () => 45);
    await serve('second', 0, 40, () => 45);
    now = START + 40 * MINUTE;
    const other = await open({ name: 'second', service: 'second', url: receiver.url });
    const autoscale = await open({ name: 'first', service: 'first', url: receiver.url });
    await autoscale.evaluate();
    now += 1000;
    const incident = testIncident({ id: 'scale-3', services: ['first', 'second'], causes: [] });
    for (const one of [autoscale, other]) {
      await one.consume({ type: 'opened', incident });
      await one.evaluate();
    }
    expect(await decided('first')).toMatchObject([{ desired: 5 }, { desired: 1, reason: expect.stringContaining('how many replicas there are is not known') }]);
    const asked = await store.query<{ receiver: string; body: string }>("SELECT receiver, body FROM notifications FINAL WHERE receiver IN ('first', 'second')");
    expect(asked.map(({ receiver: to, body }) => [to, (JSON.parse(body) as { desiredReplicas: number }).desiredReplicas])).toEqual([['first', 5]]);
    receiver.answer((response) => void response.writeHead(200).end());
    now += 1000;
    expect((await accepted('first', 1)).at(-1)).toMatchObject({ desired: 5 });
  });

  it('asks again only after a cooldown when the webhook refused', async () => {
    receiver.answer((response) => void response.writeHead(403).end());
    await serve('refused', 0, 40, () => 45);
    now = START + 40 * MINUTE;
    const before = receiver.requests.length;
    const autoscale = await open({ name: 'refused', service: 'refused', url: receiver.url });
    await autoscale.evaluate();
    await vi.waitFor(async () => expect(await store.query("SELECT id FROM notifications FINAL WHERE receiver = 'refused' AND status = 'dead'")).toHaveLength(1), { timeout: 20_000 });
    now += 1000;
    await autoscale.evaluate();
    expect((await decided('refused')).map(({ desired }) => desired)).toEqual([5, 1]);
    expect(receiver.requests).toHaveLength(before + 1);
    now += 61_000;
    await serve('refused', 40, 42, () => 45);
    await autoscale.evaluate();
    await vi.waitFor(() => expect(receiver.requests).toHaveLength(before + 2), { timeout: 20_000 });
  });
});
