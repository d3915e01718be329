import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, type Logger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Anomaly, Series } from '#core/types.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from '../config.js';
import { openInference, type Inference } from '../onnx/inference.js';
import { createRandom, measuredNow } from '../testing.js';
import { createWatch } from '../watch.js';
import { createKeeper, type Keeper } from './keeper.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const config = detectorConfig.parse({ step: '1m', long_memory: 5 });
const series: Series = { id: 'memory', kind: 'metric', service: 'cart', operation: '', metric: 'process.memory.usage', unit: 'By', labels: {} };
const start = Math.floor(Date.now() / DAY) * DAY - 12 * DAY;
let store: Store;
let inference: Inference;
beforeAll(async () => {
  store = await openTestStore();
  inference = await openInference();
}, 60_000);
afterAll(async () => {
  await inference.close();
  await store.close();
});

const open = async (logger: Logger = silentLogger, registry = new Registry()): Promise<Keeper> => {
  const keeper = createKeeper({ store, registry, logger, config });
  await keeper.load(start + 10 * DAY);
  return keeper;
};
/** As if the store held nothing more of it. */
function know({ memories }: Keeper, one: Series): void {
  memories.feed(one, start, { value: 0, count: 0 });
  memories.recalled(one);
}
const measured = (value: number) => measuredNow([{ series, reading: { value, count: 0 } }]);

describe('long memories beside the windows', () => {
  it('open one episode for a creeping leak that the windows follow, also over a restart, and none without them', async () => {
    const { normal } = createRandom(8);
    const level = (time: number): number => 1e8 * (1 + 0.02 * normal()) * (1 + (0.02 * Math.max(0, time - start - 10 * DAY)) / HOUR);
    const before = await open();
    know(before, series);
    for (let time = start; time < start + 10 * DAY; time += MINUTE) before.memories.feed(series, time, { value: level(time), count: 0 });
    await before.keepAll();
    const after = await open();
    expect(after.memories.counts()).toEqual({ known: 1, speaking: 0, waiting: 1 });
    know(after, series);
    expect(after.memories.counts()).toEqual({ known: 1, speaking: 1, waiting: 0 });

    const values = Array.from({ length: 22 * 60 }, (_, minute) => level(start + 10 * DAY + minute * MINUTE));
    const found = await Promise.all([after.memories, undefined].map(async (long) => {
      const watch = createWatch(config, inference.ask, long);
      const episodes = new Map<string, Anomaly>();
      for (const [minute, value] of values.entries()) for (const anomaly of (await watch.step(start + 10 * DAY + minute * MINUTE, measured(value), 0, undefined)).anomalies) episodes.set(anomaly.id, anomaly);
      return [...episodes.values()];
    }));
    expect(found[1]).toEqual([]);
    expect(found[0]).toHaveLength(1);
    const [episode] = found[0] ?? [];
    expect(episode).toMatchObject({ series: { id: series.id }, direction: 'up', endsAt: null });
    expect(episode?.contributions[0]?.detector).toMatch(/^usual /);
    expect(episode?.upper).toBeLessThan(1.6e8);
    expect(episode?.expected).toBeCloseTo(1e8, -8);
  });

  it('calm a nightly batch that has been seen on three nights, and only that', async () => {
    const { normal } = createRandom(9);
    const nightly = { ...series, id: 'nightly' };
    const night = (at: number, hour: number) => (time: number): number => 100 * (1 + 0.02 * normal()) + (time % DAY >= hour * HOUR && time % DAY < hour * HOUR + 20 * MINUTE && time >= start + at * DAY ? 800 : 0);
    const episodesOf = async (nights: number, hour: number): Promise<number> => {
      const keeper = createKeeper({ store, registry: new Registry(), logger: silentLogger, config });
      const { memories } = keeper;
      know(keeper, nightly);
      const before = night(0, 2);
      for (let time = start; time < start + nights * DAY - HOUR; time += MINUTE) memories.feed(nightly, time, { value: before(time), count: 0 });
      const watch = createWatch(config, inference.ask, memories);
      const tonight = night(nights, hour);
      const ids = new Set<string>();
      for (let time = start + nights * DAY - HOUR; time < start + nights * DAY + 5 * HOUR; time += MINUTE) for (const { id } of (await watch.step(time, measuredNow([{ series: nightly, reading: { value: tonight(time), count: 0 } }]), 0, undefined)).anomalies) ids.add(id);
      return ids.size;
    };
    expect(await episodesOf(2, 2)).toBeGreaterThan(0);
    expect(await episodesOf(3, 2)).toBe(0);
    expect(await episodesOf(3, 3)).toBeGreaterThan(0);
  });

  it('forget what was usual of errors where nobody saw those of records without a severity', async () => {
    await store.insert('log_rates', [{ time: start / 1000, service: 'silent', severity: 'unset', count: '1' }]);
    await store.insert('watched_series', [{ id: 'errors', service: 'silent', metric: 'error_logs', last_seen: new Date().toISOString() }]);
    await store.command("INSERT INTO long_memories SELECT 'errors', rank, until, version, sum, state FROM long_memories FINAL WHERE series = 'memory'");
    expect((await open()).memories.counts().known).toBe(1);
  });

  it('refuse what is damaged or of another version, say so, and learn anew', async () => {
    await store.command("INSERT INTO long_memories SELECT 'damaged', rank, until, version, sum, concat('BBBB', substring(state, 5)) FROM long_memories FINAL WHERE series = 'memory'");
    await store.command("INSERT INTO long_memories SELECT 'older', rank, until, 0, sum, state FROM long_memories FINAL WHERE series = 'memory'");
    const warned: object[] = [];
    const registry = new Registry();
    const keeper = await open({ ...silentLogger, warn: (facts: object) => void warned.push(facts) } as Logger, registry);
    expect(keeper.memories.counts().known).toBe(1);
    expect(warned).toEqual([{ refused: 2, first: 'damaged', reasons: ['its checksum is another', 'it is of version 0, and this Faultline reads 4'] }]);
    expect(await registry.getSingleMetricAsString('faultline_detector_long_memories_refused_total')).toMatch(/total 2$/m);
  });

  it('are kept a share at a time, those longest unkept first', async () => {
    const keeper = await open();
    const count = async (): Promise<string> => (await store.query<{ n: string }>("SELECT count() AS n FROM long_memories FINAL WHERE series LIKE 'many%'"))[0]?.n ?? '';
    for (let index = 0; index < 4; index += 1) know(keeper, { ...series, id: `many ${index}` });
    for (const minute of [0, 1, 2]) for (let index = 0; index < 4; index += 1) keeper.memories.feed({ ...series, id: `many ${index}` }, start + 11 * DAY + minute * MINUTE, { value: 1, count: 0 });
    await keeper.keepSome(12 * MINUTE);
    expect(await count()).toBe('1');
    await keeper.keepSome(24 * MINUTE);
    expect(await count()).toBe('3');
    await keeper.keepAll();
    expect(await count()).toBe('4');
  });
});
