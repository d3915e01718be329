import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { createAnalysis, NOT_ANALYSED } from '../analysis.js';
import { incidentsConfig } from '../config.js';
import { changedBefore } from '../cause/deploys.js';
import { firstCheckOf } from './first-check.js';
import { untaughtOnly } from '../lessons/lessons.js';
import { openIncident } from '../lifecycle.js';
import { blame, loadOperations, pin, type Calls, type Operation } from './operations.js';
import { anomalyOf, edge } from '../testing.js';
import { createTopology } from '../graph/topology.js';

const calls = (count: number, meanMs = 0, failed = 0): Calls => ({ count, meanMs, failed });
const operation = (caller: string, name: string, before: Calls, since: Calls, address = ''): Operation => ({ caller, name, address, before, since });
const usual = operation('billing', 'INSERT charges', calls(300, 3), calls(120, 3.2));

describe('what is wrong with a peer that says nothing itself', () => {
  it('is one operation that became slow, where others are as fast as before', () => {
    const pinned = pin('postgresql', [usual, operation('orders', 'SELECT orders', calls(900, 4), calls(300, 320))]);
    expect(pinned).toMatchObject({ culprit: undefined, text: 'of the calls to it only “SELECT orders” of orders became slow (4 ms → 320 ms)' });
    expect(pinned?.check).toContain('“SELECT orders” in postgresql');
  });

  it('is one that was not called before: whoever calls it now is the cause', () => {
    const pinned = pin('postgresql', [usual, operation('orders', 'SELECT items', calls(1, 320), calls(100, 300))]);
    const cause = (service: string, confidence: number) => ({ service, confidence, onsetAt: 1, reason: `calls to ${service} became slow.` });
    const causes = blame([cause('postgresql', 0.9), cause('orders', 0.03), cause('web', 0.02)], pinned);
    expect(causes.map(({ service, confidence }) => [service, confidence])).toEqual([['orders', 0.9], ['postgresql', 0.03], ['web', 0.02]]);
    expect(causes[0]?.reason).toBe('orders began to call “SELECT items” of postgresql, 300 ms each; other calls to it are as fast as before.');
    // Of another first cause it says nothing.
    expect(blame([cause('web', 0.9), cause('postgresql', 0.03)], pinned)[0]).toEqual(cause('web', 0.9));
  });

  it('is what to look at first, unless a new version of the caller came with it, and beside what to look at for a cause of its own', () => {
    const pinned = pin('postgresql', [usual, operation('orders', 'SELECT items', calls(0), calls(100, 300))]);
    const causes = [{ service: 'orders', confidence: 0.6, onsetAt: 600_000, reason: '' }, { service: 'redis', confidence: 0.3, onsetAt: 600_000, reason: '', independent: true }];
    const other = 'Check redis itself: it shows nothing of its own, and the calls to it degraded.';
    expect(firstCheckOf([], causes, [], { pinned })).toBe(`${pinned?.check} ${other}`);
    expect(firstCheckOf([], causes, [{ service: 'orders', version: '2', at: 590_000 }], { pinned })).toBe(`Compare orders 2 with the version before it, and roll back if only the new one is in trouble. ${other}`);
  });

  it('is one operation that fails', () => {
    expect(pin('postgresql', [usual, operation('orders', 'SELECT orders', calls(900, 4), calls(300, 4, 0.4))])?.text).toBe('of the calls to it only “SELECT orders” of orders fails (40 %)');
    expect(pin('postgresql', [usual, operation('orders', 'DELETE orders', calls(0), calls(30, 4, 0.5))])).toMatchObject({ culprit: 'orders' });
  });

  describe('where several callers use it', () => {
    const all = (caller: string, failed: number, address: string, names = ['SELECT a', 'INSERT b']): Operation[] => names.map((name) => operation(caller, name, calls(300, 4), calls(100, 4, failed), address));

    it('is the only caller that fails where others are well at the same address', () => {
      const pinned = pin('postgresql', [...all('orders', 1, 'main-db:5432'), ...all('users', 0, 'main-db:5432'), ...all('desk', 0, 'other-db:5432')]);
      expect(pinned).toMatchObject({ culprit: 'orders', text: 'its calls to postgresql fail (100 %); those of users to the same address, main-db:5432, are well' });
      const cause = (service: string, confidence: number) => ({ service, confidence, onsetAt: 1, reason: `calls to ${service} began to fail.` });
      const causes = blame([cause('postgresql', 0.9), cause('orders', 0.03)], pinned);
      expect(causes.map(({ service, reason }) => [service, reason])).toEqual([['orders', `${pinned?.text}.`], ['postgresql', 'calls to postgresql began to fail, for orders alone.']]);
      expect(firstCheckOf([], causes, [])).not.toContain('main-db');
      expect(firstCheckOf([], causes, [], { pinned })).toBe('Find out what orders does otherwise than before to use postgresql at main-db:5432 (credentials, settings, a new version): users is served well there.');
    });

    it.each<[string, readonly Operation[], string]>([
      ['others are at other addresses', [...all('orders', 1, 'orders-db'), ...all('users', 0, 'users-db')], 'calls of orders to orders-db fail; those of users are well'],
      ['addresses are not known', [...all('orders', 1, ''), ...all('users', 0, '')], 'calls of orders to postgresql fail; those of users are well'],
      ['another fails as well', [...all('orders', 1, 'main-db'), ...all('users', 0, 'main-db'), ...all('desk', 0.5, 'main-db')], 'calls of orders and desk to main-db fail; those of users are well'],
      ['one address of all callers fails', [...all('orders', 1, 'one-db'), ...all('users', 1, 'one-db'), ...all('orders', 0, 'other-db'), ...all('users', 0, 'other-db')], 'calls of orders and users to one-db fail; those to other-db are well'],
    ])('says who suffers where %s, and blames none of them', (_, operations, text) => {
      expect(pin('postgresql', operations)).toMatchObject({ culprit: undefined, text });
    });

    it('is the only caller that fails where it changed just before, and no address is known', () => {
      const pinned = (orders: string, users = orders, changed = 'orders'): unknown => pin('postgresql', [...all('orders', 1, orders), ...all('users', 0, users)], (caller) => caller === changed)?.culprit;
      expect(pin('postgresql', [...all('orders', 1, ''), ...all('users', 0, '')], () => true)).toMatchObject({ culprit: 'orders', text: 'its calls to postgresql fail (100 %) since it changed; those of users are well' });
      expect([pinned('', '', 'users'), pinned('orders-db', 'users-db'), pinned('orders-db', ''), pinned('', 'users-db')]).toEqual([undefined, undefined, undefined, undefined]);
      // Who crashes for want of a database does so after the onset, by a step or within it.
      const onset = 600_000;
      const isChanged = (at: number): boolean => changedBefore([], [{ service: 'orders', at, until: at, before: 1, gone: 1, came: 1, settled: true, changed: [], rolledOut: '', text: 'Restarted' }], 'orders', onset, 300_000);
      expect([isChanged(onset + 10_000), isChanged(onset - 10_000), isChanged(onset - 20_000), isChanged(onset - 400_000)]).toEqual([false, false, true, false]);
      expect(changedBefore([{ service: 'orders', version: '2', at: onset }], [], 'orders', onset, 300_000)).toBe(true);
    });

    it('is the only caller that waits where it changed just before and others are served as before at the same address', () => {
      const slower = (caller: string, ms: number, address = ''): Operation[] => ['SELECT a', 'INSERT b'].map((name) => operation(caller, name, calls(300, 4), calls(100, ms), address));
      const pinned = (operations: readonly Operation[], changed = 'orders') => pin('postgresql', operations, (caller) => caller === changed);
      expect(pinned([...slower('orders', 700), ...slower('users', 6.4)])).toMatchObject({ culprit: 'orders', text: 'its calls to postgresql take 700 ms, before 4 ms, since it changed; those of users are well' });
      // One of its queries may read without an index; one that it never made tells more.
      expect(pinned([operation('orders', 'SELECT a', calls(300, 4), calls(100, 320)), operation('orders', 'INSERT b', calls(300, 4), calls(100, 4)), ...slower('users', 4)])?.culprit).toBe('orders');
      expect(pinned([operation('orders', 'SELECT c', calls(0), calls(100, 320)), ...slower('orders', 4), ...slower('users', 4)])?.text).toContain('began to call “SELECT c”');
      expect([pinned([...slower('orders', 700), ...slower('users', 4)], 'users'), pinned([...slower('orders', 700), ...slower('users', 60), ...slower('desk', 4)]), pinned([...slower('orders', 700, 'orders-db'), ...slower('users', 4, 'users-db')]), pinned([...slower('orders', 700), ...all('users', 0.3, ''), ...slower('desk', 4)])].map((one) => one?.culprit)).toEqual(Array(4).fill(undefined));
    });

    it('is one operation where the other operations of its caller are well', () => {
      expect(pin('postgresql', [...all('orders', 1, 'main-db', ['SELECT a']), ...all('orders', 0, 'main-db', ['INSERT b']), ...all('users', 0, 'main-db')])?.text).toBe('of the calls to it only “SELECT a” of orders fails (100 %)');
      expect(pin('postgresql', ['one-db', 'other-db'].flatMap((address) => [...all('orders', 1, address, ['SELECT a']), ...all('orders', 0, address, ['INSERT b'])]))?.text).toBe('of the calls to it only “SELECT a” of orders fails (100 %)');
    });

    it('is not one caller where others have to wait', () => {
      expect(pin('postgresql', [...all('orders', 1, 'main-db'), ...['SELECT c', 'INSERT d'].map((name) => operation('users', name, calls(300, 4), calls(100, 400), 'main-db'))])).toBeUndefined();
    });
  });

  it.each<[string, readonly Operation[]]>([
    ['all of them became slow', [operation('billing', 'INSERT charges', calls(300, 3), calls(120, 90)), operation('orders', 'SELECT orders', calls(900, 4), calls(300, 320))]],
    ['all callers fail', [operation('billing', 'INSERT charges', calls(300, 3), calls(120, 3, 0.1)), operation('orders', 'SELECT orders', calls(900, 4), calls(300, 4, 0.4))]],
    ['there is nothing to tell it from', [operation('orders', 'SELECT orders', calls(900, 4), calls(300, 320))]],
    ['there were too few calls', [usual, operation('orders', 'SELECT orders', calls(900, 4), calls(5, 320))]],
    ['nothing changed', [usual, operation('orders', 'SELECT orders', calls(900, 4), calls(300, 4.4))]],
    ['nothing was called', []],
  ])('is not told apart where %s', (_, operations) => {
    expect(pin('postgresql', operations)).toBeUndefined();
  });
});

