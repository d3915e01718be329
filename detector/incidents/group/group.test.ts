import { describe, expect, it } from 'vitest';
import type { Anomaly } from '#core/types.js';
import { incidentsConfig } from '../config.js';
import { related } from './correlate.js';
import { group } from './group.js';
import { scoreCauses } from '../cause/root-cause.js';
import type { Edge } from '../graph/edges.js';
import { anomalyOf, edge, incidentsOver, T } from '../testing.js';
import { createTopology } from '../graph/topology.js';

const config = incidentsConfig.parse({});

function anomaly(service: string, id: number, at: number, lasts = 30, metric = 'error_ratio'): Anomaly {
  const kind = metric === 'error_ratio' ? 'errors' : 'metric';
  return anomalyOf(kind, service, { series: { id: `${service}/${metric}/${id}`, metric }, startsAt: T + at * 1000, updatedAt: T + (at + lasts) * 1000 });
}

/** Numbers 0..1, the same ones every time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

const ids = (groups: readonly (readonly Anomaly[])[]): string[] => groups.map((members) => members.map(({ id }) => id).toSorted().join(' ')).toSorted();

describe('group', () => {
  it.each([1, 2, 3, 4, 5, 6])('joins what is related, directly or through others (%i)', (seed) => {
    const next = sequence(seed);
    const name = (): string => `s${Math.floor(next() * 9)}`;
    const topology = createTopology(Array.from({ length: 7 }, () => edge(name(), name())));
    const anomalies = Array.from({ length: 40 }, (_, id) => anomaly(id % 8 === 0 ? '' : name(), id, Math.floor(next() * 900), Math.floor(next() * 60), next() < 0.3 ? 'process_cpu_utilization' : 'error_ratio'));
    const expected = anomalies.reduce<Anomaly[][]>((groups, one) => {
      const joined = groups.filter((members) => members.some((member) => related(one, member, topology, config)));
      return [...groups.filter((members) => !joined.includes(members)), [...joined.flat(), one]];
    }, []);
    expect(ids(group(anomalies, topology, config))).toEqual(ids(expected));
  });

  it('lets a few failures explain what users notice elsewhere, not what else a neighbour measures', () => {
    const topology = createTopology([edge('shop', 'mail')]);
    const [weak, strong] = [1, 5].map((score) => ({ ...anomaly('shop', score, 0), score }));
    const [lag, failing] = [anomaly('mail', 1, 0, 30, 'consumer_lag'), anomaly('mail', 2, 0)];
    const pairs = [[weak, lag], [weak, failing], [strong, lag]].map((pair) => pair.filter((one) => one !== undefined));
    expect(pairs.map((pair) => group(pair, topology, config).length)).toEqual([2, 1, 1]);
  });
  it('keeps two faults apart that no call connects', () => {
    const topology = createTopology([edge('web', 'cart'), edge('batch', 'mail')]);
    expect(group([anomaly('cart', 1, 0), anomaly('mail', 2, 0), anomaly('web', 3, 5)], topology, config).map((members) => members.length)).toEqual([1, 2]);
  });
});

describe('an anomaly storm', () => {
  const services = Array.from({ length: 1_000 }, (_, at) => `s${at}`);
  const storm = (): Anomaly[] => Array.from({ length: 10_000 }, (_, id) => anomaly(`s${id % 1_000}`, id, id % 120));
  const next = sequence(7);
  const any = (): string => services[Math.floor(next() * services.length)] ?? '';
  const graphs: [string, Edge[]][] = [
    ['a tree', services.slice(1).map((service, at) => edge(`s${Math.floor(at / 3)}`, service))],
    ['one hub that all call', services.slice(1).map((service) => edge(service, 's0'))],
    ['no calls', []],
    ['one great cycle', services.map((service, at) => edge(service, `s${(at + 1) % 1_000}`))],
    ['100,000 edges', Array.from({ length: 100_000 }, () => edge(any(), any()))],
  ];
  it.each(graphs)('of 10,000 anomalies over 1,000 services is grouped and ranked within seconds: %s', (_name, edges) => {
    const anomalies = storm();
    const began = process.cpuUsage();
    const topology = createTopology(edges);
    const groups = group(anomalies, topology, config);
    const ranked = groups.map((members) => scoreCauses(members, topology, [], config.deploy_window));
    const seconds = secondsSince(began);
    expect(groups.flat()).toHaveLength(10_000);
    expect(ranked.flat()).toHaveLength(1_000);
    // 0.1 to 1.2 s on an idle machine, and some times as much on one that is not; work that grows with the square of the anomalies takes minutes.
    expect(seconds).toBeLessThan(10);
  });

  it('becomes one incident whose evidence is bounded', async () => {
    const { incidents, seen: opened, clock } = incidentsOver(graphs[1]?.[1] ?? [], config);
    clock.now = T + 150_000;
    await incidents.consume(storm());
    expect(opened.map(({ type }) => type)).toEqual(['opened']);
    expect(opened[0]?.incident.evidence).toHaveLength(config.max_evidence);
    expect(opened[0]?.incident.causes[0]?.service).toBe('s0');
  });
});

/** Processor time of a storm of ten anomalies in each of some services that nothing connects, which begins and goes on. */
async function costOf(services: number): Promise<number> {
  const { incidents, seen, clock } = incidentsOver([], config);
  clock.now = T + 150_000;
  const storm = Array.from({ length: services * 10 }, (_, id) => anomaly(`s${id % services}`, id, id % 120));
  const began = process.cpuUsage();
  await incidents.consume(storm);
  await incidents.consume(storm.map((one) => ({ ...one, updatedAt: one.updatedAt + 5_000 })));
  expect(seen).toHaveLength(services);
  expect(incidents.openCount()).toBe(services);
  return process.cpuUsage(began).user;
}

it('a storm over services that nothing connects is an incident for each, also when it goes on', async () => {
  await costOf(100);
  const quarter = await costOf(250);
  // Four times as much where each anomaly is looked at once; comparing every anomaly with every incident takes sixteen.
  expect((await costOf(1_000)) / quarter).toBeLessThan(10);
});

/** Processor time, as it is on a machine that takes 0.16 s for these sums: what runs beside this test may slow both down. */
function secondsSince(began: NodeJS.CpuUsage): number {
  const used = process.cpuUsage(began).user;
  const at = process.cpuUsage();
  let sum = 0;
  for (let turn = 0; turn < 2e7; turn += 1) sum += Math.sqrt(sum + turn);
  expect(sum).toBeGreaterThan(0);
  return (used / Math.max(160_000, process.cpuUsage(at).user)) * 0.16;
}
