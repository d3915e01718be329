import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Labels } from '#core/types.js';
import { alertsMetrics } from '../alerts-metrics.js';
import { alertsConfig } from '../config.js';
import type { Post } from '../outbox/post.js';
import { createAlertmanagers, UNENDING, type Alertmanagers } from './alertmanagers.js';

const NAME = 'am.example:9093';
let registry: Registry;
let alertmanagers: Alertmanagers;
let statusOf: (names: readonly string[]) => number;
let posts: string[][];
const warn = vi.fn<(fields: Record<string, unknown>) => void>();

beforeEach(async () => {
  vi.useFakeTimers();
  registry = new Registry();
  posts = [];
  const post: Post = async ({ body }) => {
    const names = (JSON.parse(body) as { labels: Labels }[]).map(({ labels }) => labels['alertname'] ?? '');
    posts.push(names);
    return { status: statusOf(names), retryAfter: undefined, text: '' };
  };
  const logger = Object.assign(Object.create(silentLogger), { warn }) as typeof silentLogger;
  alertmanagers = createAlertmanagers({ targets: alertsConfig.parse({ alertmanagers: [`http://${NAME}`] }).alertmanagers, post, clock: Date.now, logger, metrics: alertsMetrics(registry) });
  await alertmanagers.start();
});
afterEach(async () => {
  await alertmanagers.stop();
  warn.mockReset();
  vi.useRealTimers();
});

function put(...names: readonly string[]): void {
  for (const alertname of names) alertmanagers.put({ key: alertname, labels: { alertname }, annotations: {}, startsAt: 0, endsAt: null, validUntil: UNENDING, generatorURL: '' });
}
const taken = (): string[] => posts.filter((names) => statusOf(names) === 200).flat();
const times = (name: string): number => taken().filter((one) => one === name).length;
const counted = async (outcome: string): Promise<number> => Number(new RegExp(`alertmanager_alerts_total\\{alertmanager="${NAME}",outcome="${outcome}"\\} (\\d+)`).exec(await registry.metrics())?.[1] ?? 0);
const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `a${index}`);

it.each([400, 413, 422])('brings all others where some are refused with %i, and those again in a minute', async (status) => {
  statusOf = (names) => (names.some((name) => name.startsWith('bad')) ? status : 200);
  put('bad1', ...many(400), 'bad2', ...many(598).slice(400));
  await vi.advanceTimersByTimeAsync(200);
  expect(taken().toSorted()).toEqual(many(598).toSorted());
  expect([await counted('sent'), await counted('refused'), await counted('failed')]).toEqual([598, 2, 0]);
  expect(warn.mock.calls.map(([fields]) => fields)).toEqual([{ alertmanager: NAME, alerts: 1, alertname: 'bad1' }, { alertmanager: NAME, alerts: 1, alertname: 'bad2' }]);
  const before = posts.length;
  await vi.advanceTimersByTimeAsync(50_000);
  expect(posts).toHaveLength(before);
  put('late');
  await vi.advanceTimersByTimeAsync(200);
  expect(times('late')).toBe(1);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await counted('refused')).toBe(4);
  expect(times('a597')).toBe(2);
});

it('asks one that lets nobody in once, and then waits', async () => {
  statusOf = () => 403;
  put(...many(300));
  await vi.advanceTimersByTimeAsync(1000);
  expect(posts.map((names) => names.length)).toEqual([256]);
  expect(warn.mock.calls.map(([fields]) => fields)).toEqual([{ alertmanager: NAME, alerts: 256, error: 'the receiver answered 403' }]);
  statusOf = () => 200;
  await vi.advanceTimersByTimeAsync(5000);
  expect(new Set(taken()).size).toBe(300);
});

it('leaves one alone for a while that refuses whatever comes', async () => {
  statusOf = () => 400;
  put(...many(600));
  await vi.advanceTimersByTimeAsync(1000);
  // Eight halves of the first batch, and then one by one.
  expect(posts.length).toBeLessThan(40);
  const before = posts.length;
  await vi.advanceTimersByTimeAsync(500);
  expect(posts).toHaveLength(before);
  statusOf = () => 200;
  await vi.advanceTimersByTimeAsync(75_000);
  expect(new Set(taken()).size).toBe(600);
});

it('sends first what waited longest', async () => {
  statusOf = () => 200;
  put(...many(256));
  await vi.advanceTimersByTimeAsync(200);
  statusOf = () => 503;
  await vi.advanceTimersByTimeAsync(120_000);
  put('new');
  posts = [];
  statusOf = () => 200;
  await vi.advanceTimersByTimeAsync(65_000);
  expect(posts[0]?.[0]).toBe('new');
});
