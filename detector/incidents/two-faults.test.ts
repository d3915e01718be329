import { describe, expect, it } from 'vitest';
import type { Anomaly, Direction, Incident, SeriesKind } from '#core/types.js';
import type { Edge } from './graph/edges.js';
import { anomalyOf, edge, incidentsOver, latestOf, T } from './testing.js';

const failing = { errorRise: 0.4 };

interface Shown {
  readonly at?: number;
  readonly kind?: SeriesKind;
  readonly metric?: string;
  readonly direction?: Direction;
  readonly score?: number;
}
function shows(service: string, { at = 0, kind = 'errors', metric = kind, direction = 'up', score = 8 }: Shown = {}): Anomaly {
  return anomalyOf(kind, service, { series: { metric }, startsAt: T + at * 1000, score, direction, ...(direction !== 'up' && { value: 0, expected: 20 }) });
}

/** The incidents that are open after these seconds, in which the evidence goes on. */
async function incidentsAfter(seconds: number, evidence: readonly Anomaly[], edges: readonly Edge[] | ((at: number) => readonly Edge[])): Promise<Incident[]> {
  const { incidents, seen, clock } = incidentsOver(typeof edges === 'function' ? (at) => edges((at - T) / 1000) : edges);
  for (let at = 5; at <= seconds; at += 5) {
    clock.now = T + at * 1000;
    await incidents.consume(evidence.filter(({ startsAt }) => startsAt < clock.now).map((one) => ({ ...one, updatedAt: clock.now })));
  }
  return latestOf(seen).filter(({ status }) => status !== 'resolved');
}
const inTrouble = (incidents: readonly Incident[]): string[] => incidents.map(({ evidence }) => evidence.map(({ series }) => series.service).toSorted().join(' ')).toSorted();

it('takes what a service shows later for part of the incident that it is blamed for, wherever it stands', async () => {
  const lost = ['quotes', 'rides'].map((service) => shows(service, { kind: 'rate', direction: 'down' }));
  const refuses = shows('auth', { at: 20, kind: 'metric', metric: 'tokens_refused', score: 30 });
  const edges = (more: Partial<Edge>): Edge[] => [edge('web', 'quotes'), edge('web', 'rides'), ...['web', 'mobile'].map((client) => edge(client, 'auth', { isKnown: true, ...more }))];
  expect(inTrouble(await incidentsAfter(90, [...lost, refuses], edges({ errorRise: 0.9 })))).toEqual(['auth quotes rides']);
  expect(inTrouble(await incidentsAfter(90, [...lost, refuses], edges({})))).toEqual(['auth', 'quotes rides']);
});

describe('two faults at the same time, two calls apart', () => {
  const fork = [edge('web', 'cart'), edge('web', 'mail')];
  const chain = [edge('web', 'cart'), edge('cart', 'stock')];
  const database = [edge('cart', 'db', { silent: true }), edge('mail', 'db', { silent: true })];
  const both = [shows('cart'), shows('mail')];
  const ends = [shows('web'), shows('stock')];

  it.each<[string, readonly Anomaly[], readonly Edge[]]>([
    ['below a healthy caller', both, fork],
    ['around a healthy middle', ends, chain],
    ['at the ends of a queue whose calls did not degrade', ends, [edge('web', 'kafka', { silent: true }), edge('kafka', 'stock', { taken: true, ...failing })]],
    ['above a healthy callee', both, [edge('cart', 'stock'), edge('mail', 'stock')]],
    ['above a silent database whose calls did not degrade', both, database],
    ['above a silent database whose calls degraded for one of them', both, [edge('cart', 'db', { silent: true, ...failing }), edge('mail', 'db', { silent: true })]],
  ])('stay two incidents %s', async (_name, evidence, edges) => {
    const expected = evidence.map(({ series }) => series.service).toSorted();
    expect(inTrouble(await incidentsAfter(60, evidence, edges))).toEqual(expected);
    // The second waits to be seen as a part of the first, no longer.
    expect(await incidentsAfter(30, evidence, edges)).toHaveLength(1);
  });

  it.each<[string, readonly Anomaly[], readonly Edge[]]>([
    ['past a silent queue', ends, [edge('web', 'cart', { silent: true }), edge('cart', 'stock')]],
    ['past a queue whose calls degraded', ends, [edge('web', 'kafka', { silent: true, ...failing }), edge('kafka', 'stock', { taken: true })]],
    ['past a middle whose calls degraded on both sides', ends, [edge('web', 'cart', failing), edge('cart', 'stock', failing)]],
    ['above a silent database whose calls degraded for both', both, database.map((one) => ({ ...one, ...failing }))],
    ['that lose the traffic of one caller', [shows('cart', { kind: 'rate', direction: 'absent' }), shows('mail', { kind: 'rate', direction: 'absent' })], fork],
    ['whose caller shows it later', [...both, shows('web', { at: 25 })], fork],
  ])('are one %s', async (_name, evidence, edges) => {
    expect(await incidentsAfter(90, evidence, edges)).toHaveLength(1);
  });

  it('become one when calls are seen to degrade before it is too late', async () => {
    const incidents = await incidentsAfter(90, both, (at) => database.map((one) => ({ ...one, errorRise: at >= 35 ? 0.4 : 0 })));
    expect(incidents).toHaveLength(1);
  });
});

