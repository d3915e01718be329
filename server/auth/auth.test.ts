import { createHash } from 'node:crypto';
import { statSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AlertRouting } from '#core/alert-routing.js';
import type { IncidentActions } from '#core/feedback.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { listening } from '#core/testing.js';
import { openTestStore } from '#store/testing.js';
import { createEventStream } from '../events.js';
import { createApp, createServer, type ServerOptions } from '../server.js';
import { serverOptions } from '../testing.js';
import { needOf } from './access.js';
import { authConfig } from './config.js';
import { mayStillRead } from './guard.js';
import { hashPassword, isPassword, parseHash } from './password.js';
import { cheapHash, testAuth } from './testing.js';
import { watchAccounts } from './watch.js';

const TOKENS = { viewer: 'v'.repeat(24), editor: 'e'.repeat(24), admin: 'a'.repeat(24), ingest: 'i'.repeat(24) } as const;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const basic = (name: string, password: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });
const bearer = (role: keyof typeof TOKENS): Record<string, string> => ({ authorization: `Bearer ${TOKENS[role]}` });
const json = { 'content-type': 'application/json' };

let now = Date.now();
const clock = (): number => now;
const dataDir = mkdtempSync(join(tmpdir(), 'faultline-auth-'));
const registry = new Registry();
let store: Awaited<ReturnType<typeof openTestStore>>;
let users: { name: string; role: 'admin' | 'viewer' | 'ingest'; password_hash: string }[];
let server: ReturnType<typeof createServer>;
let url = '';
let options: ServerOptions;
const acknowledged: string[] = [];
const silenced: string[] = [];

beforeAll(async () => {
  store = await openTestStore();
  users = [{ name: 'ada', role: 'admin', password_hash: cheapHash('correct horse') }, { name: 'vic', role: 'viewer', password_hash: cheapHash('battery') }, { name: 'prom', role: 'ingest', password_hash: cheapHash('staple') }];
  const tokens = Object.entries(TOKENS).map(([role, token]) => ({ name: `t-${role}`, role: role as keyof typeof TOKENS, token_sha256: sha256(token) }));
  options = serverOptions({
    store, registry, config: { allowed_hosts: [], trusted_proxies: ['127.0.0.1'] }, auth: testAuth({ users, tokens }, { dataDir, clock, registry }), hook: { take: async () => ({ accepted: 1, ignored: 0 }) }, models: () => ({ list: async () => ({ models: [] }) }) as never,
    incidents: { acknowledge: async (_id: string, by: string) => (acknowledged.push(by), {}) } as unknown as IncidentActions,
    routing: { setSilence: async ({ createdBy }: { createdBy: string }) => (silenced.push(createdBy), 'id') } as unknown as AlertRouting, notifications: {} as never,
    clickhouse: (_request, response) => void response.end('1\n'), remoteWrite: (_request, response) => void response.writeHead(204).end(),
  });
  server = createServer(options);
  await server.start();
  url = `http://127.0.0.1:${server.port()}`;
});
afterAll(async () => {
  await server.stop();
  await store.close();
});

interface Listed {
  readonly path: string;
  readonly methods?: readonly string[];
  readonly router?: { listRoutes(): readonly Listed[] };
}

/** Every route that is registered, as `GET /api/x/{}`; those before the guard with a `!`. */
function walk(routes: readonly Listed[], at = '', guarded = false): string[] {
  return routes.flatMap(({ path, methods, router }) => {
    const full = `${at}${path}`.replace(/\/$/, '').replace('//', '/');
    if (router) return walk(router.listRoutes(), full, true);
    return (methods ?? ['POST']).map((method) => `${guarded ? '' : '!'}${method === '*' ? 'POST' : method} ${full.replace(/:\w+/g, '{}')}`);
  });
}

const ask = (path: string, { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: object } = {}): Promise<Response> =>
  fetch(`${url}${path}`, { method, headers: { ...headers, ...(body && json) }, redirect: 'manual', ...(body && { body: JSON.stringify(body) }) });
