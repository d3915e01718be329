import { expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Anomaly, Incident } from '#core/types.js';
import { emptyStore } from '#store/empty.js';
import { incidentsConfig } from './config.js';
import { createIncidents } from './incidents.js';
import type { Edge } from './edges.js';
import { createTopology } from './topology.js';
import { turnsOf } from './turns.js';

const T = 1_700_000_000_000;
const config = incidentsConfig.parse({});
const edge = (client: string, server: string): Edge => ({ client, server, slowdown: 1, errorRise: 0 });
const edges = [edge('web', 'orders'), edge('orders', 'billing'), edge('web', 'stock')];

interface Spell {
  readonly service: string;
  /** Seconds. */
  readonly from: number;
  readonly to: number;
  readonly metric?: string;
}
const anomalyOf = ({ service, from, to, metric = 'errors' }: Spell, at: number): Anomaly => {
  const series = { id: `${service}/${metric}`, kind: metric === 'errors' ? 'errors' : 'metric', service, operation: '', metric, unit: '1', labels: {} } as const;
  return { id: `${series.id}-${from}`, series, startsAt: T + from * 1000, endsAt: at >= to ? T + to * 1000 : null, peakAt: T + from * 1000, updatedAt: T + Math.min(at, to) * 1000, value: 0.4, expected: 0, lower: 0, upper: 0.05, score: 8, direction: 'up', points: 4, contributions: [] };
};

/** The incidents after these seconds. */
async function incidentsAfter(seconds: number, spells: readonly Spell[]): Promise<Incident[]> {
  let now = T;
  const known = new Map<string, Incident>();
  const incidents = createIncidents({
    store: emptyStore, registry: new Registry(), logger: silentLogger, clock: () => now, config,
    events: { consume: async ({ incident }) => void known.set(incident.id, incident) },
    topologyAt: async () => createTopology(edges),
  });
  for (let at = 5; at <= seconds; at += 5) {
    now = T + at * 1000;
    await incidents.consume(spells.filter(({ from, to }) => from < at && at <= to + 5).map((spell) => anomalyOf(spell, at)));
  }
  return [...known.values()];
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
  const evidence = spells.map((spell) => anomalyOf(spell, 200));
  const idsOf = (some: readonly Anomaly[] | undefined): string[] | undefined => some?.map(({ id }) => id);
  expect(idsOf(turnsOf(evidence)?.since)).toEqual(['b/errors-100']);
  expect(idsOf(turnsOf(evidence.slice(0, 4))?.since)).toEqual(['a/errors-50', 'c/errors-60']);
  expect(turnsOf(evidence.slice(0, 2))).toBeUndefined();
  expect(turnsOf([])).toBeUndefined();
});