describe('two faults that one caller shows', () => {
  const fork = [edge('web', 'cart'), edge('web', 'mail')];
  const evidence = [shows('cart'), shows('mail', { at: 10 }), shows('web')];

  it('are one incident that says so', async () => {
    const [incident, ...others] = await incidentsAfter(40, evidence, fork);
    expect(others).toEqual([]);
    expect(incident?.causes.slice(0, 2)).toMatchObject([{ service: 'cart' }, { service: 'mail', independent: true }]);
    expect(incident?.title).toMatch(/^cart: errors .*, and independently trouble in mail$/);
    expect(incident?.summary).toMatch(/^Probably two independent causes\. cart, since 22:13:20 UTC: errors .* mail is a cause of its own beside it\. mail, since 22:13:30 UTC: errors .* It neither explains cart nor follows from it\. web is affected too\.$/);
    expect(incident?.firstCheck).toMatch(/requests of cart .* requests of mail /);
  });

  it('are called so where one of them is silent, and calls to it degraded', async () => {
    const slow = [shows('mail', { kind: 'metric', metric: 'process_cpu_time', score: 40 }), shows('mail', { kind: 'latency', score: 20 }), shows('cart', { kind: 'latency' }), shows('web', { kind: 'latency' })];
    const [incident] = await incidentsAfter(60, slow, [...fork, edge('cart', 'cache', { silent: true, slowdown: 20 })]);
    expect(incident?.causes.map(({ service, independent = false }) => [service, independent]).slice(0, 2)).toEqual([['mail', false], ['cache', true]]);
  });

  it('are one where a database is slow for who does without a cache that fails', async () => {
    const independent = async (more: Partial<Edge>): Promise<unknown> => (await incidentsAfter(60, [shows('cart', { kind: 'latency' })], [edge('cart', 'cache', { silent: true, errorRise: 1 }), edge('cart', 'db', { silent: true, slowdown: 3, ...more })]))[0]?.causes.map((one) => [one.service, one.independent ?? false]);
    expect(await independent({})).toEqual([['cache', false], ['db', false], ['cart', false]]);
    expect(await independent({ errorRise: 0.2 })).toContainEqual(['db', true]);
  });

  it('are called so though one fails weakly, if it explains nearly as much', async () => {
    const [incident] = await incidentsAfter(60, [shows('cart', { score: 3 }), shows('mail', { score: 1.4 }), shows('web')], fork);
    expect(incident?.causes.map(({ service, independent = false }) => [service, independent]).slice(0, 2)).toEqual([['cart', false], ['mail', true]]);
  });

  it('are told as where it comes from when their caller shows it most', async () => {
    const [incident] = await incidentsAfter(40, [...evidence.slice(0, 2), shows('web', { score: 50 })], fork);
    expect(incident?.title).toMatch(/^web: errors .*, from cart and, independently, mail$/);
  });

  it.each<[string, readonly Anomaly[], readonly Edge[]]>([
    ['one calls the other', evidence, [...fork, edge('cart', 'mail')]],
    ['what both call is in trouble', [...evidence, shows('stock')], [...fork, edge('cart', 'stock'), edge('mail', 'stock')]],
    ['a silent service that both call degraded', evidence, [...fork, edge('cart', 'db', { silent: true, ...failing }), edge('mail', 'db', { silent: true })]],
    ['one only gets more traffic', [...evidence, shows('mail', { kind: 'rate' })], fork],
    ['there are more of them', [...evidence, shows('search')], [...fork, edge('web', 'search')]],
  ])('are not called independent where %s', async (_name, given, edges) => {
    const [incident] = await incidentsAfter(90, given, edges);
    expect(incident?.causes.some(({ independent }) => independent)).toBe(false);
  });

  it('are called so beside a silent service that both call once it has stayed healthy', async () => {
    const edges = [...fork, edge('cart', 'db', { silent: true }), edge('mail', 'db', { silent: true })];
    const independent = async (seconds: number): Promise<unknown> => (await incidentsAfter(seconds, evidence, edges))[0]?.causes.map((one) => one.independent ?? false);
    expect(await independent(30)).toEqual([false, false, false]);
    expect(await independent(90)).toEqual([false, true, false]);
  });
});

