import { expect, it } from 'vitest';
import type { Anomaly, Incident } from '#core/types.js';
import { ARRIVAL_METRIC } from '../words.js';
import type { Edge } from './graph/edges.js';
import { anomalyOf, edge, incidentsOver, latestOf, T } from './testing.js';

const NAMES = ['billing', 'geo', 'mail', 'reports'];
const after = (seconds: number): number => T + seconds * 1000;
const absent = { direction: 'absent', value: 0, expected: 20, score: 20 } as const;
const silent = (service: string, at = 0): Anomaly => anomalyOf('rate', service, { ...absent, startsAt: after(at) });
const unheard = (service: string, at = 0): Anomaly => anomalyOf('metric', service, { ...absent, series: { metric: ARRIVAL_METRIC }, startsAt: after(at) });

/** The incidents that are open after a minute and a half, in which the evidence goes on. */
async function incidentsOf(evidence: readonly Anomaly[], edges: readonly Edge[] = [], noticedAfter: (place: number) => number = () => 0): Promise<Incident[]> {
  const { incidents, seen, clock } = incidentsOver(edges);
  for (let at = 15; at <= 90; at += 15) {
    clock.now = after(at);
    await incidents.consume(evidence.filter(({ startsAt }, place) => Math.max(startsAt, after(noticedAfter(place))) < clock.now).map((one) => ({ ...one, updatedAt: clock.now })));
  }
  await incidents.stop();
  return latestOf(seen).filter(({ status }) => status !== 'resolved');
}

it('services that fall silent together are one incident, which asks for what they send through', async () => {
  const [incident, ...more] = await incidentsOf([...NAMES.map((name, at) => silent(name, at * 3)), silent('search', 20), ...[...NAMES, 'search'].map((name) => unheard(name, 50))]);
  expect(more).toEqual([]);
  expect(incident?.title).toBe('5 services are not heard of any more: billing, geo, mail, reports and 1 more');
  expect(incident?.summary).toContain('What they send through (an agent, a collector, the network) or run on is probably gone');
  expect(incident?.firstCheck).toContain('Check the agent or collector that billing, geo, mail, reports and 1 more send through');
});

it.each<[string, number, number]>([
  ['noticed in one step after the other', 0, 16],
  ['heard for the last time an export apart', 15, 0],
])('services that fall silent are one incident in the end where they are %s', async (_name, apart, noticed) => {
  const calls = NAMES.map((name) => edge(`${name}-web`, name));
  const [incident, ...more] = await incidentsOf(NAMES.map((name, at) => silent(name, at * apart)), calls, (place) => place * noticed);
  expect([incident?.services.toSorted(), more]).toEqual([NAMES, []]);
});

it.each<[string, readonly Anomaly[], readonly Edge[], number]>([
  ['two', NAMES.slice(0, 2).map((name) => silent(name)), [], 2],
  ['one after the other', NAMES.slice(0, 3).map((name, at) => silent(name, at * 35)), [], 3],
  ['one of them failing those who call it', [anomalyOf('errors', 'web'), ...NAMES.slice(0, 3).map((name) => silent(name))], [edge('web', 'billing', { errorRise: 0.5 })], 3],
])('services that fall silent are incidents of their own where they are %s', async (_name, evidence, edges, count) => {
  expect(await incidentsOf(evidence, edges)).toHaveLength(count);
});
