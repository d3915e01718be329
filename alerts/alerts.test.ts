import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { systemClock } from '#core/clock.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { testIncident } from '#core/testing.js';
import { openTestStore } from '#store/testing.js';
import { createAlerts } from './alerts.js';
import { alertsConfig } from './config.js';
import { rulesConfig } from './rules/config.js';
import { noEvidence, openTestReceiver, type TestReceiver } from './testing.js';

const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const QUICK = { initial_backoff: '5ms', max_backoff: '20ms', timeout: '500ms' };
type Room = ReturnType<typeof createAlerts>;
type Row = { id: string; receiver: string; event: string; status: string; attempts: number; error: string; body: string };

let store: Awaited<ReturnType<typeof openTestStore>>;
let receiver: TestReceiver;
let registry: Registry;
const rooms: Room[] = [];
let incidentCount = 0;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  receiver = await openTestReceiver();
});
afterEach(async () => {
  await Promise.all(rooms.splice(0).map((room) => room.stop()));
  await receiver.close();
});

async function openRoom(alerts: object, logger = silentLogger, clock = systemClock): Promise<Room> {
  registry = new Registry();
  const room = createAlerts({ store, registry, logger, clock, config: alertsConfig.parse({ delivery: QUICK, ...alerts }), rules: rulesConfig.parse({}), promql: { instant: () => Promise.reject(new Error('no rules here')) }, normalise: (expr) => expr, dataDir: store.dataDir, evidence: noEvidence, publicUrl: 'https://f.example' });
  rooms.push(room);
  await room.start();
  return room;
}
const freshIncident = (): ReturnType<typeof testIncident> => testIncident({ id: `inc-${(incidentCount += 1)}` });
const over = (incident: ReturnType<typeof testIncident>) => ({ ...incident, status: 'resolved', endsAt: incident.startsAt + 60_000, updatedAt: incident.startsAt + 60_000 }) as const;
const rowsOf = (incident: string): Promise<Row[]> =>
  store.query<Row>('SELECT id, receiver, event, status, attempts, error, body FROM notifications FINAL WHERE incident = {incident:String} ORDER BY created_at', { params: { incident } });
const settled = (incident: string, count: number): Promise<Row[]> =>
  vi.waitFor(async () => {
    const rows = await rowsOf(incident);
    expect(rows.filter(({ status }) => status !== 'pending')).toHaveLength(count);
    return rows;
  }, { timeout: 20_000, interval: 20 });
const typesSent = (): string[] => receiver.requests.map(({ body }) => (JSON.parse(body) as { type: string }).type);

