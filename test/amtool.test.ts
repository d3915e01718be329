import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#core/clock.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { listening } from '#core/testing.js';
import { openTestStore } from '#store/testing.js';
import { parseAlertmanagerFile } from '../alerts/routing/alertmanager-file.js';
import { routesOf } from '../alerts/routing/route.js';
import { createMembership } from '../alerts/routing/membership.js';
import { createRouting, type Routing } from '../alerts/routing/routing.js';
import { noEvidence } from '../alerts/testing.js';
import { alertmanagerApi } from '../server/alertmanager/api.js';
import { hasAmtool } from './alertmanager.js';

/** Files as people have them: what decides is the tree. */
const FILES: Readonly<Record<string, string>> = {
  example: `
route:
  group_by: ['alertname', 'cluster', 'service']
  receiver: team-X-mails
  routes:
  - matchers: [ service=~"foo1|foo2|baz" ]
    receiver: team-X-mails
    routes: [{ matchers: [ severity="critical" ], receiver: team-X-pager }]
  - matchers: [ service="files" ]
    receiver: team-Y-mails
    routes: [{ matchers: [ severity="critical" ], receiver: team-Y-pager }]
  - matchers: [ service="database" ]
    receiver: team-DB-pager
    group_by: [alertname, cluster, database]
    routes:
    - { matchers: [ owner="team-X" ], receiver: team-X-pager, continue: true }
    - { matchers: [ owner="team-Y" ], receiver: team-Y-pager }
receivers: [{ name: team-X-mails }, { name: team-X-pager }, { name: team-Y-mails }, { name: team-Y-pager }, { name: team-DB-pager }]
`,
  continues: `
route:
  receiver: root
  routes:
  - { receiver: audit, continue: true }
  - match: { service: database }
    receiver: a
    continue: true
    routes:
    - { match_re: { severity: 'crit.*|warning' }, receiver: b, continue: true }
    - { matchers: ['owner!=""'], receiver: c }
  - { matchers: ['severity!~"info|"', 'cluster!="eu"'], receiver: d }
  - { matchers: ['{service=~"f.+",owner=""}'], receiver: e }
receivers: [{ name: root }, { name: audit }, { name: a }, { name: b }, { name: c }, { name: d }, { name: e }]
`,
  deep: `
global: { resolve_timeout: 1m }
route:
  receiver: root
  routes:
  - matchers: [cluster=~"eu|us"]
    routes:
    - matchers: [severity=critical]
      receiver: page
      routes:
      - { matchers: ['service = "files" ', owner!~"team-.*"], receiver: orphan }
      - { matchers: [owner=team-X, service!=foo1], receiver: x, continue: yes }
      - { matchers: [owner=~team-.], receiver: any }
    - { match: { severity: warning }, match_re: { service: '(foo|ba).*' }, receiver: ticket, mute_time_intervals: [never] }
  - matchers: ["summary=~\\"say: \\\\\\"hi, all\\\\\\".*\\""]
    receiver: quoted
receivers: [{ name: root }, { name: page }, { name: orphan }, { name: x }, { name: any }, { name: ticket }, { name: quoted }]
mute_time_intervals: [{ name: never, time_intervals: [{ years: ['1999'] }] }]
`,
};
const VALUES: Readonly<Record<string, readonly string[]>> = {
  service: ['foo1', 'foo2', 'foobar', 'baz', 'files', 'database'], severity: ['critical', 'warning', 'info', 'crit'], owner: ['team-X', 'team-Y', 'me'], cluster: ['eu', 'us', 'ap'], alertname: ['Down'], summary: ['say: "hi, all" now', 'say'],
};
const labelSets = fc.record(Object.fromEntries(Object.entries(VALUES).map(([name, values]) => [name, fc.constantFrom(...values)])), { requiredKeys: [] });

let store: Awaited<ReturnType<typeof openTestStore>>;
let routing: Routing;
let server: Server;
let url = '';
const folder = mkdtempSync(join(tmpdir(), 'faultline-amtool-'));

