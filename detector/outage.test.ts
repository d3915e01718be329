import { expect, it } from 'vitest';
import type { Anomaly, Series, SeriesKind } from '#core/types.js';
import { detectorConfig } from './config.js';
import { Readings } from './measured.js';
import { robustLevel } from './models/robust.js';
import { WINDOW } from './models/shape.js';
import { askBy, createRandom, measuredNow } from './testing.js';
import { createWatch } from './watch.js';

const config = detectorConfig.parse({ step: '1m' });
const STEP = config.step;
const HOUR = 3_600_000 / STEP;
const BEGINS = 150;
const MEMBERS = [{ name: 'robust', slot: 'robust', inputs: ['window'] as const, calibration: 'robust' }];

const seriesOf = (kind: SeriesKind, service: string, operation = ''): Series => ({ id: `${kind} ${service} ${operation}`, kind, service, operation, metric: kind, unit: '', labels: {} });
const ROBUST = askBy(async (_slot, rows, { window }) => {
  const said = Array.from({ length: rows }, (_, row) => robustLevel((window ?? new Float32Array()).slice(row * WINDOW, (row + 1) * WINDOW)));
  return { expected: Float32Array.from(said, ({ expected }) => expected), scale: Float32Array.from(said, ({ scale }) => scale) };
});

/** Episodes by series, as they were told last; `shown`: what comes in a step, and whether anybody is heard in it. */
async function play(hours: number, shown: (since: number) => { readonly readings: readonly (readonly [Series, number])[]; readonly silent?: boolean }): Promise<ReadonlyMap<string, Anomaly>> {
  const watch = createWatch(config, ROBUST);
  watch.setMembers(MEMBERS);
  const last = new Map<string, Anomaly>();
  for (let step = 0; step < BEGINS + hours * HOUR; step += 1) {
    const { readings, silent } = shown(step - BEGINS);
    const measured = measuredNow(readings.map(([series, value]) => ({ series, reading: { value, count: 300 } })));
    if (silent) measured.alive[0] = 0;
    for (const anomaly of (await watch.step(step * STEP, measured, 0, undefined)).anomalies) last.set(anomaly.series.id, anomaly);
  }
  return last;
}

it('does not take failures and lost requests for usual before a day is over, and says of what it does that it lasts', async () => {
  const random = createRandom(7);
  const [failing, thin, busy] = [seriesOf('errors', 'a'), seriesOf('rate', 'thin'), seriesOf('rate', 'busy')];
  const until = async (hours: number): Promise<ReadonlyMap<string, Anomaly>> =>
    play(hours, (since) => ({ readings: [[failing, since >= 0 ? 0.6 + 0.03 * random.normal() : random.poisson(1) / 300], [thin, since >= 0 ? 1 : random.poisson(300) / 15], [busy, since >= 0 ? 60 : random.poisson(300) / 15]] }));
  const soon = await until(6);
  expect([failing, thin].map(({ id }) => soon.get(id))).toMatchObject([{ endsAt: null, direction: 'up' }, { endsAt: null, direction: 'down' }]);
  expect(soon.get(busy.id)).toMatchObject({ ended: 'new level' });
  const late = await until(27);
  expect([failing, thin].map(({ id }) => late.get(id)?.ended)).toEqual(['new level', 'new level']);
}, 120_000);

it('loses no requests when a surge is over that was taken for the new level, but those that were there before it', async () => {
  const random = createRandom(7);
  const [back, lost, seldom, other] = [seriesOf('rate', 'back'), seriesOf('rate', 'lost'), seriesOf('rate', 'seldom'), seriesOf('rate', 'other')];
  const noisy = (rate: number): number => random.poisson(rate * 15) / 15;
  const last = await play(8, (since) => {
    const [before, surges] = [since < 0, since >= 0 && since < 3 * HOUR];
    const none: readonly (readonly [Series, number])[] = before || surges ? [[seldom, surges ? noisy(100) : 0.1]] : [];
    return { readings: [[back, noisy(surges ? 111 : 11)], [lost, surges ? noisy(111) : before ? noisy(11) : 0.5], ...none, [other, 20]] };
  });
  const [fell, gone, ceased] = [back, lost, seldom].map(({ id }) => last.get(id));
  expect(fell).toMatchObject({ direction: 'down', ended: 'new level' });
  expect(ceased).toMatchObject({ direction: 'absent', endsAt: null });
  expect(gone).toMatchObject({ direction: 'down', endsAt: null });
}, 120_000);

it('misses a service that lost all its requests for a day, also while nobody is heard, and an operation for an hour', async () => {
  const [gone, operation, other] = [seriesOf('rate', 'gone'), seriesOf('rate', 'gone', 'GET /'), seriesOf('rate', 'other')];
  const until = async (hours: number): Promise<ReadonlyMap<string, Anomaly>> =>
    play(hours, (since) => ({ readings: since < 0 ? [[gone, 20], [operation, 20], [other, 20]] : since > HOUR / 2 && since < HOUR ? [] : [[other, 20]], silent: since > HOUR / 2 && since < HOUR }));
  const soon = await until(23);
  expect(soon.get(gone.id)).toMatchObject({ direction: 'absent', endsAt: null });
  expect(soon.get(operation.id)).toMatchObject({ direction: 'absent', ended: 'silent' });
  expect((await until(25)).get(gone.id)).toMatchObject({ ended: 'silent' });
}, 120_000);

