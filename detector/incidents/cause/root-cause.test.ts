import { describe, expect, it } from 'vitest';
import type { ProcessChange } from '#core/processes.js';
import type { Anomaly, Direction, SeriesKind } from '#core/types.js';
import { ARRIVAL_METRIC } from '../../words.js';
import { OBJECTIONS } from '../../long/voice.js';
import type { Deploy } from './deploys.js';
import { rarityOf, seenIn } from './rarity.js';
import { scoreCauses, type Knowledge } from './root-cause.js';
import { edgesOf, type Calls, type CallSums, type Edge } from '../graph/edges.js';
import { anomalyOf, edge, T } from '../testing.js';
import { createTopology } from '../graph/topology.js';


interface Shown {
  readonly kind: SeriesKind;
  readonly metric?: string;
  readonly from?: number;
  readonly to?: number;
  readonly at?: number;
  readonly direction?: Direction;
}

function shows(service: string, { kind, metric = kind, from = 10, to = 100, at = 0, direction = 'up' }: Shown): Anomaly {
  return anomalyOf(kind, service, { series: { metric }, startsAt: T + at * 1000, value: to, expected: from, upper: 0, direction });
}

const ranked = (anomalies: readonly Anomaly[], edges: readonly Edge[], knowledge: Knowledge = {}): string[] => scoreCauses(anomalies, createTopology(edges), [], 0, knowledge).map(({ service }) => service);

const NO_CALLS: CallSums = { count: 0, errors: 0, durationMs: 0 };