describe('what is called of a peer', () => {
  let store: Store;
  beforeAll(async () => void (store = await openTestStore()), 60_000);
  afterAll(async () => store.close());

  it('is read from spans, statements without their values', async () => {
    const onset = Math.floor(Date.now() / 1000) * 1000 - 120_000;
    const span = (at: number, ms: number, attributes: Readonly<Record<string, string>>, status = 'Unset') => ({
      Timestamp: new Date(onset + at * 1000).toISOString(), TraceId: `t${at}`, SpanId: `s${at}`, SpanName: 'query', SpanKind: 'Client', ServiceName: 'orders', ResourceAttributes: { 'service.name': 'orders' }, SpanAttributes: attributes, Duration: ms * 1e6, StatusCode: status,
    });
    const sql = (id: number): Readonly<Record<string, string>> => ({ 'db.system.name': 'postgresql', 'db.query.text': `SELECT * FROM orders WHERE id = ${id} AND state = 'open'` });
    const summary = { 'db.system': 'postgresql', 'db.query.summary': 'SELECT items', 'server.address': 'main-db', 'server.port': '5432' };
    await store.insert('otel_traces', [
      ...[-60, -50, -40].map((at) => span(at, 4, sql(at + 1_000))), ...[5, 10].map((at) => span(at, 6, sql(at))), ...[20, 21, 22, 23].map((at) => span(at, 300, summary, at === 20 ? 'Error' : 'Unset')),
      span(30, 900, { 'db.system.name': 'redis' }), span(-400, 900, summary), span(-5, 900, summary),
    ]);
    expect(await loadOperations(store, { peer: 'postgresql', callers: ['orders'], onset, to: onset + 60_000 })).toEqual([
      operation('orders', 'SELECT items', calls(0), calls(4, 300, 0.25), 'main-db:5432'),
      operation('orders', 'SELECT * FROM orders WHERE id = ? AND state = ?', calls(3, 4), calls(2, 6)),
    ]);
    expect(await loadOperations(store, { peer: 'postgresql', callers: [], onset, to: onset + 60_000 })).toEqual([]);
  });

  it.each<[string, string, Readonly<Record<string, string>>]>([
    ['its system', 'redis', { 'db.system': 'redis', 'server.address': 'cache' }],
    ['its service', 'pay', { 'service.peer.name': 'pay', 'net.peer.name': 'pay.example' }],
    ['an older name of its service', 'pay-2', { 'peer.service': 'pay-2', 'server.address': 'pay.example' }],
    ['its host', 'pay.example', { 'server.address': 'pay.example', 'url.full': 'https://other.example/' }],
    ['an older name of its host', 'pay-3.example', { 'rpc.system': 'grpc', 'net.peer.name': 'pay-3.example' }],
    ['its URL', 'pay-4.example', { 'url.full': 'https://user:secret@pay-4.example:8443/v1?to=a@b' }],
    ['an older name of its URL', 'pay-5', { 'http.url': 'http://pay-5/v1' }],
    ['whose model it is', 'openai', { 'gen_ai.provider.name': 'openai', 'gen_ai.system': 'other' }],
    ['an older name of whose model it is', 'anthropic', { 'gen_ai.system': 'anthropic' }],
    ['the function that is invoked', 'resize', { 'faas.invoked_name': 'resize' }],
  ])('is of a peer that is called as on the service map: by %s', async (_, peer, attributes) => {
    const onset = Date.now() - 60_000;
    await store.insert('otel_traces', [{ Timestamp: new Date(onset + 1000).toISOString(), TraceId: peer, SpanId: 's', SpanName: 'call', SpanKind: 'Client', ServiceName: `calls ${peer}`, SpanAttributes: attributes, Duration: 1e6, StatusCode: 'Unset' }]);
    expect(await store.query('SELECT peer FROM edge_halves WHERE service = {caller:String}', { params: { caller: `calls ${peer}` } })).toEqual([{ peer }]);
    expect(await loadOperations(store, { peer, callers: [`calls ${peer}`], onset, to: onset + 60_000 })).toMatchObject([{ name: 'call' }]);
  });

  it.each<[string, string, string]>([['the caller that has a new version, where addresses are not known', '', 'payments'], ['itself, where others are well at other addresses', '-own', 'postgresql']])('where it fails one caller alone, that is blamed on %s', async (_, own, cause) => {
    const onset = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
    const [payments, catalog] = [`payments${own}`, `catalog${own}`];
    const span = (ServiceName: string, at: number, SpanKind: string, failed = false, version = '1') => ({
      Timestamp: new Date(onset + at * 1000).toISOString(), TraceId: `${ServiceName}${at}`, SpanId: `${SpanKind}${at}`, SpanName: 'op', SpanKind, ServiceName, ResourceAttributes: { 'service.name': ServiceName, 'service.version': version },
      SpanAttributes: SpanKind === 'Client' ? { 'db.system.name': 'postgresql', 'server.address': own && `${ServiceName}-db` } : {}, Duration: 4e6, StatusCode: failed ? 'Error' : 'Unset',
    });
    const [before, since] = [Array.from({ length: 20 }, (_, at) => at - 60), Array.from({ length: 20 }, (_, at) => at)];
    await store.insert('otel_traces', [
      ...[...before, ...since].flatMap((at) => [span(payments, at, 'Client', at >= 0), span(catalog, at, 'Client')]),
      span(payments, -200, 'Server'), span(payments, -20, 'Server', false, '2'), span(payments, 10, 'Server', true, '2'),
    ]);
    const topology = createTopology([payments, catalog].map((client) => edge(client, 'postgresql', { silent: true, isKnown: true, errorRise: client === payments ? 1 : 0 })));
    const explain = createAnalysis({ store, logger: silentLogger, config: incidentsConfig.parse({}), lessons: untaughtOnly, onReadFailure: () => undefined });
    const { incident } = await explain(openIncident(payments, [anomalyOf('errors', payments, { startsAt: onset })], onset), NOT_ANALYSED, topology, onset + 60_000);
    expect(incident.timeline.map(({ text }) => text)).toContain('Version 2 appeared');
    expect(incident.causes[0]?.service).toBe(cause);
  });
});