describe('notifications', () => {
  it('say who would be told, and that nobody is', async () => {
    expect((await openRoom({})).notifications.told()).toEqual([]);
    expect((await openRoom({ webhooks: [{ name: 'pager', url: receiver.url }], slack: [{ name: 'chat', url: receiver.url }], alertmanagers: ['http://am.example:9093'] })).notifications.told()).toEqual(['pager', 'chat', 'am.example:9093']);
  });

  it('tells nobody of a verdict on an incident that is over', async () => {
    const room = await openRoom({ webhooks: [{ name: 'hook', url: `${receiver.url}/in`, secret, events: ['opened', 'updated', 'resolved'] }] });
    const incident = freshIncident();
    await room.consume({ type: 'opened', incident });
    await room.consume({ type: 'resolved', incident: over(incident) });
    await room.consume({ type: 'updated', incident: { ...over(incident), updatedAt: incident.updatedAt + 90_000, verdict: { kind: 'noise', by: 'ada', at: incident.updatedAt, cause: '' } } });
    expect((await settled(incident.id, 2)).map(({ event }) => event)).toEqual(['opened', 'resolved']);
  });

  it('tells nobody of what was announced, until that explains it no longer', async () => {
    const room = await openRoom({ webhooks: [{ name: 'hook', url: `${receiver.url}/in`, secret }] });
    const incident = { ...freshIncident(), expected: { window: 'w', name: 'upgrade', until: Date.now() } };
    await room.consume({ type: 'opened', incident });
    expect(await rowsOf(incident.id)).toEqual([]);
    await room.consume({ type: 'updated', incident: { ...incident, expected: null, updatedAt: incident.updatedAt + 1 } });
    expect(await settled(incident.id, 1)).toMatchObject([{ event: 'opened', status: 'delivered' }]);
  });

  it('delivers a signed message that links to the incident, and one when it is over', async () => {
    const room = await openRoom({ webhooks: [{ name: 'hook', url: `${receiver.url}/in`, secret, headers: { Authorization: 'Bearer t' } }] });
    const incident = freshIncident();
    await room.consume({ type: 'opened', incident });
    await room.consume({ type: 'updated', incident: { ...incident, updatedAt: incident.updatedAt + 1 } });
    await room.consume({ type: 'resolved', incident: over(incident) });
    expect(await settled(incident.id, 2)).toMatchObject([{ event: 'opened', status: 'delivered', attempts: 1 }, { event: 'resolved', status: 'delivered' }]);
    expect(typesSent()).toEqual(['incident.opened', 'incident.resolved']);
    const [first] = receiver.requests;
    expect(first?.headers).toMatchObject({ authorization: 'Bearer t', 'content-type': 'application/json; charset=utf-8' });
    const digest = createHmac('sha256', Buffer.alloc(32, 9)).update(`${String(first?.headers['webhook-id'])}.${String(first?.headers['webhook-timestamp'])}.${first?.body}`).digest('base64');
    expect(first?.headers['webhook-signature']).toBe(`v1,${digest}`);
    expect(JSON.parse(first?.body ?? '')).toMatchObject({ incident: { url: `https://f.example/incidents/${incident.id}` } });
  });

  it('tries again until the receiver is back, under the same id and in order', async () => {
    let down = 5;
    receiver.answer((response) => void response.writeHead((down -= 1) >= 0 ? 503 : 200).end());
    const room = await openRoom({ webhooks: [{ name: 'hook', url: receiver.url }] });
    const incident = freshIncident();
    await room.consume({ type: 'opened', incident });
    await room.consume({ type: 'resolved', incident: over(incident) });
    expect(await settled(incident.id, 2)).toMatchObject([{ event: 'opened', status: 'delivered', attempts: 6 }, { event: 'resolved', status: 'delivered', attempts: 1 }]);
    expect(typesSent()).toEqual([...Array<string>(6).fill('incident.opened'), 'incident.resolved']);
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
    expect(await registry.metrics()).toContain('faultline_alerts_notifications_total{receiver="hook",outcome="delivered"} 2');
  });

  it('delivers after a restart what was accepted before it', async () => {
    receiver.answer((response) => void response.writeHead(500).end());
    const incident = freshIncident();
    const first = await openRoom({ webhooks: [{ name: 'hook', url: receiver.url }] });
    await first.consume({ type: 'opened', incident });
    await first.consume({ type: 'resolved', incident: over(incident) });
    await first.stop();
    const before = receiver.requests.length;
    receiver.answer((response) => void response.writeHead(200).end());
    await openRoom({ webhooks: [{ name: 'hook', url: receiver.url }] });
    expect(await settled(incident.id, 2)).toMatchObject([{ status: 'delivered' }, { status: 'delivered' }]);
    expect(typesSent().slice(before)).toEqual(['incident.opened', 'incident.resolved']);
  });

  it('goes on while the clock is set back, with what waited before too', async () => {
    let now = Date.now() + 10_800_000;
    receiver.answer((response) => void response.writeHead(503).end());
    const room = await openRoom({ webhooks: [{ name: 'hook', url: receiver.url }], delivery: { ...QUICK, initial_backoff: '1m', max_backoff: '1m' } }, silentLogger, () => now);
    const [before, after] = [freshIncident(), freshIncident()];
    await room.consume({ type: 'opened', incident: before });
    await vi.waitFor(async () => expect(await rowsOf(before.id)).toMatchObject([{ attempts: 1 }]), { timeout: 20_000, interval: 20 });
    receiver.answer((response) => void response.writeHead(200).end());
    now -= 10_800_000;
    await room.consume({ type: 'opened', incident: after });
    expect(await settled(after.id, 1)).toMatchObject([{ status: 'delivered', attempts: 1 }]);
    expect(await settled(before.id, 1)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
  });

  it('gives up as soon after the clock was set back', async () => {
    let aheadMs = 10_800_000;
    const room = await openRoom({ webhooks: [{ name: 'hook', url: receiver.url }], delivery: { ...QUICK, give_up_after: '300ms' } }, silentLogger, () => Date.now() + aheadMs);
    const [before, after] = [freshIncident(), freshIncident()];
    await room.consume({ type: 'opened', incident: before });
    expect(await settled(before.id, 1)).toMatchObject([{ status: 'delivered' }]);
    receiver.answer((response) => void response.writeHead(503).end());
    aheadMs = 0;
    await room.consume({ type: 'opened', incident: after });
    expect(await settled(after.id, 1)).toMatchObject([{ status: 'dead', error: expect.stringMatching(/^given up after/) }]);
  });

  it('sends an event that is handed over twice once, also after a restart', async () => {
    const incident = freshIncident();
    for (let run = 0; run < 2; run += 1) {
      const room = await openRoom({ webhooks: [{ name: 'hook', url: receiver.url }] });
      await room.consume({ type: 'opened', incident });
      await room.consume({ type: 'opened', incident });
      await settled(incident.id, 1);
      await room.stop();
    }
    expect(receiver.requests).toHaveLength(1);
  });

  it.each([
    [400, {}, 'the receiver answered 400: invalid_payload'],
    [302, { location: 'http://127.0.0.1:1/' }, 'redirects are not followed'],
  ])('keeps a message that is refused with %i as a dead letter with its reason', async (status, headers, reason) => {
    receiver.answer((response) => void response.writeHead(status, headers).end('invalid_payload'));
    const room = await openRoom({ webhooks: [{ name: 'hook', url: receiver.url }] });
    const incident = freshIncident();
    await room.consume({ type: 'opened', incident });
    const [row] = await settled(incident.id, 1);
    expect(row).toMatchObject({ status: 'dead', attempts: 1 });
    expect(row?.error).toContain(reason);
    expect(receiver.requests).toHaveLength(1);
    await vi.waitFor(async () => expect(await registry.metrics()).toContain('faultline_alerts_notifications_total{receiver="hook",outcome="dead"} 1'), { timeout: 20_000 });
  });

  it('gives up in the end, and a receiver that hangs holds up no other', async () => {
    const hanging = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
    const room = await openRoom({ webhooks: [{ name: 'hung', url }, { name: 'good', url: receiver.url }], delivery: { ...QUICK, timeout: '100ms', give_up_after: '300ms' } });
    const incident = freshIncident();
    await room.consume({ type: 'opened', incident });
    const rows = await settled(incident.id, 2);
    expect(rows.find((row) => row.receiver === 'good')).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(rows.find((row) => row.receiver === 'hung')).toMatchObject({ status: 'dead', error: expect.stringMatching(/given up after \d+ attempts: .* did not answer within 100 ms/) });
    hanging.closeAllConnections();
    hanging.close();
  });

  it('goes nowhere near a metadata service, by address or by name', async () => {
    const room = await openRoom({
      webhooks: [{ name: 'meta', url: 'http://[::ffff:169.254.169.254]/latest' }, { name: 'private', url: `http://localhost:${new URL(receiver.url).port}` }],
      delivery: { ...QUICK, allow_private_addresses: false },
    });
    const incident = freshIncident();
    await room.consume({ type: 'opened', incident });
    for (const row of await settled(incident.id, 2)) expect(row).toMatchObject({ status: 'dead', attempts: 1, error: expect.stringContaining('never sent to') });
    expect(receiver.requests).toHaveLength(0);
  });

  it('replaces an update that still waits by the newer one', async () => {
    receiver.answer((response) => void response.writeHead(503, { 'retry-after': '60' }).end());
    const room = await openRoom({ webhooks: [{ name: 'hook', url: receiver.url, events: ['opened', 'updated'] }] });
    const incident = freshIncident();
    await room.consume({ type: 'opened', incident });
    for (const later of [1, 2]) await room.consume({ type: 'updated', incident: { ...incident, updatedAt: incident.updatedAt + later } });
    expect((await rowsOf(incident.id)).map(({ status }) => status)).toEqual(['pending', 'superseded', 'pending']);
    await store.command('ALTER TABLE notifications DELETE WHERE 1 SETTINGS mutations_sync = 1');
  });

  it('sends Slack what it accepts, and shows its address to nobody', async () => {
    receiver.answer((response) => void response.writeHead(404).end(`Cannot POST /services/T00/B00/s3cretpart`));
    const lines: string[] = [];
    const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const file = join(store.dataDir, 'slack');
    writeFileSync(file, `${receiver.url}/services/T00/B00/s3cretpart\n`);
    const room = await openRoom({ slack: [{ name: 'oncall', url_file: file }], webhooks: [{ name: 'hook', url: 'http://127.0.0.1:1/s3cretpart', secret }], delivery: { ...QUICK, give_up_after: '50ms' } }, logger);
    const incident = freshIncident();
    await room.consume({ type: 'opened', incident });
    const rows = await settled(incident.id, 2);
    const [request] = receiver.requests;
    expect(request?.path).toBe('/services/T00/B00/s3cretpart');
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ text: expect.stringMatching(/^Open: /), attachments: [{ blocks: expect.any(Array) }] });
    const shown = [JSON.stringify(rows), ...lines, await registry.metrics()].join('\n');
    expect(lines.length).toBeGreaterThan(0);
    expect(shown).not.toMatch(/s3cretpart/);
    expect(shown).not.toContain(secret.slice(6));
  });

  it('is silent about what is silenced, and tells it afterwards', async () => {
    const room = await openRoom({ webhooks: [{ name: 'hook', url: receiver.url }] });
    const incident = freshIncident();
    const now = Date.now();
    const id = await room.routing.setSilence({ id: '', matchers: [{ name: 'incident', value: incident.id, isRegex: false, isEqual: true }], startsAt: now, endsAt: now + 60_000, createdBy: 'ada', comment: 'known' });
    await room.consume({ type: 'opened', incident });
    expect(await rowsOf(incident.id)).toEqual([]);
    await room.routing.expireSilence(id);
    await room.consume({ type: 'updated', incident: { ...incident, updatedAt: incident.updatedAt + 1 } });
    await room.consume({ type: 'resolved', incident: over(incident) });
    expect(await settled(incident.id, 2)).toMatchObject([{ event: 'opened' }, { event: 'resolved' }]);
  });

  it('goes down the routes of an alertmanager.yml, and changes severity there', async () => {
    const file = join(store.dataDir, 'alertmanager.yml');
    writeFileSync(file, `
route: { receiver: team, group_by: [incident], group_wait: 0s, group_interval: 100ms, routes: [{ matchers: [severity=critical], receiver: pager }] }
receivers: [{ name: team, webhook_configs: [{ url: '${receiver.url}/team' }] }, { name: pager, webhook_configs: [{ url: '${receiver.url}/pager' }] }]
`);
    await store.command('TRUNCATE TABLE routed_alerts');
    const room = await openRoom({ alertmanager_config: file });
    const incident = { ...freshIncident(), severity: 'warning' as const };
    const told = (count: number): Promise<string[]> => vi.waitFor(() => {
      expect(receiver.requests.length).toBeGreaterThanOrEqual(count);
      return receiver.requests.map(({ path, body }) => {
        const { status, groupKey, alerts } = JSON.parse(body) as { status: string; groupKey: string; alerts: { labels: Record<string, string>; annotations: Record<string, string> }[] };
        expect(alerts).toMatchObject([{ labels: { alertname: 'FaultlineIncident', service: 'payment', incident: incident.id, source: 'faultline' }, annotations: { title: incident.title, link: `https://f.example/incidents/${incident.id}` } }]);
        return `${path} ${status} ${groupKey.replace(/:.*/, '')} ${alerts[0]?.labels['severity']}`;
      });
    }, { timeout: 20_000, interval: 20 });
    await room.consume({ type: 'opened', incident });
    expect(await told(1)).toEqual(['/team firing {} warning']);
    await room.consume({ type: 'updated', incident: { ...incident, severity: 'critical', updatedAt: incident.updatedAt + 1 } });
    expect((await told(3)).slice(1).toSorted()).toEqual(['/pager firing {}/{severity="critical"} critical', '/team resolved {} warning']);
    await room.consume({ type: 'resolved', incident: { ...over(incident), severity: 'critical' } });
    expect((await told(4)).at(-1)).toBe('/pager resolved {}/{severity="critical"} critical');
  });

  it('does not start when files of receivers are missing, and names all of them', async () => {
    const missing = { webhooks: [{ name: 'hook', url: receiver.url, secret_file: '/nowhere/secret' }, { name: 'other', url_file: '/nowhere/url' }], alertmanagers: [receiver.url, { url_file: '/nowhere/am' }] };
    const message = ['alertmanagers.1: cannot read /nowhere/am', 'hook: cannot read /nowhere/secret', 'other: cannot read /nowhere/url'].map((fault) => `alerts: ${fault}`).join('\n');
    await expect(openRoom(missing)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message });
  });
});
