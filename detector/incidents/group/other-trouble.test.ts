import { describe, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Anomaly, Incident, Series } from '#core/types.js';
import { emptyStore } from '#store/empty.js';
import { incidentsConfig } from '../config.js';
import { createIncidents } from '../incidents.js';
import type { Edge } from '../graph/edges.js';
import { createTopology } from '../graph/topology.js';

const T = 1_700_000_000_000;
const STEP_S = 15;
const config = incidentsConfig.parse({});
const edges: readonly Edge[] = [['web', 'gateway'], ['gateway', 'payment'], ['gateway', 'orders'], ['orders', 'payment'], ['gateway', 'search']].map(([client = '', server = '']) => ({ client, server, slowdown: 1, errorRise: 0 }));

interface Spell {
  readonly service: string;
  /** Minutes. */
  readonly from: number;
  readonly to?: number;
  readonly operation?: string;
  readonly score?: number;
  readonly isLoss?: boolean;
  /** The name of an alert. */
  readonly alert?: string;
}
const anomalyOf = ({ service, from, to = 1_000, operation = '', score = 20, isLoss = false, alert }: Spell, at: number): Anomaly => {
  const kind = alert ? 'metric' : isLoss ? 'rate' : 'errors';
  const metric = alert ?? kind;
  const series: Series = { id: `${service}/${operation}/${metric}`, kind, service, operation, metric, unit: '1', labels: alert ? { alertname: alert } : {} };
  const startsAt = T + from * 60_000;
  return { id: `${series.id}-${from}`, series, startsAt, endsAt: at >= T + to * 60_000 ? T + to * 60_000 : null, peakAt: startsAt, updatedAt: Math.min(at, T + to * 60_000), value: isLoss ? 0 : 0.9, expected: isLoss ? 20 : 0, lower: 0, upper: 0.05, score, direction: isLoss ? 'absent' : 'up', points: 4, contributions: [] };
};

/** The incidents, as they are told last, after these minutes of trouble. */
async function incidentsAfter(minutes: number, spells: readonly Spell[], edgesAt: (minutes: number) => readonly Edge[] = () => edges): Promise<string[]> {
  let now = T;
  const known = new Map<string, Incident>();
  const incidents = createIncidents({
    store: emptyStore, registry: new Registry(), logger: silentLogger, clock: () => now, config,
    events: { consume: async ({ incident }) => void known.set(incident.id, incident) },
    topologyAt: async (at) => createTopology(edgesAt((at - T) / 60_000)),
  });
  for (; now <= T + minutes * 60_000; now += STEP_S * 1000) {
    await incidents.consume(spells.filter(({ from, to = 1_000 }) => T + from * 60_000 < now && now <= T + (to + 1) * 60_000).map((spell) => anomalyOf(spell, now)));
    for (const [id, { status }] of known) if (status === 'open') await incidents.acknowledge(id, 'ada');
  }
  return [...known.values()].map(({ status, causes, evidence }) => `${status} ${causes[0]?.service}: ${evidence.map(({ series: { service, operation } }) => `${service}${operation}`).toSorted().join(' ')}`);
}

const legacy: Spell = { service: 'gateway', operation: ' /legacy', from: 0 };
const outage: readonly Spell[] = [{ service: 'payment', from: 30 }, { service: 'orders', from: 30 }, { service: 'gateway', from: 30 }];

describe('trouble beside an incident that lasts for long', () => {
  it.each<[string, readonly Spell[]]>([
    ['at once', outage],
    ['first in who was in trouble before', [{ service: 'gateway', from: 29.5 }, ...outage.slice(0, 2)]],
    ['weak at first', [{ service: 'payment', from: 29.5, to: 29.9, score: 1.1 }, ...outage]],
  ])('is an incident of its own where none of the old explains it: %s', async (_name, spells) => {
    const [old, fresh, ...more] = await incidentsAfter(33, [legacy, ...spells]);
    expect(more).toEqual([]);
    expect(old).toMatch(/^acknowledged gateway: gateway /);
    expect(fresh).toMatch(/^acknowledged payment: .*orders payment/);
  });

  it('is an incident of its own where alerts alone tell of both', async () => {
    const storm: readonly Spell[] = ['payment', 'orders'].map((service) => ({ service, from: 30, alert: 'Down' }));
    expect(await incidentsAfter(33, [{ service: 'gateway', from: 0, alert: 'Slow' }, ...storm])).toEqual(['acknowledged gateway: gateway', 'acknowledged payment: orders payment']);
  });

  it('takes what follows, and the old takes what recurs in it', async () => {
    const follow: readonly Spell[] = [{ service: 'gateway', operation: ' /cart', from: 31 }, { service: 'web', from: 32 }];
    const flaps: readonly Spell[] = [{ ...legacy, to: 33 }, { ...legacy, from: 34 }];
    expect(await incidentsAfter(36, [...flaps, ...outage, ...follow])).toEqual(['acknowledged gateway: gateway /legacy gateway /legacy', 'acknowledged payment: gateway gateway /cart orders payment web']);
  });

  it.each<[string, readonly Spell[]]>([
    ['it calls what is in trouble', [{ service: 'payment', from: 0 }, { service: 'orders', from: 30 }, { service: 'gateway', from: 30 }]],
    ['it lost what who is in trouble no longer sends', [legacy, { service: 'search', from: 30, isLoss: true }]],
    ['users leave who is in trouble, or a breaker opens', [{ service: 'payment', from: 0 }, { service: 'gateway', from: 30, isLoss: true }]],
    ['that was in trouble itself a moment ago', [legacy, { service: 'payment', from: 0, to: 25 }, ...outage]],
    ['that still grew', [legacy, { service: 'web', from: 22 }, ...outage]],
    ['an alert that only informs fires beside it', [{ service: 'gateway', from: 0, alert: 'Slow' }, { service: 'payment', from: 30, alert: 'Note', score: 1.2 }]],
    ['that is not old yet', [{ ...legacy, from: 21 }, ...outage]],
  ])('is a part of it where %s', async (_name, spells) => {
    expect((await incidentsAfter(33, spells)).filter((one) => !one.startsWith('resolved'))).toHaveLength(1);
  });

  it('is a part of it where both are served ill by the same silent service, which is known later', async () => {
    const calls = (client: string, errorRise: number): Edge => ({ client, server: 'postgresql', slowdown: 1, errorRise, silent: true, isKnown: true });
    const spells: readonly Spell[] = [{ service: 'checkout', from: 0 }, { service: 'inventory', from: 30 }];
    const after = (risesAt: number): Promise<string[]> => incidentsAfter(33, spells, (at) => [calls('checkout', at < 29 ? 0 : 0.5), calls('inventory', at < risesAt ? 0 : 0.5)]);
    expect(await after(30.5)).toEqual(['acknowledged postgresql: checkout inventory']);
    expect(await after(40)).toHaveLength(2);
  });

  it('is one incident again where it comes and goes', async () => {
    const flapping = outage.flatMap((one) => [{ ...one, to: 32 }, { ...one, from: 33.5 }]);
    const [old, fresh, ...more] = await incidentsAfter(36, [legacy, ...flapping]);
    expect([old, more]).toEqual(['acknowledged gateway: gateway /legacy', []]);
    expect(fresh).toMatch(/^acknowledged payment/);
  });
});