describe('scoreCauses', () => {
  const chain = [edge('web', 'shop'), edge('shop', 'stock'), edge('stock', 'disk')];
  it('goes down the calls as far as the rise is large enough to explain the one above', () => {
    const slow = (service: string, to: number): Anomaly => shows(service, { kind: 'latency', to });
    expect(ranked([slow('web', 300), slow('shop', 290), slow('stock', 250)], chain)[0]).toBe('stock');
    const trifling = scoreCauses([slow('web', 300), slow('shop', 290), slow('stock', 15)], createTopology(chain), [], 0);
    expect(trifling[0]?.service).toBe('shop');
    expect(trifling.find(({ service }) => service === 'stock')?.reason).toContain('too little to explain its callers');
  });
  it('says how much later something began as a person would', () => {
    const reasons = scoreCauses([shows('web', { kind: 'errors' }), shows('shop', { kind: 'errors', at: 45 }), shows('stock', { kind: 'errors', at: 599_459 })], createTopology(chain), [], 0).map(({ reason }) => reason).join();
    for (const text of ['first to change', ', 45 s after the first sign', ', 6 d 23 h after the first sign']) expect(reasons).toContain(text);
  });
  it('adds up what many calls of one request take longer, each of them little', () => {
    const slow = [shows('web', { kind: 'latency', from: 140, to: 500 }), shows('shop', { kind: 'latency', from: 131, to: 491 }), shows('stock', { kind: 'latency', from: 5, to: 27 })];
    const calls = (made: number): Edge[] => edgesOf([{ client: 'shop', server: 'stock', recent: NO_CALLS, before: NO_CALLS, made: { recent: made, before: made }, asked: { recent: 100, before: 100 } }]);
    expect(ranked(slow, [edge('web', 'shop'), ...calls(2_500)])[0]).toBe('stock');
    expect(ranked(slow, [edge('web', 'shop'), ...calls(100)])[0]).toBe('shop');
  });
  it('answers what the alarm asks: slowness below does not explain errors above', () => {
    const evidence = [shows('web', { kind: 'errors', from: 0, to: 0.2 }), shows('shop', { kind: 'errors', from: 0, to: 0.3 }), shows('stock', { kind: 'latency' }), shows('batch', { kind: 'errors', from: 0, to: 0.9 })];
    expect(ranked(evidence, chain, { alarm: { service: 'web', symptom: 'errors' } })[0]).toBe('shop');
  });
  it('lets slowness below explain errors above when it was there before them, not when it came after', () => {
    const both = (slowAt: number): Anomaly[] => [shows('shop', { kind: 'errors', from: 0, to: 0.5, at: 20 }), shows('stock', { kind: 'latency', at: slowAt })];
    expect([ranked(both(0), chain)[0], ranked(both(60), chain)[0]]).toEqual(['stock', 'shop']);
  });
  it('dates trouble by its records only where nothing else shows it: one of them now and then may go on as an episode of them', () => {
    const fails = [shows('web', { kind: 'errors', from: 0, to: 0.4, at: 5 }), shows('shop', { kind: 'errors', from: 0, to: 0.5 })];
    const stray = shows('web', { kind: 'logs', from: 0, to: 40, at: -60 });
    expect(scoreCauses([...fails, stray], createTopology(chain), [], 0)).toMatchObject([{ service: 'shop', onsetAt: T }, { service: 'web', onsetAt: T + 5_000 }]);
    expect(scoreCauses([stray], createTopology(chain), [], 0)[0]?.onsetAt).toBe(T - 60_000);
  });
  it('suspects a failing service that began to call what it never called', () => {
    const evidence = [shows('web', { kind: 'errors', from: 0, to: 0.2 }), shows('shop', { kind: 'errors', from: 0, to: 0.3 }), shows('stock', { kind: 'rate', from: 0, to: 20 }), shows('stock', { kind: 'latency' })];
    const [first] = scoreCauses(evidence, createTopology(chain), [], 0, { alarm: { service: 'web', symptom: 'errors' } });
    expect(first).toMatchObject({ service: 'shop', reason: expect.stringContaining('it began to call stock') as string });
  });
  it('blames the caller that leaves calls out for what is no longer asked, but not where it fails, nor where nobody else asks', () => {
    const quiet = [shows('stock', { kind: 'rate', to: 0, direction: 'absent' }), shows('disk', { kind: 'rate', to: 0, direction: 'absent', at: 5 })];
    const skips = (client: string): Edge => ({ ...edge(client, 'stock'), perRequest: 0.05 });
    const below = [edge('web', 'shop'), edge('stock', 'disk')];
    const [first, ...others] = scoreCauses(quiet, createTopology([...below, skips('shop')]), [], 0);
    expect(first).toMatchObject({ service: 'shop', reason: 'for each request it calls stock less than before, and its own requests show nothing.' });
    expect(others.map(({ service, reason }) => [service, reason.slice(reason.indexOf(';') + 2)])).toEqual([['stock', 'for each request its caller shop calls it less than before.'], ['disk', 'its caller stock lost traffic as well.']]);
    expect(ranked(quiet, [...below, { ...edge('shop', 'stock'), perRequest: 0.9 }])[0]).toBe('stock');
    expect(ranked(quiet, [...below, skips('shop'), skips('desk')])[0]).toBe('stock');
    expect(ranked(quiet, [...below, { ...skips('shop'), errorRise: 0.5 }])[0]).toBe('stock');
    const silent = { ...shows('stock', { kind: 'metric', metric: ARRIVAL_METRIC, to: 0, direction: 'absent' }), id: 'stock/arrival' };
    expect(ranked([...quiet, silent], [...below, skips('shop')])[0]).toBe('stock');
  });
  it('does not take one that nobody asks any more for left out by one of its callers: the others may be too few to tell', () => {
    const lost = (to: number, direction: Direction): Anomaly[] => [shows('stock', { kind: 'rate', to, direction })];
    const edges = [edge('web', 'shop'), { ...edge('shop', 'stock'), perRequest: 0.05 }, edge('desk', 'stock')];
    expect([ranked(lost(0, 'absent'), edges)[0], ranked(lost(2, 'down'), edges)[0], ranked(lost(0, 'absent'), edges.slice(0, 2))[0]]).toEqual(['stock', 'shop', 'shop']);
  });
  it('blames nobody for calling less, or more, who is asked less or more itself', () => {
    const lost = (service: string, operation = ''): Anomaly => ({ ...shows(service, { kind: 'rate', to: 0, direction: 'absent' }), id: `${service}/${operation}`, series: { ...shows(service, { kind: 'rate' }).series, operation } });
    // Nobody asks for orders any more: web leads to fewer calls of the shop, and these to none of the till.
    const mix = [{ ...edge('web', 'shop'), perRequest: 0.6 }, { ...edge('shop', 'till'), perRequest: 0.05 }];
    expect(ranked([lost('web', 'POST /orders'), lost('shop', 'POST /orders'), lost('till')], mix)[0]).toBe('web');
    expect(ranked([lost('shop', 'POST /orders'), lost('till')], mix)[0]).toBe('web');
    const more = [shows('web', { kind: 'rate', from: 1, to: 5 }), shows('stock', { kind: 'rate', from: 1, to: 5 }), shows('stock', { kind: 'latency', from: 5, to: 100 })];
    expect(ranked(more, [{ ...edge('web', 'stock'), perRequest: 3.8 }])[0]).toBe('stock');
  });
  it('takes one call that fails for chance', () => {
    const calls = (errors: number): Calls => ({ client: 'shop', server: 'payment', recent: { count: 20, errors, durationMs: 100 }, before: { count: 1_000, errors: 0, durationMs: 5_000 }, made: { recent: 20, before: 1_000 }, asked: { recent: 20, before: 1_000 } });
    expect([edgesOf([calls(1)])[0]?.errorRise, edgesOf([calls(2)])[0]?.errorRise]).toEqual([0, 0.1]);
  });
  it('knows of few calls that they fail where three more do than were due', () => {
    const rise = (errors: number, usual: number): number | undefined => edgesOf([{ client: 'shop', server: 'payment', recent: { count: 6, errors, durationMs: 60_000 }, before: { count: 1_000, errors: usual, durationMs: 5_000 }, made: { recent: 6, before: 1_000 }, asked: { recent: 6, before: 1_000 } }])[0]?.errorRise;
    expect([rise(2, 0), rise(3, 0), rise(4, 400)]).toEqual([0, 0.5, 0]);
  });
  it('does not take a breaker that is open for calls left out', () => {
    const calls = (errors: number): Calls => ({ client: 'shop', server: 'cart', recent: { count: 6, errors, durationMs: 30 }, before: { count: 5_000, errors: 10, durationMs: 50_000 }, made: { recent: 6, before: 5_000 }, asked: { recent: 170, before: 5_000 } });
    expect(edgesOf([calls(0)])[0]?.perRequest).toBeCloseTo(6 / 170);
    expect(edgesOf([calls(6)])[0]?.perRequest).toBeUndefined();
  });
  it('blames the caller that calls again and again for what it overloads, but not where that fails', () => {
    const slow = [shows('web', { kind: 'latency', from: 60, to: 500 }), shows('shop', { kind: 'latency', from: 50, to: 500 }), shows('stock', { kind: 'latency', from: 5, to: 100 }), shows('stock', { kind: 'rate', from: 10, to: 40 })];
    const edges = [edge('web', 'shop'), { ...edge('shop', 'stock'), perRequest: 4.02 }, edge('desk', 'stock')];
    const [first, ...others] = scoreCauses(slow, createTopology(edges), [], 0);
    expect(first).toMatchObject({ service: 'shop', reason: expect.stringContaining('for each request it calls stock 4 times as often as before.') as string });
    expect(others.find(({ service }) => service === 'stock')?.reason).toContain('for each request its caller shop calls it 4 times as often as before');
    expect(ranked([...slow, { ...shows('stock', { kind: 'errors', from: 0, to: 0.5 }) }], edges)[0]).toBe('stock');
    expect(ranked(slow.slice(2), edges)[0]).toBe('shop');
    // What answers as fast as ever may take all the time of who asks it again and again; what refuses is faster.
    const [one] = scoreCauses([...slow.slice(0, 2), ...slow.slice(3)], createTopology(edges), [], 0);
    expect(one).toMatchObject({ service: 'shop', reason: expect.stringContaining('it calls stock 4 times as often as before') as string });
    expect(scoreCauses([...slow.slice(0, 2), ...slow.slice(3), shows('stock', { kind: 'latency', from: 5, to: 1, direction: 'down' })], createTopology(edges), [], 0)[0]?.reason).not.toContain('times as often');
    expect(ranked(slow, [edge('web', 'shop'), { ...edge('shop', 'stock'), perRequest: 1.5 }])[0]).toBe('stock');
  });
  it('does not blame who undoes what was done before one of its calls failed', () => {
    const fails = (service: string): Anomaly => shows(service, { kind: 'errors', from: 0, to: 0.6 });
    const evidence = [fails('edge'), fails('booking'), shows('booking', { kind: 'latency', from: 40, to: 60 }), shows('seats', { kind: 'rate', from: 3, to: 6 })];
    const edges = [edge('edge', 'booking'), edge('booking', 'seats', { isKnown: true, perRequest: 2 }), edge('booking', 'charges', { isKnown: true, errorRise: 0.6 })];
    expect(ranked([...evidence, fails('charges')], edges)[0]).toBe('charges');
    // What fails for it alone, such as by its own timeout, is no cause.
    expect(scoreCauses(evidence, createTopology([...edges, edge('charges', 'bank')]), [], 0)[0]?.reason).toContain('it calls seats 2 times as often as before');
  });
  it('blames a cache that holds less than before for what all who ask it ask elsewhere', () => {
    const slow = ['rules', 'fx'].map((service) => shows(service, { kind: 'latency', to: 200 }));
    const missed = shows('redis', { kind: 'metric', metric: 'redis_keyspace_hit_ratio', from: 0.95, to: 0.05, at: 10, direction: 'down' });
    const edges = ['rules', 'fx'].flatMap((client) => [edge(client, 'redis', { silent: true, isKnown: true }), edge(client, 'postgresql', { silent: true, isKnown: true, slowdown: 9, perRequest: 19 })]);
    const [first, ...others] = scoreCauses([...slow, missed], createTopology(edges), [], 0);
    expect(first).toMatchObject({ service: 'redis', reason: expect.stringContaining('its callers ask postgresql for what it no longer holds') as string });
    expect(others.find(({ service }) => service === 'postgresql')?.reason).toContain('its callers ask it for what redis no longer holds');
    expect(ranked([...slow, { ...missed, direction: 'up' }], edges)[0]).toBe('postgresql');
    expect(ranked([...slow, missed], edges.map((one) => ({ ...one, perRequest: 1 })))[0]).toBe('postgresql');
    expect(ranked([...slow, missed], edges.slice(1))[0]).toBe('postgresql');
  });
  it('says of what only a long memory objects to what it is not', () => {
    const [first] = scoreCauses([{ ...shows('web', { kind: 'rate', to: 3, direction: 'down' }), contributions: [{ detector: OBJECTIONS.day, score: 1.4 }, { detector: 'robust', score: 0.2 }] }], createTopology(chain), [], 0);
    expect(first?.reason).toMatch(/^traffic .*, which is not usual at this time of day, first to change/);
  });
  it('suspects a new version, unless it was rolled back before the onset', () => {
    const evidence = [shows('web', { kind: 'errors', from: 0, to: 0.2 }), shows('batch', { kind: 'errors', from: 0, to: 0.2 })];
    const at = evidence[0]?.startsAt ?? 0;
    const first = (goneAt?: number): string | undefined => scoreCauses(evidence, createTopology([]), [{ service: 'batch', version: '2', at: at - 200_000, ...(goneAt !== undefined && { goneAt }) }], 300_000)[0]?.reason;
    expect(first()).toContain('version 2 appeared');
    expect(first(at + 60_000)).toContain('version 2 appeared');
    expect(first(at - 60_000)).not.toContain('version');
  });
  it('blames a silent callee, but not on the word of a caller that is short of resources where another is served well', () => {
    const slow = { silent: true, slowdown: 8 };
    const evidence = [shows('web', { kind: 'latency' }), shows('web', { kind: 'metric', metric: 'heap_used' })];
    expect(ranked(evidence, [{ ...edge('web', 'db'), ...slow }])[0]).toBe('db');
    expect(ranked(evidence, [{ ...edge('web', 'db'), ...slow }, { ...edge('shop', 'db'), ...slow }])[0]).toBe('db');
    expect(ranked(evidence, [{ ...edge('web', 'db'), ...slow }, { ...edge('shop', 'db'), silent: true }])).toEqual(['web']);
    expect(scoreCauses(evidence, createTopology([{ ...edge('web', 'db'), ...slow }, { ...edge('shop', 'db'), silent: true, isKnown: true }]), [], 0)).toMatchObject([{ service: 'web', reason: expect.stringContaining('its calls to db degraded, those of others did not.') as string }]);
    expect(ranked([shows('web', { kind: 'latency' })], [{ ...edge('web', 'db'), ...slow }, { ...edge('shop', 'db'), silent: true }])[0]).toBe('db');
  });
  it('blames a silent callee whose calls fail for who is only slow: it does without their answers, or swallows that they fail', () => {
    const slow = [shows('shop', { kind: 'latency' })];
    const fails = { ...edge('shop', 'cache'), silent: true, errorRise: 0.9 };
    expect(scoreCauses(slow, createTopology([fails, { ...edge('shop', 'db'), silent: true, slowdown: 3 }]), [], 0)[0]).toMatchObject({ service: 'cache', reason: expect.stringMatching(/^calls to it began to fail, first to change/) as string });
    expect(ranked([shows('shop', { kind: 'errors', from: 0, to: 0.4 })], [{ ...edge('shop', 'cache'), silent: true, slowdown: 9 }])[0]).toBe('shop');
  });
  it('dates what sends nothing by whoever saw it first, and what hangs by who waited for it before that failed', () => {
    const fails = (service: string, at: number): Anomaly => shows(service, { kind: 'errors', from: 0, to: 0.5, at });
    const calls = [edge('web', 'db', { silent: true, errorRise: 0.9 }), edge('shop', 'db', { silent: true, errorRise: 0.5 })];
    expect(scoreCauses([fails('web', 40), fails('shop', 0)], createTopology(calls), [], 0)[0]).toMatchObject({ service: 'db', onsetAt: T });
    const hangs = [shows('shop', { kind: 'latency' }), fails('shop', 20)];
    expect(scoreCauses(hangs, createTopology([edge('shop', 'bank', { silent: true, errorRise: 0.7, slowdown: 50 })]), [], 0)[0]).toMatchObject({ service: 'bank', onsetAt: T });
    expect(scoreCauses(hangs, createTopology([edge('shop', 'bank', { silent: true, errorRise: 0.7 })]), [], 0).find(({ service }) => service === 'bank')?.onsetAt).toBe(T + 20_000);
  });
  it.each([{ errorRise: 0.9 }, { slowdown: 20 }])('blames a queue whose producers suffer by it, also where consumers are known to take from it: %o', (trouble) => {
    const evidence = [shows('web', { kind: trouble.errorRise === undefined ? 'latency' : 'errors', from: 0.1, to: 0.9 })];
    const edges = [edge('web', 'kafka', { silent: true, ...trouble }), edge('kafka', 'stock', { taken: true, ...trouble })];
    expect(ranked(evidence, edges)).toEqual(['kafka', 'web']);
    expect(ranked([...evidence, ...evidence.map((one) => ({ ...one, id: 'stock', series: { ...one.series, service: 'stock' } }))], edges)).toEqual(['kafka', 'stock', 'web']);
  });
  it('blames who reaches nothing any more, not one of what went quiet or fails for it alone', () => {
    const [stock, till] = [shows('stock', { kind: 'rate', to: 0, direction: 'absent', at: 5 }), shows('till', { kind: 'rate', to: 0, direction: 'absent', at: 5 })];
    const evidence = [shows('web', { kind: 'errors', from: 0, to: 0.4, at: 5 }), shows('shop', { kind: 'errors', from: 0, to: 1 }), stock, till];
    const edges = [edge('web', 'shop'), edge('shop', 'stock'), edge('shop', 'till')];
    const [first, ...others] = scoreCauses(evidence, createTopology(edges), [], 0);
    expect(first).toMatchObject({ service: 'shop', reason: expect.stringContaining('it no longer reaches stock and till.') as string });
    expect(others.find(({ service }) => service === 'till')?.reason).toContain('its caller shop no longer reaches others either');
    // One alone, one that others call, one that calls the other, and one whose metrics stopped too, may be gone.
    expect(ranked(evidence.slice(0, 3), edges)[0]).toBe('stock');
    expect(ranked(evidence, [...edges, edge('desk', 'till')])[0]).not.toBe('shop');
    expect(ranked(evidence, [...edges, edge('stock', 'till')])[0]).not.toBe('shop');
    expect(ranked([...evidence, { ...shows('till', { kind: 'metric', metric: ARRIVAL_METRIC, to: 0, direction: 'absent', at: 5 }), id: 'till/arrival' }], edges)[0]).toBe('till');
    // Where calls to one fail, and the other is called after it, nothing gets that far.
    expect(ranked(evidence, [edge('web', 'shop'), edge('shop', 'stock', { errorRise: 1 }), edge('shop', 'till')])[0]).toBe('stock');
    expect(ranked(evidence, [edge('web', 'shop'), edge('shop', 'stock', { errorRise: 1 }), edge('shop', 'till', { errorRise: 1 })])[0]).toBe('shop');
    const silent = (server: string, client = 'shop'): Edge => ({ ...edge(client, server), silent: true, errorRise: 1 });
    const three = [silent('db'), silent('cache'), silent('bank')];
    expect(scoreCauses(evidence.slice(1, 2), createTopology(three), [], 0)).toMatchObject([{ service: 'shop', reason: expect.stringContaining('it no longer reaches db, cache and bank.') as string }]);
    expect(ranked(evidence.slice(1, 2), three.slice(1))[0]).not.toBe('shop');
    expect(ranked(evidence.slice(1, 2), [...three, edge('shop', 'kafka', { silent: true, isKnown: true })])[0]).toBe('db');
    expect(ranked(evidence.slice(1, 2), [...three, edge('shop', 'kafka', { silent: true })])[0]).toBe('shop');
    expect(ranked(evidence.slice(0, 2), [...three, silent('db', 'web'), edge('web', 'shop')])[0]).toBe('db');
  });
  it('blames who reaches nothing outside its network any more, not one of what several providers serve there', () => {
    const evidence = [shows('web', { kind: 'errors', from: 0, to: 0.4, at: 5 }), shows('shop', { kind: 'errors', from: 0, to: 1 })];
    const first = (servers: readonly string[], more: readonly Edge[] = []): string | undefined =>
      ranked(evidence, [edge('web', 'shop'), ...servers.map((server) => edge('shop', server, { silent: true, isKnown: true, errorRise: 1 })), edge('shop', 'redis', { silent: true, isKnown: true }), ...more])[0];
    const out = ['api.maps.example', 'api.sms.example', 'hooks.crm.example:443'];
    expect(first(out)).toBe('shop');
    expect(first(out, [edge('shop', 'api.bank.example', { silent: true, isKnown: true })])).toBe('api.maps.example');
    expect(first(['s3.cloud.example', 'sqs.cloud.example', 'kms.cloud.example'])).toBe('s3.cloud.example');
    expect(first(['cache.shop.svc.cluster.local', 'db.internal', 'kafka.local'])).toBe('cache.shop.svc.cluster.local');
  });
  it('blames who no longer reaches what serves others well, not that', () => {
    const evidence = [shows('web', { kind: 'errors', from: 0, to: 0.4, at: 5 }), shows('shop', { kind: 'errors', from: 0, to: 1 })];
    const fails = (server: string, more: Partial<Edge> = {}): Edge => edge('shop', server, { isKnown: true, errorRise: 1, ...more });
    const well = (server: string, more: Partial<Edge> = {}): Edge => edge('desk', server, { isKnown: true, ...more });
    // The first call of each of two operations fails, so that the others are not made.
    const edges = [edge('web', 'shop'), fails('redis', { silent: true }), fails('rules'), edge('shop', 'postgresql', { silent: true }), well('redis', { silent: true }), well('rules')];
    expect(scoreCauses(evidence, createTopology(edges), [], 0)).toMatchObject([{ service: 'shop', reason: expect.stringContaining('it no longer reaches redis and rules.') as string }, { service: 'web' }]);
    expect(ranked(evidence, [...edges.slice(0, 3), edge('shop', 'postgresql', { silent: true, isKnown: true }), ...edges.slice(4)])[0]).not.toBe('shop');
    expect(ranked(evidence, edges.filter(({ client, server }) => client !== 'desk' || server !== 'rules'))[0]).not.toBe('shop');
    // One certificate that one caller does not trust: what it calls loses some of its traffic.
    const lost = shows('rules', { kind: 'rate', from: 20, to: 12, direction: 'down', at: 5 });
    const one = [edge('web', 'shop'), fails('rules'), edge('shop', 'redis', { silent: true, isKnown: true }), well('rules')];
    const [first, ...others] = scoreCauses([...evidence, lost], createTopology(one), [], 0);
    expect(first).toMatchObject({ service: 'shop', reason: expect.stringContaining('it no longer reaches rules.') as string });
    expect(others.find(({ service }) => service === 'rules')?.reason).toContain('its caller shop no longer reaches it, and others do');
    expect(ranked([...evidence, lost], [...one.slice(0, 3), well('rules', { errorRise: 1 })])[0]).toBe('rules');
    expect(ranked([...evidence, lost], one.slice(0, 3))[0]).toBe('rules');
  });
  it('blames who turns requests of all its callers away, which is no failure of its own, not them nor what it asks no more', () => {
    const fails = (service: string, at = 0): Anomaly => shows(service, { kind: 'errors', from: 0, to: 0.6, at });
    const refused = (client: string, more: Partial<Edge> = {}): Edge => edge(client, 'pricing', { isKnown: true, errorRise: 0.6, ...more });
    const edges = [edge('web', 'rides'), edge('web', 'quotes'), refused('rides'), refused('quotes'), edge('pricing', 'rules')];
    const evidence = [fails('web', 5), fails('rides'), fails('quotes')];
    const [first, ...others] = scoreCauses(evidence, createTopology(edges), [], 0);
    expect(first).toMatchObject({ service: 'pricing', reason: 'calls to it began to fail, first to change; its own requests show nothing, and who calls it is in trouble.' });
    expect(others.find(({ service }) => service === 'rides')?.reason).toContain('it calls pricing, which degraded too');
    const lost = shows('rules', { kind: 'rate', to: 0, direction: 'absent' });
    const quiet = scoreCauses([...evidence, lost], createTopology(edges), [], 0);
    expect([quiet[0]?.service, quiet.find(({ service }) => service === 'rules')?.reason]).toEqual(['pricing', expect.stringContaining('its caller pricing turns requests away') as string]);
    // Where its own calls fail, it may answer for what is lost; and who refuses one caller alone, or lost traffic itself, turns nobody away.
    expect(ranked([...evidence, lost], [...edges.slice(0, 4), edge('pricing', 'rules', { errorRise: 0.6 })])[0]).toBe('rules');
    expect(ranked(evidence, [...edges.slice(0, 3), refused('quotes', { errorRise: 0 }), edge('pricing', 'rules')])).not.toContain('pricing');
    expect(scoreCauses([...evidence, shows('pricing', { kind: 'rate', to: 0, direction: 'absent' })], createTopology(edges), [], 0)[0]).toMatchObject({ service: 'pricing', reason: expect.stringContaining('its callers began to fail when it went quiet') as string });
  });
  it('blames who turns requests away for what its callers ask no more: who passes a 401 on does not fail itself', () => {
    const lost = ['quotes', 'rides'].map((service) => shows(service, { kind: 'rate', to: 0, direction: 'absent' }));
    const refused = (client: string): Edge => edge(client, 'auth', { isKnown: true, errorRise: 0.9 });
    const edges = [edge('web', 'quotes'), edge('mobile', 'rides'), refused('web')];
    expect(scoreCauses(lost, createTopology([...edges, refused('mobile')]), [], 0)[0]).toMatchObject({ service: 'auth', onsetAt: T, reason: expect.stringMatching(/^calls to it began to fail, first to change; /) as string });
    expect(ranked(lost, [...edges, edge('mobile', 'auth', { isKnown: true })])).not.toContain('auth');
  });
  it('blames whom one caller alone calls for what it rejects, where it says so itself at that time', () => {
    const edges = [edge('gateway', 'bff', { isKnown: true, errorRise: 0.4 }), edge('bff', 'rides')];
    const failing = [shows('gateway', { kind: 'errors', from: 0, to: 0.5 }), shows('gateway', { kind: 'logs', from: 0, to: 20 })];
    const says = (more: Partial<Shown> = {}): Anomaly => shows('bff', { kind: 'logs', from: 0, to: 20, at: 15, ...more });
    const own = (to: number): Anomaly => shows('bff', { kind: 'errors', from: 0, to, at: 30 });
    const [first, second] = scoreCauses([...failing, says(), own(0.02)], createTopology(edges), [], 0);
    expect([first, second]).toMatchObject([{ service: 'bff', onsetAt: T, reason: expect.stringContaining('and calls to it began to fail, first to change; its callers followed') as string }, { service: 'gateway', reason: expect.stringContaining('it calls bff, which degraded too') as string }]);
    const blamed = (anomalies: readonly Anomaly[], more: readonly Edge[] = []): string | undefined => ranked([...failing, ...anomalies], [...edges, ...more])[0];
    expect([blamed([]), blamed([says({ from: 8 })]), blamed([says({ at: 120 })]), blamed([says()], [edge('partner', 'bff')])]).toEqual(Array(4).fill('gateway'));
    expect(scoreCauses([...failing, says(), own(0.3)], createTopology(edges), [], 0)[0]?.reason).not.toContain('calls to it');
  });
  it('blames what is slow for all its callers though it shows none of it, where what it calls is well: they wait before it begins to count', () => {
    const evidence = ['quotes', 'rides'].map((service) => shows(service, { kind: 'latency' }));
    const slow = (client: string): Edge => edge(client, 'limits', { isKnown: true, slowdown: 8 });
    const first = (...edges: readonly Edge[]): string | undefined => ranked(evidence, [slow('quotes'), ...edges])[0];
    expect(first(slow('rides'), edge('limits', 'redis', { silent: true, isKnown: true }))).toBe('limits');
    expect(first(edge('rides', 'limits', { isKnown: true }), edge('limits', 'redis', { silent: true, isKnown: true }))).not.toBe('limits');
    expect(first(slow('rides'), edge('limits', 'redis', { silent: true, isKnown: true, slowdown: 8 }))).not.toBe('limits');
  });
  it('does not say that nothing a service calls fails where its calls fail, though the callee shows none of it', () => {
    const edges = [edge('gateway', 'bff', { isKnown: true, errorRise: 0.5 }), edge('bff', 'rides')];
    expect(scoreCauses([shows('gateway', { kind: 'errors', from: 0, to: 0.2 })], createTopology(edges), [], 0)).toMatchObject([{ service: 'gateway', reason: expect.stringMatching(/; its calls to bff fail, though bff shows no failures\.$/) as string }]);
    expect(scoreCauses([shows('gateway', { kind: 'latency' })], createTopology(edges), [], 0)[0]?.reason).toContain('nothing it calls is worse');
  });
  it('blames the silent callee that fails one caller alone, where that crashed of it or has a new version: others may use another of its kind', () => {
    const evidence = [shows('payments', { kind: 'errors', from: 0, to: 1 })];
    const edges = [{ ...edge('payments', 'postgresql'), silent: true, isKnown: true, errorRise: 1 }, { ...edge('catalog', 'postgresql'), silent: true, isKnown: true }];
    const restart = (at: number): ProcessChange => ({ service: 'payments', at: T + at, until: T + at, before: 1, gone: 1, came: 1, settled: true, changed: [], rolledOut: '', text: 'Restarted' });
    const first = (deploys: readonly Deploy[], changes: readonly ProcessChange[]): string | undefined => scoreCauses(evidence, createTopology(edges), deploys, 300_000, { changes })[0]?.service;
    expect([first([], []), first([], [restart(10_000)]), first([], [restart(-20_000)]), first([{ service: 'payments', version: '2', at: T - 20_000 }], [])]).toEqual(Array(4).fill('postgresql'));
  });
  it('blames a database or queue whose calls degraded no less where it has metrics of its own, and says both', () => {
    const fails = [{ ...edge('web', 'shop'), errorRise: 0.4 }, { ...edge('shop', 'redis'), silent: true, errorRise: 1 }];
    const evidence = [shows('shop', { kind: 'errors', from: 0, to: 0.4 }), shows('web', { kind: 'errors', from: 0, to: 0.4, at: 5 })];
    const [down] = scoreCauses([...evidence, shows('redis', { kind: 'metric', metric: 'redis_up', from: 1, to: 0, at: 10, direction: 'down' })], createTopology(fails), [], 0);
    expect(down).toMatchObject({ service: 'redis', onsetAt: T, reason: 'it (redis_up) does not answer, and calls to it began to fail, first to change; its callers followed and nothing it calls fails or is slow enough to explain it.' });
    const slow = [{ ...edge('shop', 'kafka'), silent: true, slowdown: 20 }];
    const [lag] = scoreCauses([shows('shop', { kind: 'latency' }), shows('kafka', { kind: 'metric', metric: 'kafka_consumergroup_lag', to: 50_000 })], createTopology(slow), [], 0);
    expect(lag).toMatchObject({ service: 'kafka', reason: expect.stringMatching(/^consumer lag 10 → 50,000, and calls to it became slow, /) as string });
    // What shows how its requests go speaks for itself.
    expect(ranked([shows('shop', { kind: 'latency', to: 300 }), shows('till', { kind: 'rate', from: 10, to: 12 })], [{ ...edge('shop', 'till'), silent: true, slowdown: 20 }])[0]).toBe('shop');
  });
  it('blames what went quiet below failures where calls to it fail, or nobody knows how they go, not where it answers those that still come', () => {
    const evidence = [shows('web', { kind: 'errors', from: 0, to: 0.4 }), shows('shop', { kind: 'rate', from: 15, to: 1.4, at: 5, direction: 'down' })];
    const first = (...edges: readonly Partial<Edge>[]): string | undefined => ranked(evidence, edges.map((one, at) => ({ ...edge(at === 0 ? 'web' : 'batch', 'shop'), ...one })))[0];
    expect([first({}), first({ isKnown: true, errorRise: 0.9 }), first({ isKnown: true }, { isKnown: true, errorRise: 0.9 })]).toEqual(['shop', 'shop', 'shop']);
    expect(first({ isKnown: true })).toBe('web');
  });
  it('blames who lost requests that now go to another, which serves the same, not those that have more to do there', () => {
    const rates = (service: string, from: number, to: number, operations = ['GET /rides', 'GET /quotes']): Anomaly[] =>
      ['', ...operations].map((operation) => ({ ...shows(service, { kind: 'rate', from, to, direction: to > from ? 'up' : 'absent' }), id: `${service}/${operation}`, series: { ...shows(service, { kind: 'rate' }).series, operation } }));
    const slower = ['us-web', 'us-rides', 'us-geo'].map((service) => shows(service, { kind: 'latency', from: 25, to: 50 }));
    const edges = ['eu', 'us'].flatMap((region) => [edge(`${region}-web`, `${region}-rides`), edge(`${region}-rides`, `${region}-geo`)]);
    const lost = [...rates('eu-web', 5, 0), ...rates('eu-rides', 5, 0)];
    const [first, ...others] = scoreCauses([...lost, ...rates('us-web', 5, 10), ...slower], createTopology(edges), [], 0);
    expect(first).toMatchObject({ service: 'eu-web', reason: expect.stringContaining('its requests go to us-web now') as string });
    expect(others.find(({ service }) => service === 'us-geo')?.reason).toContain('us-web gets what eu-web got before');
    const blamed = (more: readonly Anomaly[], also: readonly Edge[] = []): string | undefined => ranked([...lost, ...more, ...slower], [...edges, ...also])[0];
    expect([blamed(rates('us-web', 5, 40)), blamed(rates('us-web', 5, 10, ['GET /desk'])), blamed(rates('us-web', 5, 10), [edge('cdn', 'us-web')]), blamed(rates('us-web', 5, 10), [edge('eu-rides', 'us-geo')])]).toEqual(Array(4).fill('us-geo'));
  });
  it('blames a host of which nothing is heard any more for what went quiet on it, not for what went quiet elsewhere', () => {
    const evidence = [shows('web', { kind: 'errors', from: 0, to: 0.4 }), shows('shop', { kind: 'rate', from: 15, to: 9, direction: 'down' }), { ...shows('node-7', { kind: 'metric', metric: ARRIVAL_METRIC, from: 2, to: 0, at: 15, direction: 'absent' }), id: 'node-7' }];
    const edges = [edge('web', 'shop', { isKnown: true, errorRise: 0.3 })];
    const on = (service: string): Edge => edge(service, 'node-7', { host: true });
    const [first, ...others] = scoreCauses(evidence, createTopology([...edges, on('shop'), on('web')]), [], 0);
    expect([first?.service, others.find(({ service }) => service === 'shop')?.reason]).toEqual(['node-7', expect.stringContaining('it runs on node-7, whose metrics stopped') as string]);
    expect(ranked(evidence, [...edges, edge('shop', 'disk'), on('disk')])[0]).toBe('shop');
  });
  it('believes of what went quiet as much by each caller that began to fail as of what fails', () => {
    const callers = ['web', 'mobile', 'desk'];
    const evidence = [...callers.map((service) => shows(service, { kind: 'errors', from: 0, to: 0.4 })), shows('shop', { kind: 'rate', to: 0, direction: 'absent' })];
    const scored = (count: number): number => scoreCauses(evidence, createTopology(callers.slice(0, count).map((client) => edge(client, 'shop', { isKnown: true, errorRise: 0.9 }))), [], 0).find(({ service }) => service === 'shop')?.score ?? 0;
    expect([scored(2) - scored(1), scored(3) - scored(1)]).toEqual([expect.closeTo(0.5), expect.closeTo(1)]);
  });
  it('ranks a cycle of calls without favour, by its evidence', () => {
    const cycle = [edge('a', 'b'), edge('b', 'c'), edge('c', 'a')];
    expect(ranked([shows('a', { kind: 'latency', at: 0 }), shows('b', { kind: 'latency', at: 40 }), shows('c', { kind: 'latency', at: 40 })], cycle)[0]).toBe('a');
  });
  it('counts rare alerts more than what always fires, and ten of a kind as little more than one', () => {
    const always = ['cpu_0', 'cpu_1', 'cpu_2', 'cpu_3', 'cpu_4'].map((metric) => shows('noisy', { kind: 'metric', metric }));
    const rare = shows('quiet', { kind: 'metric', metric: 'memory' });
    const past = [...Array.from({ length: 20 }, () => always), [...always, rare]];
    expect(ranked([...always, rare], [], { rarity: rarityOf(seenIn(past), [...always, rare], 5) })[0]).toBe('quiet');
  });
  it('says of what changed without its callers what it was', () => {
    const reasons = scoreCauses([shows('web', { kind: 'logs' }), shows('shop', { kind: 'metric', metric: 'heap_used' })], createTopology([]), [], 0).map(({ service, reason }) => [service, reason.split('; ')[1]]);
    expect(Object.fromEntries(reasons)).toEqual({ web: 'whom it calls is not known.', shop: 'its own resources changed.' });
  });
  it('has nothing to say without evidence', () => {
    expect(ranked([], chain)).toEqual([]);
  });
});
