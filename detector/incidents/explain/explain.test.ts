import { expect, it } from 'vitest';
import type { Anomaly, RankedCause } from '#core/types.js';
import { impactText, summaryOf, titleOf } from './explain.js';
import { rankCauses } from '../cause/root-cause.js';
import { anomalyOf, edge, T } from '../testing.js';
import { createTopology } from '../graph/topology.js';

const cause = (service: string, onsetAt = T): RankedCause => ({ service, confidence: 0.9, onsetAt, reason: '' });
const web = anomalyOf('errors', 'web');

it.each<[string, readonly Anomaly[], string]>([
  ['showed it first', [web, anomalyOf('latency', 'redis')], 'web: errors 0 % → 40 %, first in redis'],
  ['showed it later', [web, anomalyOf('latency', 'redis', { startsAt: T + 1 })], 'web: errors 0 % → 40 %, probably from redis'],
  ['shows nothing itself', [web], 'web: errors 0 % → 40 %, probably from redis'],
])('the title names a cause that %s', (_name, evidence, title) => {
  expect(titleOf(evidence, [cause('redis')])).toBe(title);
});

it('a service that is asked more is not slow by its own doing alone', () => {
  const evidence = [anomalyOf('latency', 'orders', { value: 900, expected: 40 }), anomalyOf('rate', 'orders', { value: 200, expected: 20 })];
  expect(summaryOf(evidence, rankCauses(evidence, createTopology([edge('web', 'orders')]), [], 0))).toMatch(/^Probably orders, since .* its traffic rose, nothing it calls is worse\.$/);
  const [slow] = evidence;
  expect(summaryOf(slow ? [slow] : [], [cause('orders')])).toMatch(/^Probably its own doing, /);
});

it.each([
  ['user.id', 1, '1 user (user.id)'], ['user.id', 2, '2 users (user.id)'], ['client.address', 1, '1 address (client.address)'], ['other', 1, '1 person (other)'], ['other', 3, '3 people (other)'],
])('impact is told of %s × %i', (attribute, count, text) => {
  expect(impactText({ requests: 8, failed: 4, slow: 0, people: { attribute, count }, from: T, to: T })).toBe(` 4 of 8 requests failed (50 %), for ${text}.`);
});