beforeAll(async () => {
  store = await openTestStore();
  const path = join(folder, 'alertmanager.yml');
  writeFileSync(path, FILES['example'] ?? '');
  routing = createRouting({ store, registry: new Registry(), logger: silentLogger, clock: systemClock, path, publicUrl: 'https://f.example', loadReceivers: () => ({ integrations: [], faults: [] }), outbox: { add: () => Promise.resolve() }, members: createMembership({ store, clock: systemClock, publicUrl: 'https://f.example' }), evidence: noEvidence });
  await routing.load();
  await routing.start();
  server = createServer(express().use('/api/v2', alertmanagerApi({ routing, version: '1.2.3' })));
  url = await listening(server);
});
afterAll(async () => {
  server.close();
  await routing.stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function amtool(...args: readonly string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn('amtool', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, stdout: stdout.trim(), stderr };
}
const ask = async (...args: readonly string[]): Promise<any> => {
  const { status, stdout, stderr } = await amtool('--alertmanager.url', url, '--no-version-check', '-o', 'json', ...args);
  expect(status, stderr + stdout).toBe(0);
  return stdout === '' ? undefined : JSON.parse(stdout);
};
const plain = async (...args: readonly string[]): Promise<string> => {
  const { status, stdout, stderr } = await amtool('--alertmanager.url', url, '--no-version-check', ...args);
  expect(status, stderr + stdout).toBe(0);
  return stdout;
};

describe.skipIf(!hasAmtool)('the routing tree', () => {
  it.each(Object.entries(FILES))('%s sends every alert where Alertmanager sends it', async (name, text) => {
    const file = join(folder, `${name}.yml`);
    writeFileSync(file, text);
    const { plan, faults } = parseAlertmanagerFile(text, file);
    expect(faults).toEqual([]);
    await fc.assert(
      fc.asyncProperty(labelSets, async (given) => {
        if (!plan) throw new Error('no plan');
        const labels = Object.fromEntries(Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined));
        const { stdout } = await amtool('config', 'routes', 'test', `--config.file=${file}`, ...Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`));
        expect(routesOf(plan.route, labels).map(({ receiver }) => receiver).join(',')).toBe(stdout);
      }),
      { numRuns: 120 },
    );
  }, 120_000);
  it('is what amtool reads from the running service', async () => {
    expect(await plain('config', 'routes', 'test', 'service=database', 'owner=team-X', 'severity=info')).toBe('team-X-pager');
    expect(await plain('config', 'routes', 'show')).toContain('team-DB-pager');
    expect(await ask('config', 'show')).toMatchObject({ versionInfo: { version: '1.2.3' }, config: { original: expect.stringContaining('team-Y-pager') } });
  });
});

describe.skipIf(!hasAmtool)('amtool', () => {
  it('adds and finds alerts', async () => {
    await plain('alert', 'add', 'alertname=Down', 'service=database', 'owner=team-Y', '--annotation=summary=It is down', '--generator-url=http://prometheus/graph');
    await plain('alert', 'add', 'alertname=Slow', 'service=foo1');
    expect(await ask('alert', 'query', 'alertname=Down')).toMatchObject([{ labels: { alertname: 'Down', service: 'database' }, annotations: { summary: 'It is down' }, generatorURL: 'http://prometheus/graph', receivers: [{ name: 'team-Y-pager' }], status: { state: 'active', silencedBy: [], inhibitedBy: [] } }]);
    expect(await ask('alert', 'query', 'service=~"foo.*"', 'alertname!=Down')).toHaveLength(1);
    expect(await ask('alert', 'query', '--receiver=team-.*-mails')).toMatchObject([{ labels: { alertname: 'Slow' } }]);
  });
  it('adds, finds, changes and ends silences', async () => {
    const id = await plain('silence', 'add', '--author=ada', '--comment=known', '--duration=2h', 'alertname=Down', 'service=~"data.*"', 'owner!=me');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ask('silence', 'query')).toMatchObject([{ id, comment: 'known', createdBy: 'ada', status: { state: 'active' }, matchers: [{ name: 'alertname', value: 'Down', isRegex: false, isEqual: true }, { name: 'service', value: 'data.*', isRegex: true, isEqual: true }, { name: 'owner', value: 'me', isRegex: false, isEqual: false }] }]);
    expect(await ask('silence', 'query', 'alertname=Down')).toHaveLength(1);
    expect(await ask('silence', 'query', 'alertname=Other')).toHaveLength(0);
    expect(await ask('silence', 'query', 'service=~"data.*"', 'owner!=me')).toHaveLength(1);
    expect(await ask('silence', 'query', 'owner!=you')).toHaveLength(0);
    expect(await ask('alert', 'query')).toMatchObject([{ labels: { alertname: 'Slow' } }]);
    expect(await ask('alert', 'query', '--silenced')).toMatchObject([{ labels: { alertname: 'Down' }, status: { state: 'suppressed', silencedBy: [id] } }]);
    await plain('silence', 'update', id, '--comment=still known', '--duration=3h');
    expect(await ask('silence', 'query')).toMatchObject([{ comment: 'still known' }]);
    const [{ id: current }] = await ask('silence', 'query');
    await plain('silence', 'expire', current);
    expect(await ask('silence', 'query')).toHaveLength(0);
    expect(await ask('silence', 'query', '--expired')).toContainEqual(expect.objectContaining({ id: current, status: { state: 'expired' } }));
    expect(await ask('alert', 'query', 'alertname=Down')).toMatchObject([{ status: { state: 'active' } }]);
    const refused = await amtool('--alertmanager.url', url, '--no-version-check', 'silence', 'expire', '00000000-0000-0000-0000-000000000000');
    expect([refused.status === 0, refused.stderr.length > 0]).toEqual([false, true]);
  });
});

describe('the API', () => {
  const call = async (path: string, init: RequestInit = {}): Promise<{ status: number; body: any }> => {
    const response = await fetch(`${url}/api/v2${path}`, init);
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  const json = (body: unknown): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

  it('takes alerts as Prometheus sends them and shows their groups', async () => {
    const now = Date.now();
    const alert = { labels: { alertname: 'Crash', cluster: 'eu', service: 'files', empty: '' }, annotations: null, startsAt: new Date(now - 1000).toISOString().replace('Z', '123456Z'), endsAt: new Date(now + 60_000).toISOString(), generatorURL: 'http://p/g', unknown: 1 };
    expect(await call('/alerts', json([alert, { labels: { alertname: 'Gone', service: 'files' }, startsAt: '0001-01-01T00:00:00Z', endsAt: new Date(now - 1).toISOString() }]))).toEqual({ status: 200, body: undefined });
    const { body } = await call('/alerts/groups?filter=service%3D%22files%22&filter=cluster%3Deu&silenced=false');
    expect(body).toEqual([{ labels: { alertname: 'Crash', cluster: 'eu', service: 'files' }, receiver: { name: 'team-Y-mails' }, alerts: [expect.objectContaining({ fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/), endsAt: alert.endsAt, status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] } })] }]);
    expect((await call('/alerts?filter=alertname%3DGone')).body).toEqual([]);
    expect((await call('/receivers')).body).toHaveLength(5);
    expect((await call('/status')).body).toMatchObject({ cluster: { status: 'disabled', peers: [] }, versionInfo: { version: '1.2.3' } });
  });

  it.each<[string, RequestInit, number]>([
    ['/alerts?filter=nonsense', {}, 400], ['/alerts?active=maybe', {}, 400], ['/alerts/groups?receiver=%5B', {}, 400], ['/silence/unknown', {}, 404], ['/silence/unknown', { method: 'DELETE' }, 404], ['/nothing', {}, 404],
    ['/alerts', json([{ labels: {} }]), 400], ['/alerts', json({ labels: {} }), 400], ['/alerts', { ...json([]), headers: { 'content-type': 'text/plain' } }, 415], ['/alerts', { ...json([]), body: '[{' }, 400], ['/alerts', json([{ labels: { a: 'b' }, startsAt: 'yesterday' }]), 400],
    ['/silences', json({ matchers: [], startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 1000).toISOString(), createdBy: '', comment: '' }), 400],
    ['/silences', json({ matchers: [{ name: 'a', value: 'b', isRegex: false }], startsAt: new Date().toISOString(), endsAt: new Date(Date.now() - 1000).toISOString(), createdBy: '', comment: '' }), 400],
  ])('says what is wrong in a text: %s', async (path, init, status) => {
    const answer = await call(path, init);
    expect([answer.status, typeof answer.body]).toEqual([status, 'string']);
  });
});
