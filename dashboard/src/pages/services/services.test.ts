import { describe, expect, it } from 'vitest';
import type { ApiEdge } from '#core/api/services.js';
import { beyondParts, boundsOf, detailOf, scaleIn } from './map/layout.js';
import { askedFor, litNames, namedLike } from './map/lit.js';
import { mapWords } from './map/map-words.js';
import { roundedPath } from './map/rounded-path.js';
import { hasBand, kindOf, withoutLast } from './red-chart.js';

const chart = { title: 'Errors', unit: '1', series: null, times: [1, 2, 3], values: [0.1, 0.2, 0], expected: [null, null, null], lower: [null, null, null], upper: [null, 0.3, null] };

describe('charts of a service', () => {
  it('are known by their series, else by their unit', () => {
    expect(['1/s', '1', 'ms', 'By', 'constructor'].map((unit) => kindOf({ series: null, unit }))).toEqual(['rate', 'errors', 'latency', 'metric', 'metric']);
  });
  it('leave out the slot that is still filling, in every column', () => {
    expect(withoutLast(chart)).toEqual({ ...chart, times: [1, 2], values: [0.1, 0.2], expected: [null, null], lower: [null, null], upper: [null, 0.3] });
  });
  it('have a band when one point has', () => expect([hasBand(chart), hasBand({ upper: [null] })]).toEqual([true, false]));
});

describe('what the map lights up', () => {
  const edge = (client: string, server: string): ApiEdge => ({ client, server, kind: 'http', requestsPerSecond: 1, errorRatio: 0, p95Ms: 1 });
  const edges = [edge('frontend', 'checkout'), edge('checkout', 'payment'), edge('payment', 'postgresql')];
  it('is a part with its callers and whom it calls, and nothing fades while none is chosen', () => {
    const lit = litNames(edges, ['checkout']);
    expect([[...(lit?.names ?? [])], lit?.edges.size]).toEqual([['checkout', 'frontend', 'payment'], 2]);
    expect(litNames(edges, [])).toBeNull();
  });
  it('is found by any part of its name', () => expect([namedLike([{ name: 'Checkout' }, { name: 'cart' }], 'check'), namedLike([{ name: 'cart' }], '')]).toEqual([['Checkout'], []]));
  it('is drawn around the one of that name, else around all alike', () => expect([askedFor([{ name: 'cart' }, { name: 'cart-db' }], 'Cart'), askedFor([{ name: 'cart' }, { name: 'cart-db' }], 'car')]).toEqual([['cart'], ['cart', 'cart-db']]));
  it('says which part of a large map is shown, and how to see another', () => {
    const said = (shown: 'around' | 'trouble' | 'busiest', found: number): string => mapWords({ shown, found, all: 1_010, nodes: Array.from({ length: 12 }) }, 'pay').replaceAll('\u00a0', ' ');
    expect(said('trouble', 1)).toBe('1 of 1,010 parts is in trouble: it and its neighbours; filter by name to see another');
    expect(said('trouble', 3)).toContain('3 of 1,010 parts are in trouble: they and their neighbours');
    expect([said('around', 1), said('around', 2)]).toEqual([expect.stringContaining('its neighbours'), expect.stringContaining('2 parts like “pay”')]);
    expect(said('busiest', 1_010)).toContain('none of 1,010 parts is in trouble');
  });
  it('is drawn the way that fills its box', () => expect([scaleIn({ width: 1_000, height: 500 }, { width: 2_000, height: 250 }), scaleIn({ width: 1_000, height: 500 }, { width: 500, height: 625 })]).toEqual([0.5, 0.8]));
  it('shows first what fits', () => expect(boundsOf(['a', 'c'], { places: new Map([['a', { x: 0, y: 10 }], ['b', { x: 900, y: 0 }], ['c', { x: 300, y: 110 }]]) }, { width: 200, height: 56 })).toEqual({ width: 500, height: 156 }));
  it('has room beside its parts for what reaches beyond them', () => {
    const layout = { width: 700, height: 300, places: new Map([['a', { x: 12, y: 80 }], ['b', { x: 400, y: 100 }]]), routes: new Map() };
    expect(beyondParts(layout, { width: 200, height: 56 })).toEqual({ left: 12, top: 80, right: 100, bottom: 144 });
  });
  it('has figures on a small map only', () => {
    const parts = (count: number, name = 'cart'): string[] => Array.from({ length: count }, () => name);
    expect([detailOf(parts(10)).dense, detailOf(parts(60)).dense]).toEqual([false, true]);
    expect(detailOf(parts(60, 'an-authorization-service')).width).toBeGreaterThan(detailOf(parts(60)).width);
  });
});

describe('lines of the map', () => {
  it('bend around corners, never past the next one', () => {
    expect(roundedPath([{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 100 }], 8)).toBe('M0 0L5 0Q10 0 10 8L10 100');
    expect(roundedPath([])).toBe('');
  });
});
