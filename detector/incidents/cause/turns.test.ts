import { expect, it } from 'vitest';
import type { Anomaly, Incident } from '#core/types.js';
import { anomalyOf, edge, incidentsOver, latestOf, T } from '../testing.js';
import { turnsOf } from './turns.js';

const edges = [edge('web', 'orders'), edge('orders', 'billing'), edge('web', 'stock')];

interface Spell {
  readonly service: string;
  /** Seconds. */
  readonly from: number;
  readonly to: number;
  readonly metric?: string;
}
const during = ({ service, from, to, metric = 'errors' }: Spell, at: number): Anomaly =>
  anomalyOf(metric === 'errors' ? 'errors' : 'metric', service, { series: { metric }, id: `${service}/${metric}-${from}`, startsAt: T + from * 1000, endsAt: at >= to ? T + to * 1000 : null, updatedAt: T + Math.min(at, to) * 1000 });

/** The incidents after these seconds. */
async function incidentsAfter(seconds: number, spells: readonly Spell[]): Promise<Incident[]> {
  const { incidents, seen, clock } = incidentsOver(edges);
  for (let at = 5; at <= seconds; at += 5) {
    clock.now = T + at * 1000;
    await incidents.consume(spells.filter(({ from, to }) => from < at && at <= to + 5).map((spell) => during(spell, at)));
  }
  return latestOf(seen);
}

const first: readonly Spell[] = [{ service: 'orders', from: 0, to: 100 }, { service: 'web', from: 0, to: 105 }];

it('other trouble that begins when the first is over, in what was fine before, is explained by itself', async () => {
  const [incident, ...more] = await incidentsAfter(190, [...first, { service: 'billing', from: 130, to: 300 }, { service: 'orders', from: 130, to: 300 }, { service: 'web', from: 130, to: 300 }]);
  expect(more).toEqual([]);
  expect(incident?.causes[0]).toMatchObject({ service: 'billing', onsetAt: T + 130_000 });
  expect(incident?.title).toBe('billing: errors 0 % → 40 %');
  expect(incident?.summary).toContain('Before that, until 22:15:05 UTC, orders: errors 0 % → 40 %; that is over.');
  expect(incident?.timeline.filter(({ text }) => text.startsWith('Other trouble'))).toEqual([{ at: T + 130_000, kind: 'updated', service: '', text: 'Other trouble than before, first in billing' }]);
  // All of it stays.
  expect(incident?.evidence).toHaveLength(5);
});

it.each<[string, readonly Spell[]]>([
  ['the same service is in trouble again', [{ service: 'orders', from: 130, to: 300 }, { service: 'web', from: 130, to: 300 }]],
  ['the first never ended', [{ service: 'orders', from: 90, to: 300 }, { service: 'billing', from: 130, to: 300 }]],
  ['what was fine before only uses more of a resource', [{ service: 'orders', from: 130, to: 300 }, { service: 'billing', from: 130, to: 300, metric: 'cpu_utilization' }]],
])('it is one trouble where %s', async (_, then) => {
  const [incident] = await incidentsAfter(190, [...first, ...then]);
  expect(incident?.causes[0]?.service).toBe('orders');
  expect(incident?.summary).not.toContain('Before that');
});

it('turns are told apart by the last time at which all that decides was over', () => {
  const spells = [{ service: 'a', from: 0, to: 20 }, { service: 'b', from: 10, to: 40 }, { service: 'a', from: 50, to: 60 }, { service: 'c', from: 60, to: 90 }, { service: 'b', from: 100, to: 110 }];
  const evidence = spells.map((spell) => during(spell, 200));
  const idsOf = (some: readonly Anomaly[] | undefined): string[] | undefined => some?.map(({ id }) => id);
  expect(idsOf(turnsOf(evidence)?.since)).toEqual(['b/errors-100']);
  expect(idsOf(turnsOf(evidence.slice(0, 4))?.since)).toEqual(['a/errors-50', 'c/errors-60']);
  expect(turnsOf(evidence.slice(0, 2))).toBeUndefined();
  expect(turnsOf([])).toBeUndefined();
});
