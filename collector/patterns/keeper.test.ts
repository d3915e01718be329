import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Registry } from '#core/metrics.js';
import type { Component } from '#core/types.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { collectorMetrics } from '../collector-metrics.js';
import { createPatternKeeper } from './keeper.js';
import { createPatternMiner, type PatternMiner } from './miner.js';

let store: Store;
const registry = new Registry();
const metrics = collectorMetrics(registry);
const warnings = vi.fn<(line: string) => void>();
const logger = pino({}, { write: warnings });
let now = Date.parse('2026-03-01T00:00:00Z');

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

function say(miner: PatternMiner, service: string, ...texts: readonly string[]): void {
  for (const text of texts) {
    const body = Buffer.from(text);
    miner.match(service, body, 0, body.length);
  }
}

const keep = (miner: PatternMiner): Component => createPatternKeeper({ miner, store, clock: () => now, logger, metrics });

async function firstSeen(service: string): Promise<Record<string, string>> {
  const rows = await store.query<{ template: string; first: string }>('SELECT argMax(template, updated_at) AS template, toString(min(first_seen)) AS first FROM log_patterns FINAL WHERE service = {service:String} GROUP BY id', { params: { service } });
  return Object.fromEntries(rows.map(({ template, first }) => [template, first.slice(0, 10)]));
}

it('keeps when a pattern was seen first, also of one that was let go of', async () => {
  const miner = createPatternMiner();
  say(miner, 'web', 'order 1 placed', 'card declined');
  await keep(miner).stop();
  now = Date.parse('2026-03-05T00:00:00Z');
  const later = createPatternMiner();
  say(later, 'web', 'order 2 placed', 'disk full');
  await keep(later).stop();
  expect(await firstSeen('web')).toEqual({ 'order <*> placed': '2026-03-01', 'card declined': '2026-03-01', 'disk full': '2026-03-05' });
});

it('takes no message for new that has another pattern since an upgrade, for an hour', async () => {
  const upgraded = Date.now();
  await store.insert('log_patterns', [{ id: '77', service: 'shop', template: '{<*>:<*>}', first_seen: '2026-01-05 00:00:00', updated_at: '2026-01-05 00:00:00' }]);
  const miner = createPatternMiner();
  const keeper = keep(miner);
  await keeper.start();
  now = upgraded + 1_800_000;
  say(miner, 'shop', '{"msg":"order placed"}');
  say(miner, 'other', 'started');
  await keeper.stop();
  now = upgraded + 3_700_000;
  say(miner, 'shop', '{"msg":"disk full"}');
  await keeper.stop();
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  expect(await firstSeen('shop')).toEqual({ '{<*>:<*>}': '2026-01-05', 'order placed': '2026-01-05', 'disk full': day(now) });
  expect(await firstSeen('other')).toEqual({ started: day(upgraded + 1_800_000) });
});

it('reads back the share of each service, counts all, and warns once of a service that says more than it has patterns for', async () => {
  const rows = Array.from({ length: 12_000 }, (_, at) => ({ id: String(at + 1), service: at < 11_999 ? 'chatty' : 'old', template: `said ${'x '.repeat(at % 40)}${at.toString(36)}z`, first_seen: '2026-03-01 00:00:00', updated_at: at < 11_999 ? '2026-03-02 00:00:00' : '2026-03-01 00:00:00' }));
  await store.insert('log_patterns', rows);
  const miner = createPatternMiner();
  const keeper = keep(miner);
  await keeper.start();
  const [others] = await store.query<{ patterns: number }>("SELECT toUInt32(uniq(id)) AS patterns FROM log_patterns WHERE service != 'chatty'");
  expect(miner.size).toBe(500 + (others?.patterns ?? 0));
  for (const service of ['one', 'two']) for (let at = 0; at < 100; at += 1) say(miner, service, [at % 10, Math.floor(at / 10)].map((digit) => String.fromCodePoint(97 + digit)).join(''));
  await keeper.stop();
  await keeper.stop();
  expect(await registry.metrics()).toContain(`faultline_collector_log_patterns ${miner.size}`);
  expect(warnings.mock.calls.map(([line]) => JSON.parse(line) as object)).toEqual([expect.objectContaining({ level: 40, service: 'one' })]);
});