/** Services told absent of three that lose all their requests at once: `pause` is a step in which nobody was asked anything before, `exports` whether their metrics go on. */
async function absent({ pause, exports }: { readonly pause: number; readonly exports: boolean }): Promise<readonly string[]> {
  const watch = createWatch(config, ROBUST);
  watch.setMembers(MEMBERS);
  const names = ['front', 'cart', 'payment'];
  const told = new Set<string>();
  for (let step = 0; step < BEGINS + 20; step += 1) {
    const isSilent = step === pause || step >= BEGINS;
    const measured = measuredNow(isSilent ? [] : names.map((name) => ({ series: seriesOf('rate', name), reading: { value: 20, count: 300 } })));
    measured.alive[0] = isSilent ? 0 : 1;
    if (exports || step < BEGINS) for (const name of names) measured.arrive(name, 0, 30);
    for (const { series, direction } of (await watch.step(step * STEP, measured, 0, undefined)).anomalies) if (direction === 'absent' && series.kind === 'rate') told.add(series.service);
  }
  return [...told].toSorted();
}

it('misses the requests of all at once where their metrics go on, if there were some in every step of the window before', async () => {
  expect(await absent({ pause: -1, exports: true })).toEqual(['cart', 'front', 'payment']);
  expect(await absent({ pause: -1, exports: false })).toEqual([]);
  expect(await absent({ pause: 100, exports: true })).toEqual([]);
});

it('does not miss after a start what history alone has, as it comes too late', async () => {
  const watch = createWatch(config, ROBUST);
  watch.setMembers(MEMBERS);
  const [late, direct] = [seriesOf('rate', 'late'), seriesOf('rate', 'direct')];
  const history = new Readings(WINDOW);
  for (let slot = 0; slot < WINDOW; slot += 1) {
    history.alive[slot] = 1;
    for (const series of slot < WINDOW - 3 ? [late, direct] : [direct]) history.put(series, slot, 20, 300);
    for (const service of slot < WINDOW - 5 ? ['late', 'direct'] : ['direct']) history.arrive(service, slot, 30);
  }
  await watch.learn(0, history);
  const told: string[] = [];
  for (let step = WINDOW; step < WINDOW + 30; step += 1) {
    const measured = measuredNow([{ series: direct, reading: { value: 20, count: 300 } }]);
    measured.arrive('direct', 0, 30);
    for (const { series } of (await watch.step(step * STEP, measured, 0, undefined)).anomalies) told.push(`${series.service} ${series.metric}`);
  }
  expect(told).toEqual([]);
});

/** What is told absent within seven steps after what happened, of two services one of which is lost at step `stops`. */
async function toldAfter(stops: number, what: 'steps are skipped' | 'the clock is set back' | 'another run goes on'): Promise<readonly string[]> {
  const watch = createWatch(config, ROBUST);
  watch.setMembers(MEMBERS);
  const put = (step: number, into: Readings, slot: number): Readings => {
    into.alive[slot] = 1;
    for (const service of step < stops ? ['gone', 'other'] : ['other']) {
      into.put(seriesOf('rate', service), slot, 20, 300);
      into.arrive(service, slot, 30);
    }
    return into;
  };
  const told = new Set<string>();
  const live = async (from: number, to: number): Promise<void> => {
    for (let step = from; step < to; step += 1) for (const { series, direction } of (await watch.step(step * STEP, put(step, new Readings(), 0), 0, undefined)).anomalies) if (direction === 'absent') told.add(`${series.service} ${series.metric}`);
  };
  const until = what === 'the clock is set back' ? stops + 10 : 185;
  if (what === 'steps are skipped') await live(0, stops - 2);
  if (what === 'the clock is set back') {
    await live(0, stops + 25);
    expect(watch.setBack(until * STEP).map(({ series }) => series.service)).toContain('gone');
    told.clear();
  }
  const history = new Readings(WINDOW);
  for (let slot = 0; slot < WINDOW; slot += 1) put(until - WINDOW + slot, history, slot);
  await watch.learn((until - WINDOW) * STEP, history);
  if (what === 'another run goes on') watch.trust(['gone', 'other'].map((service) => seriesOf('rate', service).id), ['gone', 'other']);
  await live(until, until + 7);
  return [...told].toSorted();
}

it.each(['steps are skipped', 'the clock is set back', 'another run goes on'] as const)('misses a service that came in time before, though it was lost while %s', async (what) => {
  expect(await toldAfter(160, what)).toEqual(['gone metric_points', 'gone rate']);
});
