import { describe, expect, it } from 'vitest';
import type { ApiEdge, ApiNode } from '#core/api/services.js';
import { mapPart } from './map-part.js';

const node = (name: string, over: Partial<ApiNode> = {}): Omit<ApiNode, 'hidden'> => ({ name, kind: 'service', state: 'ok', cause: false, requestsPerSecond: 1, errorRatio: 0, p95Ms: 1, ...over });
const call = (client: string, server: string, over: Partial<ApiEdge> = {}): ApiEdge => ({ client, server, kind: 'http', requestsPerSecond: 1, errorRatio: 0, p95Ms: 1, ...over });

/** A hub that calls fifty leaves, the first of which call one another in a row. */
const leaves = Array.from({ length: 50 }, (_, at) => `leaf-${at}`);
const edges = [...leaves.map((leaf, at) => call('hub', leaf, { requestsPerSecond: at })), call('leaf-0', 'leaf-1'), call('leaf-1', 'leaf-2'), call('leaf-2', 'pg')];
const nodes = [node('hub', { requestsPerSecond: 900 }), ...leaves.map((leaf) => node(leaf)), node('pg', { kind: 'database' })];
const part = (over: Partial<Parameters<typeof mapPart>[2]>, all = nodes, calls = edges) => mapPart(all, calls, { around: '', hops: 1, most: 10, ...over });
const names = (map: ReturnType<typeof mapPart>): string[] => map.nodes.map(({ name }) => name).toSorted();

describe('a part of a large map', () => {
  it('is all of a small one, whatever was asked for', () => {
    const map = part({ most: 52, around: 'leaf-7' });
    expect([map.shown, map.nodes.length, map.edges.length, map.nodes.every(({ hidden }) => hidden === 0)]).toEqual(['all', 52, 53, true]);
  });
  it('is what was asked for with its neighbours, and says how many of theirs are left out', () => {
    const map = part({ around: 'LEAF-1' });
    expect([map.shown, map.found, map.all, names(map)]).toEqual(['around', 1, 52, ['hub', 'leaf-0', 'leaf-1', 'leaf-2']]);
    expect(map.nodes.find(({ name }) => name === 'hub')?.hidden).toBe(47);
    expect(map.edges.every(({ client, server }) => names(map).includes(client) && names(map).includes(server))).toBe(true);
  });
  it('goes as many calls further as asked, and never beyond its size', () => {
    expect(names(part({ around: 'pg', hops: 2 }))).toEqual(['hub', 'leaf-1', 'leaf-2', 'pg']);
    const map = part({ around: 'pg', hops: 3 });
    expect([map.nodes.length, names(map).includes('pg'), names(map).includes('leaf-49')]).toEqual([10, true, true]);
  });
  it('takes several names, else whatever has the text in its name; none for none', () => {
    expect(names(part({ around: 'pg,leaf-5', hops: 0 }))).toEqual(['leaf-5', 'pg']);
    expect(part({ around: 'leaf-4', hops: 0 }).found).toBe(1);
    expect([part({ around: 'eaf-4' }).found, part({ around: 'nothing' }).nodes]).toEqual([11, []]);
  });
  it('is what is in trouble when nothing was asked for, the cause first, failing calls before busy ones', () => {
    const ill = nodes.map((one) => (one.name === 'leaf-3' ? { ...one, state: 'warning' as const } : one.name === 'leaf-2' ? { ...one, state: 'critical' as const, cause: true } : one));
    const map = part({ most: 4 }, ill, edges.map((edge) => (edge.server === 'pg' ? { ...edge, errorRatio: 0.5 } : edge)));
    expect([map.shown, map.found, names(map)]).toEqual(['trouble', 2, ['hub', 'leaf-2', 'leaf-3', 'pg']]);
  });
  it('is what fails where there is no incident, else what is busiest', () => {
    const failing = part({}, nodes, edges.map((edge) => (edge.server === 'pg' ? { ...edge, errorRatio: 0.5 } : edge)));
    expect([failing.shown, names(failing)]).toEqual(['trouble', ['leaf-2', 'pg']]);
    const calm = part({ most: 3 });
    expect([calm.shown, calm.nodes.length, names(calm).includes('hub')]).toEqual(['busiest', 3, true]);
  });
});
