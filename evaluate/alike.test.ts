import { expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import type { Anomaly } from '#core/types.js';
import { agreedScores, type Ranked } from './alike.js';

const alert = (name: string): Anomaly => ({ series: seriesOf('errors', 'any', '', name, ''), direction: 'up' }) as Anomaly;
const ranked = (alerts: string[], scores: Record<string, number>): Ranked => ({ anomalies: alerts.map(alert), scores: new Map(Object.entries(scores)) });
const first = (scores: ReadonlyMap<string, number> | undefined): string | undefined => [...(scores ?? [])].toSorted(([, a], [, b]) => b - a)[0]?.[0];

it('blames in doubt whom the most alike cases blame, and nobody else for what is not alike', () => {
  const others = Array.from({ length: 6 }, (_, at) => ranked([`x${at}`, `y${at}`], { web: 3 }));
  const doubtful = { cart: 3, web: 3.1 };
  const cases = [ranked(['a', 'b', 'c'], { cart: 4, web: 2 }), ranked(['a', 'b', 'd'], { cart: 4, web: 1 }), ranked(['a', 'b'], doubtful), ranked(['z'], doubtful), ...others];
  const agreed = agreedScores(cases);
  expect(first(agreed[2])).toBe('cart');
  expect(agreed[3]).toEqual(new Map(Object.entries(doubtful)));
  expect(first(agreed[0])).toBe('cart');
});

it('overrules no clear case', () => {
  const agreed = agreedScores([ranked(['a', 'b'], { cart: 4, web: 2 }), ranked(['a', 'b'], { cart: 4, web: 2 }), ranked(['a', 'b'], { cart: 2, web: 4 })]);
  expect(first(agreed[2])).toBe('web');
});
