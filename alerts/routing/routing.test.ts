import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AlertHook } from '#core/alert-hook.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Labels } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import { alertsMetrics } from '../alerts-metrics.js';
import { alertsConfig } from '../config.js';
import { createOutbox, type Outbox } from '../outbox/outbox.js';
import { createPost } from '../outbox/post.js';
import { noEvidence, openTestReceiver, type TestReceiver } from '../testing.js';
import { createMembership } from './membership.js';
import type { Notification } from './notification.js';
import { createRouting, type Routing } from './routing.js';
import { plainReceivers } from './testing.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
/** The noon of some day lately: rows that are old are dropped. */
const START = Math.floor(Date.now() / DAY) * DAY - DAY / 2;
const folder = mkdtempSync(join(tmpdir(), 'faultline-routing-'));
const path = join(folder, 'alertmanager.yml');
let store: Awaited<ReturnType<typeof openTestStore>>;
let receiver: TestReceiver;
let registry: Registry;
let now = START;
let touched = 0;
/** The next messages are accepted, but nobody hears of it. */
let lost = false;
const running: { routing: Routing; outbox: Outbox }[] = [];

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await store.close();
});
beforeEach(async () => {
  receiver = await openTestReceiver();
  now = START;
  for (const table of ['notifications', 'routed_alerts', 'silences']) await store.command(`TRUNCATE TABLE ${table}`);
});
afterEach(async () => {
  await stop();
  await receiver.close();
});

/** Every receiver posts to a path of its name. */
function write(route: string, more = ''): void {
  const receivers = ['team', 'dba', 'quiet'].map((name) => `  - { name: ${name}, webhook_configs: [{ url: '${receiver.url}/${name}', send_resolved: ${name !== 'quiet'} }] }`);
  writeFileSync(path, `route:\n${route}\nreceivers:\n${receivers.join('\n')}\n${more}`);
  // Two writes may fall into one tick of the file's clock.
  touched += 1;
  utimesSync(path, touched, touched);
}
const TEAM = '  receiver: team\n  group_by: [alertname]\n  group_wait: 30s\n  group_interval: 5m\n  repeat_interval: 4h';

async function open(evidence: AlertHook = noEvidence): Promise<Routing> {
  registry = new Registry();
  const clock = (): number => now;
  const config = alertsConfig.parse({ delivery: { initial_backoff: '5ms', max_backoff: '20ms', timeout: '2s' } });
  const outbox: Outbox = createOutbox({ store, logger: silentLogger, clock, metrics: alertsMetrics(registry), config: config.delivery, channelOf: (name) => routing.channel(name), post: createPost(config.delivery), random: Math.random });
  async function add(drafts: Parameters<Outbox['add']>[0]): Promise<void> {
    await outbox.add(drafts);
    if (!lost) return;
    lost = false;
    throw new Error('the answer was lost');
  }
  const routing = createRouting({ store, registry, logger: silentLogger, clock, path, publicUrl: 'https://f.example', loadReceivers: plainReceivers, outbox: { add }, members: createMembership({ store, clock, publicUrl: 'https://f.example' }), evidence });
  await routing.load();
  await outbox.start();
  await routing.start();
  running.push({ routing, outbox });
  return routing;
}
async function stop(): Promise<void> {
  for (const { routing, outbox } of running.splice(0)) {
    await routing.stop();
    await outbox.stop();
  }
}
const post = (routing: Routing, labels: Labels, over: { startsAt?: number; endsAt?: number } = {}): Promise<void> => routing.post([{ labels, annotations: { summary: 'text' }, startsAt: over.startsAt ?? null, endsAt: over.endsAt ?? now + 4 * MINUTE, generatorURL: 'http://prometheus/graph' }]);