const login = (name: string, password: string, headers: Record<string, string> = {}): Promise<Response> => ask('/api/login', { method: 'POST', body: { name, password }, headers });
const cookieOf = (response: Response): string => (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';

describe('which role each route takes', () => {
  it('is said for every route there is, and asked of every request', async () => {
    const app = createApp(options, createEventStream(async () => true), () => '');
    const routes = walk((app.router as unknown as { listRoutes(): Listed[] }).listRoutes());
    expect(routes.filter((route) => route.startsWith('!') && !route.startsWith('!HEAD'))).toEqual(['!GET /healthz', '!GET /readyz', '!GET /.*']);
    const inside = [...routes.filter((route) => !route.startsWith('!')), 'POST /clickhouse', 'GET /clickhouse', 'GET /alertmanager/x'];
    expect(inside.length).toBeGreaterThan(80);
    for (const route of inside) {
      const [method = '', path = ''] = route.split(' ');
      const need = needOf(method, path);
      expect(need, `${route} has no line in server/auth/access.ts`).toBeDefined();
      if (need === 'open' || path === '/api/events') continue;
      const at = path.replaceAll('{}', 'x');
      expect((await ask(at, { method })).status, route).toBe(401);
      if (need === 'editor' || need === 'admin' || need === 'ingest') expect((await ask(at, { method, headers: bearer('viewer') })).status, route).toBe(403);
      if (need === 'admin') expect((await ask(at, { method, headers: bearer('editor') })).status, route).toBe(403);
      if (need !== 'ingest') expect((await ask(at, { method, headers: bearer('ingest') })).status, route).toBe(403);
    }
  });

  it('is not got around by another way to write a path', async () => {
    for (const path of ['/API/services', '//api/services', '/api//services', '/x/../API/v1/query', '/api/%73ervices', '/Clickhouse/?query=SELECT+1', '/METRICS']) expect([401, 404], path).toContain((await ask(path)).status);
    expect((await ask('/clickhouse?query=SELECT+1')).status).toBe(401);
    expect((await ask('/clickhouse/ping?query=SELECT+1')).status).toBe(401);
    expect((await ask('/api/models/x/1/PROMOTE/', { method: 'POST', headers: bearer('editor'), body: {} })).status).toBe(403);
  });

  it('refuses in the words of each API', async () => {
    expect(await (await ask('/api/services')).json()).toEqual({ error: { code: 'UNAUTHENTICATED', message: expect.stringContaining('sign in first') } });
    expect(await (await ask('/api/v1/query?query=1')).json()).toMatchObject({ status: 'error', errorType: 'unauthorized', error: expect.stringContaining('sign in') });
    expect(await (await ask('/api/v2/silences')).json()).toContain('sign in');
    expect(await (await ask('/clickhouse?query=SELECT+1')).text()).toContain('Code: 516. DB::Exception: sign in');
    const { headers } = await ask('/metrics');
    expect(headers.get('www-authenticate')).toContain('Basic');
    expect((await ask('/api/services', { headers: { 'user-agent': 'Mozilla/5.0' } })).headers.get('www-authenticate')).toBeNull();
  });

  it('lets in by token, by password, and by a token as a password', async () => {
    for (const headers of [bearer('viewer'), basic('ada', 'correct horse'), basic('t-viewer', TOKENS.viewer), { 'x-clickhouse-user': 'ada', 'x-clickhouse-key': 'correct horse' }]) expect((await ask('/clickhouse?query=SELECT+1', { headers })).status).toBe(200);
    for (const headers of [basic('ada', 'wrong'), basic('nobody', 'wrong'), basic('ada', TOKENS.viewer), { authorization: 'Bearer nothing' }, { authorization: 'Digest x' }]) expect((await ask('/api/status', { headers })).status).toBe(401);
    for (const headers of [bearer('ingest'), basic('prom', 'staple')]) {
      expect((await ask('/api/v1/write', { method: 'POST', headers })).status).toBe(204);
      expect((await ask('/metrics', { headers })).status).toBe(403);
    }
  });
});

describe('sessions', () => {
  it('open with the password, tell who it is, and end when signed out, also after a start', async () => {
    expect(await (await ask('/api/session')).json()).toEqual({ required: true, identity: null });
    expect((await login('ada', 'wrong')).status).toBe(401);
    expect((await login('prom', 'staple')).status).toBe(403);
    const signedIn = await login('ada', 'correct horse');
    expect(await signedIn.json()).toEqual({ required: true, identity: { name: 'ada', role: 'admin' } });
    expect(signedIn.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict$/);
    expect((await login('ada', 'correct horse', { 'x-forwarded-proto': 'https' })).headers.get('set-cookie')).toContain('Secure');
    const cookie = cookieOf(signedIn);
    expect(await (await ask('/api/session', { headers: { cookie } })).json()).toMatchObject({ identity: { name: 'ada' } });
    expect((await ask('/api/logout', { method: 'POST', headers: { cookie, origin: 'http://evil.example' } })).status).toBe(403);
    expect((await ask('/api/logout', { method: 'POST', headers: { cookie, origin: url } })).status).toBe(200);
    expect((await ask('/api/status', { headers: { cookie } })).status).toBe(401);
    expect(testAuth({ users }, { dataDir }).sessions?.read(cookie.split('=')[1] ?? '')).toBeUndefined();
    expect(statSync(join(dataDir, 'session.key')).mode & 0o777).toBe(0o600);
  });

  it('change things only for pages of their own', async () => {
    const cookie = cookieOf(await login('ada', 'correct horse'));
    const act = (headers: Record<string, string>): Promise<number> => ask('/api/incidents/x/acknowledge', { method: 'POST', body: { by: 'somebody else' }, headers: { cookie, ...headers } }).then(({ status }) => status);
    expect(await act({})).toBe(403);
    expect(await act({ origin: 'http://evil.example' })).toBe(403);
    expect(await act({ origin: url, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await act({ origin: 'null' })).toBe(403);
    expect(acknowledged).toEqual([]);
    expect(await act({ origin: url })).toBe(200);
    expect(await act({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(acknowledged).toEqual(['ada', 'ada']);
  });

  it('are renewed while used, end after a week, and with the password', () => {
    const { sessions } = testAuth({ users }, { dataDir, clock });
    const value = sessions?.open('ada') ?? '';
    expect(sessions?.read(value)).toEqual({ name: 'ada', renewed: undefined });
    expect([sessions?.read(`${value}x`), sessions?.read(value.replace('.', 'A.')), sessions?.read('')]).toEqual([undefined, undefined, undefined]);
    now += 2 * 3_600_000;
    const renewed = sessions?.read(value)?.renewed ?? '';
    now += 7 * 86_400_000 - 3_600_000;
    expect([sessions?.read(value), sessions?.read(renewed)?.name]).toEqual([undefined, 'ada']);
    expect(testAuth({ users: [{ ...users[0], password_hash: users[1]?.password_hash }] as typeof users }, { dataDir, clock }).sessions?.read(renewed)).toBeUndefined();
    expect(testAuth({ users: users.slice(1) }, { dataDir, clock }).sessions?.read(renewed)).toBeUndefined();
  });
});

it('slows down whoever tries passwords, and nobody else', async () => {
  const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
  for (let attempt = 0; attempt < 10; attempt++) expect((await login('vic', `guess ${attempt}`, from('203.0.113.9'))).status).toBe(401);
  const refused = await login('vic', 'battery', from('203.0.113.9'));
  expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, 300]);
  expect((await login('vic', 'battery', from('203.0.113.10'))).status).toBe(200);
  expect(await registry.metrics()).toMatch(/faultline_server_refused_credentials_total\{surface="dashboard",reason="limited"\} 1/);
  // Prometheus drops what is answered with 429.
  const written = await ask('/api/v1/write', { method: 'POST', headers: { ...basic('vic', 'guess'), ...from('203.0.113.9') } });
  expect([written.status, Number(written.headers.get('retry-after'))]).toEqual([503, 300]);
  now += 301_000;
  expect((await login('vic', 'battery', from('203.0.113.9'))).status).toBe(200);
});

it('writes down who is signed in, not who a body names', async () => {
  acknowledged.length = 0;
  await ask('/api/incidents/x/acknowledge', { method: 'POST', body: { by: 'mallory' }, headers: bearer('editor') });
  const silence = { matchers: [{ name: 'a', value: 'b', isRegex: false }], startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 60_000).toISOString(), createdBy: 'mallory', comment: 'x' };
  expect((await ask('/api/v2/silences', { method: 'POST', body: silence, headers: basic('ada', 'correct horse') })).status).toBe(200);
  expect([acknowledged, silenced]).toEqual([['t-editor'], ['ada']]);
});

describe('configuration', () => {
  it('hashes a password each time anew', async () => {
    const [one, two] = await Promise.all([hashPassword('pässword'), hashPassword('pässword')]);
    expect(one).not.toBe(two);
    const hash = parseHash(one);
    expect(hash && [await isPassword('pässword', hash), await isPassword('password', hash)]).toEqual([true, false]);
    expect([parseHash('secret'), parseHash(one.replace('ln=15', 'ln=30'))]).toEqual([undefined, undefined]);
  });

  it('names what is wrong', () => {
    const said = (config: object): string => authConfig.safeParse(config).error?.issues.map(({ message }) => message).join('; ') ?? '';
    expect(said({ users: [{ name: 'ada', role: 'admin' }] })).toContain('one of password_hash and password_hash_file');
    expect(said({ users: [{ name: 'ada', role: 'admin', password_hash: 'secret' }] })).toContain('faultline hash-password');
    expect(said({ users: [users[0], users[0]] })).toContain('ada is there twice');
    expect(said({ tokens: [{ name: 'collector', role: 'ingest', token_sha256: sha256('x') }] })).toContain('nobody could read');
    const file = join(dataDir, 'token');
    writeFileSync(file, 'short\n');
    expect(() => testAuth({ tokens: [{ name: 'ci', role: 'viewer', token_file: file }, { name: 'cd', role: 'viewer', token_file: '/nowhere' }] })).toThrow(/shorter than 20 characters[^]*the token cd cannot be read/);
  });

  it('reads secrets from files', () => {
    const file = join(dataDir, 'long-token');
    writeFileSync(file, `${'x'.repeat(32)}\n`);
    expect(testAuth({ tokens: [{ name: 'ci', role: 'viewer', token_file: file }] }).identify({ kind: 'token', token: readFileSync(file, 'utf8').trim() }, '')).toEqual({ name: 'ci', role: 'viewer' });
  });
});

describe('while it runs', () => {
  const account = (name: string, password: string, role: 'admin' | 'viewer' = 'viewer') => ({ name, role, password_hash: cheapHash(password) });

  it('takes other users and tokens up, and ends the sessions of those who are gone or have another password', async () => {
    const file = join(dataDir, 'rotated.token');
    writeFileSync(file, 'a'.repeat(32));
    const config = (people: ReturnType<typeof account>[]) => authConfig.parse({ users: people, tokens: [{ name: 'ci', role: 'viewer', token_file: file }] });
    const [ada, vic] = [account('ada', 'one', 'admin'), account('vic', 'two')];
    const auth = testAuth(config([ada, vic]), { dataDir });
    const sessions = [auth.sessions?.open('ada') ?? '', auth.sessions?.open('vic') ?? ''];
    expect(await auth.identify({ kind: 'password', name: 'vic', password: 'two' }, '')).toMatchObject({ name: 'vic' });
    expect(auth.reload(config([ada, vic]))).toBe(false);
    writeFileSync(file, 'b'.repeat(32));
    expect(auth.reload(config([account('ada', 'another', 'admin'), account('eve', 'three')]))).toBe(true);
    expect(sessions.map((value) => auth.sessions?.read(value))).toEqual([undefined, undefined]);
    for (const [name, password, right] of [['ada', 'one', false], ['ada', 'another', true], ['vic', 'two', false], ['eve', 'three', true]] as const) expect('name' in (await auth.identify({ kind: 'password', name, password }, '')), name).toBe(right);
    expect([auth.identify({ kind: 'token', token: 'a'.repeat(32) }, ''), auth.identify({ kind: 'token', token: 'b'.repeat(32) }, '')]).toMatchObject([{ reason: 'wrong' }, { name: 'ci' }]);
    expect(auth.identify({ kind: 'token', token: auth.own.reader.slice('Bearer '.length) }, '')).toMatchObject({ name: 'faultline' });
  });

  it('asks for a login from the first user on, and no less after a file that is gone or half written', () => {
    const auth = testAuth();
    expect([auth.required, auth.senders(undefined, '')]).toEqual([false, undefined]);
    auth.reload(authConfig.parse({ users: [account('ada', 'one', 'admin')], tokens: [{ name: 'collector', role: 'ingest', token_sha256: sha256('x') }] }));
    expect([auth.required, auth.senders(undefined, '')]).toMatchObject([true, { reason: 'missing' }]);
    expect(() => auth.reload(authConfig.parse({}))).toThrow('nobody would have to sign in any more');
    expect(() => auth.reload(authConfig.parse({ users: [account('ada', 'one', 'admin')] }))).toThrow('anybody could send telemetry');
    expect(auth.senders(undefined, '')).toMatchObject({ reason: 'missing' });
  });

  it('sees what changes on disk, and stays as it was over what cannot be used', async () => {
    const file = join(dataDir, 'accounts.json');
    const write = (text: string): void => writeFileSync(file, text);
    write(JSON.stringify({ users: [account('ada', 'one', 'admin')] }));
    const auth = testAuth(authConfig.parse(JSON.parse(readFileSync(file, 'utf8'))));
    const own = new Registry();
    const watch = watchAccounts({ auth, source: { file, read: () => authConfig.parse(JSON.parse(readFileSync(file, 'utf8'))) }, registry: own, logger: silentLogger, watchMs: 10 });
    await watch.start();
    write(JSON.stringify({ users: [account('ada', 'one', 'admin'), account('eve', 'three')] }));
    await vi.waitFor(() => expect(auth.user('eve')).toBeDefined(), { timeout: 20_000 });
    write('{"users": [');
    await vi.waitFor(async () => expect(await own.metrics()).toContain('last_reload_successful 0'), { timeout: 20_000 });
    expect(auth.user('eve')).toBeDefined();
    write(JSON.stringify({ users: [account('ada', 'one', 'viewer')] }));
    await vi.waitFor(() => expect(auth.user('eve')).toBeUndefined(), { timeout: 20_000 });
    expect(auth.user('ada')).toEqual({ name: 'ada', role: 'viewer' });
    await watch.stop();
  });

  it('ends the stream of events of whoever has signed out', async () => {
    const events = createEventStream((request) => mayStillRead(options.auth, request), 20);
    const streaming = createHttpServer(createApp(options, events, () => ''));
    const at = await listening(streaming);
    const cookie = cookieOf(await login('ada', 'correct horse'));
    const stream = await fetch(`${at}/api/events`, { headers: { cookie } });
    expect(stream.status).toBe(200);
    const ended = stream.text();
    expect((await ask('/api/logout', { method: 'POST', headers: { cookie, origin: url } })).status).toBe(200);
    expect(await ended).toContain('retry: 2000');
    events.close();
    streaming.close();
  });
});
