import { expect, it, vi } from 'vitest';
import { PipelineError } from '#core/errors.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { collectorMetrics } from '../collector-metrics.js';
import { createLane, type Lane } from './lane.js';
import type { SegmentFiles } from './segment-files.js';
import type { Segment } from './segment.js';

const MIB = 1024 * 1024;
const START = 1e12;
const segment = (number: number, bytes: number, createdAt = START): Segment => ({ token: String(number), table: 'otel_traces', first: number, last: number, bytes, createdAt, claimed: false });

/** A lane over segments that exist in name alone; `insert` is the store. */
function laneOver(insert: (token: string) => Promise<void>, clock = (): number => START) {
  const claimed: string[] = [];
  const rejected: string[] = [];
  const files = {
    path: ({ token }: Segment) => token,
    join: async (parts: readonly Segment[]) => {
      const token = `${parts[0]?.first}-${parts.at(-1)?.last}`;
      claimed.push(token);
      return { ...segment(parts[0]?.first ?? 0, parts.reduce((sum, { bytes }) => sum + bytes, 0), parts[0]?.createdAt), last: parts.at(-1)?.last ?? 0, token, claimed: true, parts };
    },
    claim: async (one: Segment) => (claimed.push(one.token), { ...one, claimed: true }),
    lay: async () => undefined,
    lift: async () => undefined,
    remove: async () => undefined,
    part: async () => undefined,
    setAside: async ({ token }: Segment) => void rejected.push(token),
  } as unknown as SegmentFiles;
  const lane: Lane = createLane({ table: 'otel_traces', files, store: { insertNativeFile: (_table: string, _path: string, token: string) => insert(token) } as Store, metrics: collectorMetrics(new Registry()), logger: silentLogger, clock, gone: () => undefined });
  return { lane, claimed, rejected };
}

it('prepares the next insert beside the one under way, as large as may be', async () => {
  let finish = (): void => undefined;
  const inserted: string[] = [];
  const { lane, claimed } = laneOver((token) => (inserted.push(token), new Promise((resolve) => (finish = resolve))));
  for (let number = 1; number <= 10; number += 1) lane.add(segment(number, 16 * MIB));
  const drained = lane.drain(() => false);
  await vi.waitFor(() => expect(claimed).toEqual(['1-4', '5-8']), { timeout: 20_000 });
  expect(inserted).toEqual(['1-4']);
  for (let insert = 0; insert < 3; insert += 1) {
    await vi.waitFor(() => expect(inserted).toHaveLength(insert + 1), { timeout: 20_000 });
    finish();
  }
  await drained;
  expect(inserted).toEqual(['1-4', '5-8', '9-10']);
  expect(lane.status().segments).toBe(0);
});

it('waits for company when little is queued', async () => {
  const inserted: string[] = [];
  const { lane } = laneOver(async (token) => {
    inserted.push(token);
    if (inserted.length === 1) for (let number = 3; number <= 5; number += 1) lane.add(segment(number, 1024));
  });
  lane.add(segment(1, 1024));
  lane.add(segment(2, 1024));
  await lane.drain(() => false);
  expect(inserted).toEqual(['1-2', '3-5']);
});

it('catches up with the oldest first, and shows what is new before it is done', async () => {
  const inserted: string[] = [];
  let now = START + 600_000;
  const { lane } = laneOver(async (token) => {
    inserted.push(token);
    now += 1_000;
    lane.add(segment(1_000 + inserted.length, MIB, now));
  }, () => now);
  for (let number = 1; number <= 20; number += 1) lane.add(segment(number, 60 * MIB));
  await lane.drain(() => inserted.length >= 12);
  const old = inserted.filter((token) => !token.includes('-')).map(Number);
  const fresh = inserted.filter((token) => /-1\d{3}$/.test(token));
  expect(old).toEqual(old.toSorted((a, b) => a - b));
  expect(old.length).toBeGreaterThanOrEqual(8);
  expect(fresh.length).toBeGreaterThanOrEqual(2);
});

it('does not wait for a clock that was set back', async () => {
  const inserted: string[] = [];
  let now = START;
  let away = true;
  const { lane } = laneOver(async (token) => {
    if (away) throw new PipelineError('STORE_UNAVAILABLE', 'away');
    inserted.push(token);
  }, () => now);
  lane.add(segment(1, 1024));
  await lane.drain(() => false);
  away = false;
  await lane.drain(() => false);
  expect(inserted).toEqual([]);
  now -= 3_600_000;
  await lane.drain(() => false);
  expect(inserted).toEqual(['1']);
});

it('sets one of several apart that is never taken, and lets its neighbours go as soon as others were taken', async () => {
  const taken = new Map<string, number>();
  let now = START;
  const { lane, rejected } = laneOver(async (token) => {
    const [first = 0, last = first] = token.split('-').map(Number);
    if (first <= 3 && last >= 3) throw new PipelineError('STORE_UNAVAILABLE', 'not this one');
    taken.set(token, now - START);
  }, () => now);
  for (let number = 1; number <= 5; number += 1) lane.add(segment(number, 1024));
  let minutes = 0;
  for (; lane.status().segments > 0 && minutes < 60; minutes += 1) {
    await lane.drain(() => false);
    lane.add(segment(100 + minutes, 1024, now));
    now += 60_000;
    await lane.drain(() => false);
  }
  expect(['1', '2', '4', '5'].map((token) => (taken.get(token) ?? Infinity) <= 6 * 60_000)).toEqual([true, true, true, true]);
  expect(rejected).toEqual(['3']);
  expect(minutes).toBeLessThan(25);
});
