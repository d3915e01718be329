import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger, type Logger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { seriesOf } from '#core/series.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from './config.js';
import { SHARES, type KnownTails } from './known-tails.js';
import { Readings } from './measured.js';
import { robustLevel } from './models/robust.js';
import { WINDOW } from './models/shape.js';
import { createTailKeeper, type TailKeeper } from './tail-keeper.js';
import { askBy, createRandom, measuredNow } from './testing.js';
import { createWatch, type Watch } from './watch.js';

const config = detectorConfig.parse({});
const STEP = config.step;
const STEPS = 400;
const ALL = Array.from({ length: 40 }, (_, index) => seriesOf('metric', `service-${index}`, '', 'queue', ''));
const ROBUST = askBy(async (_slot, rows, { window }) => {
  const said = Array.from({ length: rows }, (_, row) => robustLevel((window ?? new Float32Array()).slice(row * WINDOW, (row + 1) * WINDOW)));
  return { expected: Float32Array.from(said, ({ expected }) => expected), scale: Float32Array.from(said, ({ scale }) => scale) };
});
const random = createRandom(7);
/** Values that are often far from their median. */
const values = Array.from({ length: STEPS + 1 }, () => ALL.map(() => 100 * Math.exp(random.normal())));

let store: Store;
let before: Watch;
beforeAll(async () => {
  store = await openTestStore();
  before = watchOf('robust 1');
  await play(before, 0, STEPS);
}, 60_000);
afterAll(() => store.close());

function watchOf(calibration: string): Watch {
  const watch = createWatch(config, ROBUST);
  watch.setMembers([{ name: 'robust', slot: 'robust', inputs: ['window'], calibration }]);
  return watch;
}

async function play(watch: Watch, from: number, to: number): Promise<void> {
  for (let step = from; step < to; step += 1) await widths(watch, step);
}

/** How wide the band of each series is in a step, in standard deviations. */
async function widths(watch: Watch, step: number): Promise<number[]> {
  const measured = measuredNow(ALL.map((series, index) => ({ series, reading: { value: values[step]?.[index] ?? 0, count: 0 } })));
  const { judged } = await watch.step(step * STEP, measured, 0, undefined);
  return [...(judged.parts[0]?.opinions[0]?.width.subarray(0, ALL.length) ?? [])];
}

/** As after a restart: it knows the last half hour. */
async function restarted(calibration = 'robust 1'): Promise<Watch> {
  const watch = watchOf(calibration);
  const measured = new Readings(WINDOW);
  for (let slot = 0; slot < WINDOW; slot += 1) for (const [index, series] of ALL.entries()) measured.put(series, slot, values[STEPS - WINDOW + slot]?.[index] ?? 0, 0);
  await watch.learn((STEPS - WINDOW) * STEP, measured);
  return watch;
}

const keeperOf = (watch: Watch, { logger = silentLogger, registry = new Registry(), stepMs = STEP, of = store }: { logger?: Logger; registry?: Registry; stepMs?: number; of?: Store } = {}): TailKeeper => createTailKeeper({ store: of, registry, logger, stepMs, watch, shadowTails: () => [] });
const known = (watch: Watch): KnownTails[] => Array.from({ length: SHARES }, (_, share) => watch.tails(share)).flat().filter(({ series }) => series.length > 0);
const series = (watch: Watch): string[] => known(watch).flatMap((tails) => tails.series).toSorted();

it('keeps how far models err over a restart, so that bands are as wide as before it', async () => {
  await keeperOf(before).keepAll();
  const [after, without] = [await restarted(), await restarted()];
  await keeperOf(after).load();
  expect(series(after)).toEqual(ALL.map(({ id }) => id).toSorted());
  expect(known(after)).toEqual(known(before));
  const [usual, restored, anew] = [await widths(before, STEPS), await widths(after, STEPS), await widths(without, STEPS)];
  for (const [index, width] of usual.entries()) {
    expect(restored[index]).toBeCloseTo(width, 4);
    expect(anew[index]).not.toBeCloseTo(width, 1);
  }
}, 60_000);

it('leaves out what is of another model or step, or damaged', async () => {
  const other = await restarted('robust 2');
  await keeperOf(other).load();
  expect(series(other)).toEqual([]);
  const slower = await restarted();
  await keeperOf(slower, { stepMs: 60_000 }).load();
  expect(series(slower)).toEqual([]);
  await store.command("INSERT INTO model_tails (share, calibration, kept, version, step, series, thresholds, excesses, counts) SELECT share, calibration, kept + 1, version, step, series, arrayMap((value, at) -> if(at = 1, nan, value), thresholds, arrayEnumerate(thresholds)), arrayPopBack(excesses), counts FROM model_tails FINAL");
  const damaged = await restarted();
  await keeperOf(damaged).load();
  expect(series(damaged).length).toBeLessThan(ALL.length);
  for (const { thresholds, excesses } of known(damaged)) expect([...thresholds, ...excesses].every(Number.isFinite)).toBe(true);
});

it('takes up what a model learned that errs by nearly the same in every step', async () => {
  const after = await restarted();
  const tails: KnownTails = { calibration: 'robust 1', series: ALL.slice(0, 3).map(({ id }) => id), thresholds: [0.2, -0.1, 0.2], excesses: [-0.006, 0.1, 0.1], counts: [900, 900, -1] };
  after.restoreTails(tails);
  const [taken, damaged, alsoDamaged] = ALL.map(({ id }) => known(after).find((one) => one.series.includes(id)));
  expect(taken?.counts[taken.series.indexOf(ALL[0]?.id ?? '')]).toBe(900);
  expect(taken?.excesses[taken.series.indexOf(ALL[0]?.id ?? '')]).toBeCloseTo(-0.006, 6);
  expect([damaged, alsoDamaged]).toEqual([undefined, undefined]);
});

it('keeps a share at a time, all of them in an hour, and what could not be kept the next time', async () => {
  await store.command('TRUNCATE TABLE model_tails');
  const watch = watchOf('robust 1');
  await play(watch, 0, 80);
  const kept = async (): Promise<number> => Number((await store.query<{ all: string }>('SELECT sum(length(series)) AS all FROM model_tails FINAL'))[0]?.all);
  let fails = true;
  const registry = new Registry();
  const failing: Store = { ...store, insert: async (table, rows) => (fails ? Promise.reject(new Error('the store is away')) : store.insert(table, rows)) };
  const keeper = keeperOf(watch, { of: failing, registry });
  await keeper.keepSome(1_800_000);
  expect(await kept()).toBe(0);
  expect(await registry.getSingleMetricAsString('faultline_detector_tails_failures_total')).toMatch(/total 1$/m);
  fails = false;
  await keeper.keepSome(0);
  expect(await kept()).toBeLessThan(ALL.length);
  expect(await kept()).toBeGreaterThan(0);
  await keeper.keepSome(1_800_000);
  expect(await kept()).toBe(ALL.length);
});

it('keeps no share twice when the store is there again, however long it was away', async () => {
  const watch = watchOf('robust 1');
  await play(watch, 0, 80);
  let kept = 0;
  let fails = true;
  const away: Store = {
    ...store,
    insert: async () => {
      if (fails) throw new Error('the store is away');
      kept += 1;
    },
  };
  const keeper = keeperOf(watch, { of: away });
  for (let hour = 0; hour < 60; hour += 1) await keeper.keepSome(3_600_000);
  fails = false;
  await keeper.keepSome(0);
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(SHARES);
});