describe('a few failures beside a fault that is far louder', () => {
  const fork = [edge('web', 'cart'), edge('web', 'mail')];
  const slow = [shows('cart', { kind: 'latency', score: 80 }), shows('web', { kind: 'latency', score: 40 })];
  const causes = async (second: Anomaly): Promise<unknown> => (await incidentsAfter(60, [...slow, second], fork)).flatMap((one) => one.causes.map(({ service, confidence, independent }) => [service, confidence < 0.09, independent ?? false]));

  it('are a cause of their own, as slowness elsewhere does not make them', async () => {
    expect(await causes(shows('mail', { at: 10, score: 1.6 }))).toContainEqual(['mail', true, true]);
  });

  it.each<[string, Shown]>([
    ['they are too few for an incident', { at: 10, score: 1.3 }],
    ['they are slowness too, and late', { at: 31, kind: 'latency', score: 5 }],
  ])('are none where %s', async (_name, second) => {
    expect(await causes(shows('mail', second))).toContainEqual(['mail', true, false]);
  });
});

describe('a resource that is used up beside a louder fault', () => {
  const fork = [edge('web', 'cart'), edge('web', 'mail')];
  const uses = (service: string, metric: string, more: Shown = {}): Anomaly => shows(service, { kind: 'metric', metric, at: 10, score: 3, ...more });
  const loud = [shows('cart', { score: 80 }), shows('web')];
  const independent = async (evidence: readonly Anomaly[], edges: readonly Edge[] = fork): Promise<string[]> => (await incidentsAfter(60, evidence, edges)).flatMap(({ causes }) => causes.flatMap((one) => (one.independent ? one.service : [])));

  it.each<[string, readonly Anomaly[], readonly Edge[]]>([
    ['memory, little of the trouble as it explains', [...loud, uses('mail', 'container_memory_usage')], fork],
    ['memory of a service that shares a silent database with the other', [...loud, uses('mail', 'container_memory_usage')], [...fork, edge('cart', 'db', { silent: true }), edge('mail', 'db', { silent: true })]],
    ['time on its processor', [...loud, uses('mail', 'process_cpu_time')], fork],
    ['memory while another does too', [...loud, uses('cart', 'container_memory_usage', { score: 1.2 }), uses('mail', 'container_memory_usage')], fork],
  ])('is a cause of its own: %s', async (_name, evidence, edges) => {
    expect(await independent(evidence, edges)).toEqual(['mail']);
  });

  it.each<[string, readonly Anomaly[], readonly Edge[]]>([
    ['it would be no incident by itself', [...loud, uses('mail', 'container_memory_usage', { score: 1.5 })], fork],
    ['it only gets more traffic', [...loud, uses('mail', 'container_memory_usage'), shows('mail', { kind: 'rate' })], fork],
    ['it waits for what is in trouble', [...loud, uses('mail', 'container_memory_usage')], [...fork, edge('mail', 'cart')]],
    ['another lacks time on its processor as well', [...loud, uses('mail', 'process_cpu_time'), uses('cart', 'process_cpu_time')], fork],
    ['a silent service that both call degraded', [...loud, uses('mail', 'container_memory_usage')], [...fork, edge('cart', 'db', { silent: true, ...failing }), edge('mail', 'db', { silent: true })]],
  ])('is none where %s', async (_name, evidence, edges) => {
    expect(await independent(evidence, edges)).toEqual([]);
  });
});
