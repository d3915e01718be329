import { describe, expect, it } from 'vitest';
import type { Incident } from '#core/types.js';
import type { Edge } from '../graph/edges.js';
import { anomalyOf, edge, incidentsOver, latestOf, T } from '../testing.js';

const called = [edge('cart', 'stock')];
const evidence = [anomalyOf('errors', 'cart'), anomalyOf('errors', 'stock')];

/** Incidents after four minutes in which the evidence goes on; a person does something after a minute. */
async function incidentsOf(edges: (second: number) => readonly Edge[], byHand?: (id: string, of: ReturnType<typeof incidentsOver>['incidents']) => Promise<unknown>): Promise<{ open: Incident[]; over: Incident[]; types: string[] }> {
  const { incidents, seen, clock } = incidentsOver((at) => edges((at - T) / 1000));
  for (let at = 5; at <= 240; at += 5) {
    clock.now = T + at * 1000;
    await incidents.consume(evidence.map((one) => ({ ...one, updatedAt: clock.now })));
    if (at === 60) await byHand?.(seen[1]?.incident.id ?? '', incidents);
  }
  const all = latestOf(seen);
  return { open: all.filter(({ status }) => status !== 'resolved'), over: all.filter(({ status }) => status === 'resolved'), types: seen.map(({ type }) => type).filter((type) => type !== 'updated') };
}

describe('two incidents', () => {
  it('become one when a call between them becomes known soon after they opened, and what was told of either is kept', async () => {
    const { open: [one, ...others], over: [gone, ...more], types } = await incidentsOf((second) => (second < 90 ? [] : called));
    expect([others, more]).toEqual([[], []]);
    expect(types).toEqual(['opened', 'opened', 'resolved']);
    expect(one).toMatchObject({ causes: [{ service: 'stock' }, { service: 'cart' }], services: expect.arrayContaining(['cart', 'stock']) });
    expect(one?.evidence.map(({ endsAt }) => endsAt)).toEqual([null, null]);
    expect(gone?.timeline.map(({ text }) => text)).toEqual(expect.arrayContaining(['Incident opened', `Merged into ${one?.id}`]));
  });

  it.each<[string, (second: number) => readonly Edge[]]>([
    ['nothing is between them', () => []],
    ['what is between them is well', () => [edge('cart', 'mail'), edge('mail', 'stock')]],
    ['it becomes known late', (second) => (second < 150 ? [] : called)],
  ])('stay two where %s', async (_where, edges) => {
    expect(await incidentsOf(edges)).toMatchObject({ open: [{}, {}], over: [] });
  });

  it.each<[string, (id: string, of: ReturnType<typeof incidentsOver>['incidents']) => Promise<unknown>]>([
    ['took one', (id, of) => of.acknowledge(id, 'ada')],
    ['wrote a note', (id, of) => of.note(id, 'ada', 'this is mine')],
    ['was assigned one', (id, of) => of.assign(id, 'ada', 'ada')],
    ['judged one', (id, of) => of.judge(id, { kind: 'real', anomaly: '', cause: '' }, 'ada')],
  ])('stay two where a person %s', async (_what, byHand) => {
    expect((await incidentsOf((second) => (second < 90 ? [] : called), byHand)).open).toHaveLength(2);
  });
});