/** Lets time pass in steps that no group sleeps through. `keep` is told before each. */
async function pass(routing: Routing, ms: number, keep: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
  const end = now + ms;
  while (now < end) {
    now = Math.min(end, now + 30 * SECOND);
    await keep();
    await routing.tick();
  }
}
interface Received {
  readonly to: string;
  readonly id: string;
  readonly told: Notification;
}
/** What came, once `count` messages have, in short: receiver, status, and the alerts with + or - before their instance. */
async function received(count: number): Promise<Received[]> {
  await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(count), { timeout: 20_000, interval: 20 });
  return receiver.requests.map(({ path: to, headers, body }) => ({ to: to.slice(1), id: String(headers['x-id']), told: JSON.parse(body) as Notification }));
}
const short = (all: readonly Received[]): string[] => all.map(({ to, told }) => `${to} ${told.status} ${told.alerts.map(({ labels, endsAt }) => `${endsAt === null ? '+' : '-'}${labels['instance'] ?? ''}`).join(' ')}`);

describe('routing', () => {
  it('keeps nobody waiting for what becomes of an alert as evidence', async () => {
    write(TEAM.replace('group_wait: 30s', 'group_wait: 0s'));
    const routing = await open({ take: () => new Promise(() => {}) });
    await post(routing, { alertname: 'Down', instance: 'a' });
    await routing.tick();
    expect(short(await received(1))).toEqual(['team firing +a']);
  });

  it('waits for company, tells of changes after the interval, repeats what lasts, and says when it is over', async () => {
    write(TEAM);
    const routing = await open();
    const firing = (...instances: string[]) => async (): Promise<void> => void (await Promise.all(instances.map((instance) => post(routing, { alertname: 'Down', instance, severity: 'page' }, { startsAt: START }))));
    await firing('a')();
    await pass(routing, 29 * SECOND, firing('a', 'b'));
    expect(receiver.requests).toHaveLength(0);
    await pass(routing, SECOND);
    const [first] = await received(1);
    expect(first?.told).toMatchObject({ receiver: 'team', status: 'firing', groupKey: '{}:{alertname="Down"}', groupLabels: { alertname: 'Down' }, commonLabels: { alertname: 'Down', severity: 'page' }, commonAnnotations: { summary: 'text' }, externalURL: 'https://f.example', truncatedAlerts: 0 });
    expect(first?.told.alerts).toMatchObject([{ labels: { instance: 'a' }, startsAt: START, endsAt: null, generatorURL: 'http://prometheus/graph' }, { labels: { instance: 'b' } }]);
    await firing('a', 'b', 'c')();
    await pass(routing, 5 * MINUTE - SECOND, firing('a', 'b', 'c'));
    expect(receiver.requests).toHaveLength(1);
    await pass(routing, SECOND);
    expect(short(await received(2)).at(-1)).toBe('team firing +a +b +c');
    await post(routing, { alertname: 'Down', instance: 'b', severity: 'page' }, { startsAt: START, endsAt: now });
    await pass(routing, 5 * MINUTE, firing('a', 'c'));
    expect(short(await received(3)).at(-1)).toBe('team firing +a -b +c');
    await pass(routing, 4 * 60 * MINUTE - SECOND, firing('a', 'c'));
    expect(receiver.requests).toHaveLength(3);
    await pass(routing, SECOND, firing('a', 'c'));
    expect(short(await received(4)).at(-1)).toBe('team firing +a +c');
    // Not repeated any more: over after four minutes.
    await pass(routing, 10 * MINUTE);
    expect(short(await received(5)).slice(4)).toEqual(['team resolved -a -c']);
    await pass(routing, 60 * MINUTE);
    expect(receiver.requests).toHaveLength(5);
    expect(routing.groups({})).toEqual([]);
    const ids = (await received(5)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(5);
  });

  it('goes on while the clock is set back', async () => {
    write(TEAM);
    const routing = await open();
    await post(routing, { alertname: 'Down', instance: 'a' });
    await pass(routing, 30 * SECOND);
    await received(1);
    now -= 60 * MINUTE;
    await post(routing, { alertname: 'Down', instance: 'b' });
    await routing.tick();
    expect(short(await received(2)).at(-1)).toBe('team firing +a +b');
    await post(routing, { alertname: 'Down', instance: 'c' });
    await pass(routing, 5 * MINUTE - SECOND, () => post(routing, { alertname: 'Down', instance: 'b' }));
    expect(receiver.requests).toHaveLength(2);
    await pass(routing, SECOND);
    expect(short(await received(3)).at(-1)).toBe('team firing +a +b -c');
  });

  it('knows after a restart what was said since the clock was set back', async () => {
    write(TEAM);
    const before = await open();
    await post(before, { alertname: 'Down', instance: 'a' });
    await pass(before, 30 * SECOND);
    await received(1);
    now -= 60 * MINUTE;
    await post(before, { alertname: 'Down', instance: 'b' });
    await before.tick();
    expect(short(await received(2)).at(-1)).toBe('team firing +a +b');
    await stop();
    const routing = await open();
    const b = (): Promise<void> => post(routing, { alertname: 'Down', instance: 'b' });
    await pass(routing, 6 * MINUTE, b);
    expect(receiver.requests).toHaveLength(2);
    await post(routing, { alertname: 'Down', instance: 'a' }, { endsAt: now });
    await pass(routing, 6 * MINUTE, b);
    expect(short(await received(3)).at(-1)).toBe('team firing -a +b');
    await stop();
    const again = await open();
    expect(again.alerts({}).map(({ labels }) => labels['instance'])).toEqual(['b']);
  });

  it('splits by its tree, goes on where it is told to, and leaves ends out for those that want none', async () => {
    write(`${TEAM}\n  routes:\n    - { matchers: ['job=~"db.*"'], receiver: dba, continue: true, group_by: ['...'], group_wait: 0s }\n    - { match: { job: db1 }, receiver: quiet, group_wait: 0s }`);
    const routing = await open();
    await post(routing, { alertname: 'Slow', job: 'db1', instance: 'x' });
    await post(routing, { alertname: 'Slow', job: 'web', instance: 'y' });
    await pass(routing, 30 * SECOND);
    expect(short(await received(3)).toSorted()).toEqual(['dba firing +x', 'quiet firing +x', 'team firing +y']);
    expect(routing.preview('job="db1", instance="z"').map(({ receiver: to, key, groupLabels, groupWaitMs }) => [to, key, groupLabels, groupWaitMs])).toEqual([['dba', '{}/{job=~"db.*"}', { instance: 'z', job: 'db1' }, 0], ['quiet', '{}/{job="db1"}', {}, 0]]);
    expect(() => routing.preview('job=~"x"')).toThrow('expected labels');
    expect(routing.alerts({ receiver: 'dba|quiet' }).map(({ receivers }) => receivers)).toEqual([['dba', 'quiet']]);
    await post(routing, { alertname: 'Slow', job: 'db1', instance: 'x' }, { endsAt: now });
    await pass(routing, 6 * MINUTE, () => post(routing, { alertname: 'Slow', job: 'web', instance: 'y' }));
    expect(short(await received(4)).slice(3)).toEqual(['dba resolved -x']);
    // It comes back within the repeat interval: news to both.
    await post(routing, { alertname: 'Slow', job: 'db1', instance: 'x' });
    await pass(routing, 5 * MINUTE, async () => {
      await post(routing, { alertname: 'Slow', job: 'db1', instance: 'x' });
      await post(routing, { alertname: 'Slow', job: 'web', instance: 'y' });
    });
    expect(short(await received(6)).slice(4).toSorted()).toEqual(['dba firing +x', 'quiet firing +x']);
    expect(await store.query("SELECT status, receiver FROM notifications FINAL WHERE status = 'unsent'")).toEqual([{ status: 'unsent', receiver: 'quiet/webhook/0' }]);
  });

  it('holds back what a silence or a worse alert covers, and tells it when nothing does', async () => {
    write(TEAM, "inhibit_rules:\n  - { source_matchers: [severity=critical], target_matchers: ['severity=~\"warning|info\"'], equal: [cluster] }\n");
    const routing = await open();
    const alert = (alertname: string, severity: string, cluster: string) => post(routing, { alertname, severity, cluster, instance: alertname });
    const all = async (): Promise<void> => {
      await alert('Crash', 'critical', 'eu');
      await alert('Slow', 'warning', 'eu');
      await alert('Slower', 'warning', 'us');
      await alert('Noise', 'critical', 'us2');
    };
    await all();
    const id = await routing.setSilence({ id: '', matchers: [{ name: 'alertname', value: 'Noi.*', isRegex: true, isEqual: true }], startsAt: now, endsAt: now + 20 * MINUTE, createdBy: 'ada', comment: 'known' });
    await pass(routing, MINUTE, all);
    expect(short(await received(2)).toSorted()).toEqual(['team firing +Crash', 'team firing +Slower']);
    const views = Object.fromEntries(routing.alerts({}).map((view) => [view.labels['alertname'], view]));
    expect(views['Noise']).toMatchObject({ state: 'suppressed', silencedBy: [id], inhibitedBy: [] });
    expect(views['Slow']).toMatchObject({ state: 'suppressed', inhibitedBy: [views['Crash']?.fingerprint] });
    expect([routing.alerts({ silenced: false, inhibited: false }), routing.alerts({ active: false }), routing.alerts({ matchers: ['severity="warning"'] }), routing.groups({ active: false })].map((found) => found.length)).toEqual([2, 2, 2, 2]);
    await post(routing, { alertname: 'Crash', severity: 'critical', cluster: 'eu', instance: 'Crash' }, { endsAt: now });
    await routing.expireSilence(id);
    await pass(routing, 6 * MINUTE, async () => {
      await alert('Slow', 'warning', 'eu');
      await alert('Noise', 'critical', 'us2');
      await alert('Slower', 'warning', 'us');
    });
    expect(short(await received(5)).slice(2).toSorted()).toEqual(['team firing +Noise', 'team firing +Slow', 'team resolved -Crash']);
    expect(routing.silences(['alertname=~"Noi.*"'])).toMatchObject([{ id, state: 'expired', comment: 'known' }]);
    // By its own words, as in Alertmanager.
    expect(['alertname="Noi.*"', 'alertname!~"Noi.*"', 'alertname=~".*"', 'x!="y"'].flatMap((one) => routing.silences([one]))).toEqual([]);
  });

  it('takes names of labels that every object knows like others, in routes, silences, rules of inhibition and filters', async () => {
    write(`${TEAM}\n  routes:\n    - { matchers: ['constructor=~"d.*a"'], receiver: dba, group_wait: 0s }`, 'inhibit_rules:\n  - { source_matchers: [severity=critical], target_matchers: [severity=info], equal: [toString] }\n');
    const routing = await open();
    const id = await routing.setSilence({ id: '', matchers: [{ name: 'valueOf', value: 'a.*', isRegex: true, isEqual: true }], startsAt: now, endsAt: now + 20 * MINUTE, createdBy: 'ada', comment: '' });
    const all = async (): Promise<void> => {
      await post(routing, { alertname: 'Loud', instance: 'x' });
      await post(routing, { alertname: 'Quiet', instance: 'y', valueOf: 'any' });
      await post(routing, { alertname: 'Base', instance: 'z', constructor: 'data' });
      await post(routing, { alertname: 'Worse', instance: 'a', severity: 'critical' });
      await post(routing, { alertname: 'Less', instance: 'b', severity: 'info', toString: 'function toString() { [native code] }' });
    };
    await all();
    await pass(routing, MINUTE, all);
    expect(short(await received(4)).toSorted()).toEqual(['dba firing +z', 'team firing +a', 'team firing +b', 'team firing +x']);
    expect(routing.alerts({ matchers: ['constructor=~".+"'] }).map(({ labels }) => labels['alertname'])).toEqual(['Base']);
    expect(routing.alerts({ active: false }).map(({ silencedBy, labels }) => [silencedBy, labels['alertname']])).toEqual([[[id], 'Quiet']]);
  });

  it('says nothing in a muted time, and an end that fell into it afterwards', async () => {
    write(`${TEAM}\n  routes:\n    - { matchers: [team=day], active_time_intervals: [office], group_wait: 0s }\n    - { matchers: [team=night], mute_time_intervals: [office], group_wait: 0s }`, "time_intervals:\n  - { name: office, time_intervals: [{ times: [{ start_time: '09:00', end_time: '12:10' }] }] }\n");
    const routing = await open();
    const both = async (): Promise<void> => {
      await post(routing, { alertname: 'A', team: 'day', instance: 'd' });
      await post(routing, { alertname: 'A', team: 'night', instance: 'n' });
    };
    await both();
    await pass(routing, MINUTE, both);
    expect(short(await received(1))).toEqual(['team firing +d']);
    expect(routing.groups({ muted: false }).map(({ labels, alerts }) => [labels, alerts.length])).toEqual([[{ alertname: 'A' }, 1]]);
    await pass(routing, 14 * MINUTE, both);
    expect(short(await received(2)).at(-1)).toBe('team firing +n');
    // The day's alert ends in the evening; its team hears of it next morning.
    await post(routing, { alertname: 'A', team: 'day', instance: 'd' }, { endsAt: now });
    await pass(routing, 60 * MINUTE, () => post(routing, { alertname: 'A', team: 'night', instance: 'n' }));
    expect(receiver.requests).toHaveLength(2);
    now = START + 21 * 60 * MINUTE;
    await routing.tick();
    expect(short(await received(3)).at(-1)).toBe('team resolved -d');
  });

  it('neither repeats nor loses anything over restarts', async () => {
    write(TEAM);
    const before = await open();
    await post(before, { alertname: 'Told', instance: 'a' });
    await pass(before, MINUTE);
    await received(1);
    await post(before, { alertname: 'New', instance: 'b' });
    await post(before, { alertname: 'Told', instance: 'a' }, { endsAt: now });
    await before.setSilence({ id: '', matchers: [{ name: 'alertname', value: 'Other', isRegex: false, isEqual: true }], startsAt: now, endsAt: now + MINUTE, createdBy: 'ada', comment: 'kept' });
    await stop();
    const routing = await open();
    expect([routing.alerts({}).map(({ labels }) => labels['alertname']), routing.silences([]).map(({ comment, state }) => [comment, state])]).toEqual([['New'], [['kept', 'active']]]);
    await pass(routing, 30 * SECOND);
    expect(short(await received(2)).slice(1)).toEqual(['team firing +b']);
    await stop();
    const again = await open();
    await pass(again, 6 * MINUTE, () => post(again, { alertname: 'New', instance: 'b' }));
    expect(short(await received(3)).slice(2)).toEqual(['team resolved -a']);
    await stop();
    const last = await open();
    await pass(last, 20 * MINUTE);
    expect(short(await received(4)).slice(3)).toEqual(['team resolved -b']);
  });

  it('starts with a silence that an earlier version took and this one refuses, without it', async () => {
    write(TEAM);
    const silence = { matchers: [{ name: 'host', value: '(a{1000}){30}', isRegex: true, isEqual: true }], startsAt: START, endsAt: START + DAY, createdBy: 'ada', updatedAt: START };
    const good = { ...silence, matchers: [{ name: 'host', value: 'a.*', isRegex: true, isEqual: true }] };
    const rows = Object.entries({ large: silence, good }).map(([id, one]) => ({ id, created_by: 'ada', comment: id, starts_at: new Date(START).toISOString(), ends_at: new Date(START + DAY).toISOString(), updated_at: new Date(START).toISOString(), document: JSON.stringify({ ...one, id, comment: id }) }));
    await store.insert('silences', rows);
    const routing = await open();
    expect(routing.silences([]).map(({ id, state }) => [id, state])).toEqual([['good', 'active']]);
  });

  it('tells an end that a silence held back for days, also after a restart', async () => {
    write(TEAM);
    const before = await open();
    await post(before, { alertname: 'Down', instance: 'a' });
    await pass(before, 30 * SECOND);
    await received(1);
    const id = await before.setSilence({ id: '', matchers: [{ name: 'alertname', value: 'Down', isRegex: false, isEqual: true }], startsAt: now, endsAt: now + 5 * DAY, createdBy: 'ada', comment: '' });
    await post(before, { alertname: 'Down', instance: 'a' }, { endsAt: now });
    await pass(before, 10 * MINUTE);
    await stop();
    now += 4 * DAY;
    const routing = await open();
    await pass(routing, 10 * MINUTE);
    expect(receiver.requests).toHaveLength(1);
    await routing.expireSilence(id);
    await pass(routing, 10 * MINUTE);
    expect(short(await received(2))).toEqual(['team firing +a', 'team resolved -a']);
  });

  it('waits no longer for what comes after an end than for what comes first, also after a restart', async () => {
    write(TEAM);
    let routing = await open();
    for (const instance of ['a', 'b', 'c']) {
      if (instance === 'c') {
        await stop();
        routing = await open();
      }
      const before = receiver.requests.length;
      await post(routing, { alertname: 'Down', instance });
      await pass(routing, 30 * SECOND);
      await received(before + 1);
      await post(routing, { alertname: 'Down', instance }, { endsAt: now });
      await pass(routing, 5 * MINUTE);
      await received(before + 2);
    }
    expect(short(await received(6))).toEqual(['team firing +a', 'team resolved -a', 'team firing +b', 'team resolved -b', 'team firing +c', 'team resolved -c']);
  });

  it('takes a changed file, keeps the last good one when it has faults, and says why', async () => {
    write(TEAM);
    const routing = await open();
    await post(routing, { alertname: 'A', instance: 'a' });
    await pass(routing, MINUTE);
    await received(1);
    write(`${TEAM}\n  routes: [{ receiver: nobody }]`);
    await routing.reload();
    expect(routing.status()).toMatchObject({ file: path, faults: [expect.stringContaining('undefined receiver "nobody"')] });
    expect(await registry.metrics()).toContain('faultline_alerts_routing_faults 1');
    write(`${TEAM}\n  routes: [{ matchers: [instance=b], receiver: dba, group_wait: 0s }]`);
    await routing.reload();
    expect([routing.status().faults, routing.channel('dba/webhook/0')?.name]).toEqual([[], 'dba/webhook/0']);
    // So is a file whose template changed.
    const template = join(dirname(path), 'words.tmpl');
    writeFileSync(template, '');
    write(`${TEAM}\n  routes: [{ matchers: [instance=b], receiver: dba, group_wait: 0s }]`, "templates: ['*.tmpl']\n");
    await routing.reload();
    const before = routing.channel('dba/webhook/0');
    await routing.reload();
    expect(routing.channel('dba/webhook/0')).toBe(before);
    utimesSync(template, 1, 1);
    await routing.reload();
    expect(routing.channel('dba/webhook/0')).not.toBe(before);
    // What was told stays told; what the new tree sends elsewhere is news there.
    await post(routing, { alertname: 'A', instance: 'b' });
    await pass(routing, 6 * MINUTE, async () => {
      await post(routing, { alertname: 'A', instance: 'a' });
      await post(routing, { alertname: 'A', instance: 'b' });
    });
    expect(short(await received(2))).toEqual(['team firing +a', 'dba firing +b']);
    await stop();
    write(`${TEAM}\n  routes: [{ receiver: nobody }]`);
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(/alertmanager\.yml:7: undefined receiver "nobody"/) });
  });

  it('tries again under the same id when it does not know whether a message was accepted', async () => {
    write(TEAM);
    const routing = await open();
    lost = true;
    await post(routing, { alertname: 'A', instance: 'a' });
    await pass(routing, MINUTE);
    const all = await received(2);
    expect([short(all), new Set(all.map(({ id }) => id)).size]).toEqual([['team firing +a', 'team firing +a'], 1]);
    expect(await registry.metrics()).toContain('faultline_alerts_flush_failures_total 1');
  });

  it('tells under a new id what it told so long ago that it does not know it', async () => {
    write(TEAM);
    for (const days of [0, 6]) {
      now = START + days * DAY;
      const routing = await open();
      await post(routing, { alertname: 'A', instance: 'a' }, { startsAt: START });
      await pass(routing, MINUTE);
      await received(days === 0 ? 1 : 2);
      await stop();
    }
    const all = await received(2);
    expect([short(all), new Set(all.map(({ id }) => id)).size]).toEqual([['team firing +a', 'team firing +a'], 2]);
  });

  it('keeps a message that nobody takes, and sends it again when asked', async () => {
    receiver.answer((response) => void response.writeHead(400).end());
    write(TEAM);
    const routing = await open();
    await post(routing, { alertname: 'A', instance: 'a' });
    await pass(routing, MINUTE);
    const dead = (): Promise<{ id: string; status: string }[]> => store.query('SELECT id, status FROM notifications FINAL');
    await vi.waitFor(async () => expect(await dead()).toMatchObject([{ status: 'dead' }]), { timeout: 20_000, interval: 20 });
    expect(await registry.metrics()).toContain('faultline_alerts_dead_letters{receiver="team/webhook/0"} 1');
    receiver.answer((response) => void response.writeHead(200).end());
    const [{ outbox } = { outbox: undefined }] = running;
    const [{ id } = { id: '' }] = await dead();
    const results = await Promise.allSettled([outbox?.replay(id), outbox?.replay(id), outbox?.replay('msg_unknown')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await vi.waitFor(async () => expect(await dead()).toMatchObject([{ id, status: 'delivered' }]), { timeout: 20_000, interval: 20 });
    const all = await received(2);
    expect([short(all), new Set(all.map((one) => one.id)).size]).toEqual([['team firing +a', 'team firing +a'], 1]);
    expect(await registry.metrics()).toContain('faultline_alerts_dead_letters{receiver="team/webhook/0"} 0');
  });

  it('repeats under an id of its own, and keeps what nobody took the first time', async () => {
    receiver.answer((response) => void response.writeHead(400).end());
    write(TEAM);
    const routing = await open();
    const firing = (): Promise<void> => post(routing, { alertname: 'A', instance: 'a' }, { startsAt: START });
    const rows = (): Promise<unknown> => store.query('SELECT event, status FROM notifications FINAL ORDER BY created_at');
    await firing();
    await pass(routing, MINUTE, firing);
    await vi.waitFor(async () => expect(await rows()).toEqual([{ event: 'firing', status: 'dead' }]), { timeout: 20_000, interval: 20 });
    receiver.answer((response) => void response.writeHead(200).end());
    await pass(routing, 4 * 60 * MINUTE, firing);
    await vi.waitFor(async () => expect(await rows()).toEqual([{ event: 'firing', status: 'dead' }, { event: 'repeat', status: 'delivered' }]), { timeout: 20_000, interval: 20 });
    expect(new Set((await received(2)).map(({ id }) => id)).size).toBe(2);
  });

  it('refuses what is no alert and no silence', async () => {
    write(TEAM);
    const routing = await open();
    await expect(routing.post([{ labels: { a: '' }, annotations: {}, startsAt: null, endsAt: null, generatorURL: '' }, { labels: { alertname: 'Good' }, annotations: {}, startsAt: null, endsAt: null, generatorURL: '' }])).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    expect(routing.alerts({})).toMatchObject([{ labels: { alertname: 'Good' }, startsAt: now, endsAt: now + 5 * MINUTE }]);
    const silence = { id: '', matchers: [{ name: 'a', value: 'b', isRegex: false, isEqual: true }], startsAt: now, endsAt: now + MINUTE, createdBy: '', comment: '' };
    for (const [change, code] of [[{ endsAt: now - 1 }, 'QUERY_INVALID'], [{ matchers: [] }, 'QUERY_INVALID'], [{ matchers: [{ name: 'a', value: '.*', isRegex: true, isEqual: true }] }, 'QUERY_INVALID'], [{ matchers: [{ name: 'a', value: '[', isRegex: true, isEqual: true }] }, 'QUERY_INVALID'], [{ id: 'stranger' }, 'NOT_FOUND']] as const) {
      await expect(routing.setSilence({ ...silence, ...change })).rejects.toMatchObject({ code });
    }
    const id = await routing.setSilence(silence);
    now += 10 * SECOND;
    expect(await routing.setSilence({ ...silence, id, endsAt: now + MINUTE })).toBe(id);
    const other = await routing.setSilence({ ...silence, id, matchers: [{ name: 'c', value: 'd', isRegex: false, isEqual: true }], startsAt: now, endsAt: now + MINUTE });
    expect([other === id, routing.silence(id).state, routing.silence(other).state]).toEqual([false, 'expired', 'active']);
    await expect(routing.expireSilence(id)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    expect(() => routing.alerts({ matchers: ['nonsense'] })).toThrow('bad matcher');
    expect(() => routing.alerts({ receiver: '[' })).toThrow('failed to parse receiver');
  });
});
