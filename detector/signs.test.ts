import { describe, expect, it } from 'vitest';
import { DAY_MS } from '#core/clock.js';
import { seriesOf } from '#core/series.js';
import type { Anomaly, Series } from '#core/types.js';
import { detectorConfig } from './config.js';
import type { Run } from './members.js';
import { SIGNS } from './signs.js';
import { askBy, createRandom, measuredNow } from './testing.js';
import { createWatch } from './watch.js';

const STEP = 15_000;
const MINUTE = 4;
const HOUR = 60 * MINUTE;
/** Models to which nothing is a surprise. */
const lenient: Run = async (_slot, rows) => ({ expected: new Float32Array(rows), scale: new Float32Array(rows).fill(100) });

async function play(series: Series, at: (step: number) => number, steps: number): Promise<Anomaly[]> {
  const watch = createWatch(detectorConfig.parse({}), askBy(lenient));
  const episodes = new Map<string, Anomaly>();
  for (let step = 0; step < steps; step += 1) {
    const value = at(step);
    const { anomalies } = await watch.step(step * STEP, measuredNow(Number.isNaN(value) ? [] : [{ series, reading: { value, count: 0 } }]), 0, undefined);
    for (const anomaly of anomalies) episodes.set(anomaly.id, anomaly);
  }
  return [...episodes.values()];
}

describe('restarts', () => {
  const counter = seriesOf('metric', 'ksm', '', 'kube_pod_container_status_restarts_total', '1/s', { pod: 'web-0' });
  const gauge = seriesOf('metric', 'k8s', '', 'k8s.container.restarts', '{restart}', { job: 'k8s', instance: 'web-0' });
  /** A crash loop: ever longer until the next try, five minutes at most. */
  const loop = [0, 1, 3, 7, 14, 27, 50, 73, 96].map((step) => HOUR + step);
  const before = (step: number): number => loop.filter((at) => at <= step).length;

  /** One every three minutes for 26 hours, and again an hour later. */
  const loops = (step: number): boolean => step % 12 === 0 && (step < 26 * HOUR || step > 27 * HOUR);

  it.each<[string, Series, (step: number) => number]>([
    ['a counter', counter, (step) => (loop.includes(step) ? 1 / 15 : 0)],
    ['a gauge', gauge, (step) => 4 + before(step)],
    ['a counter that is scraped each minute', counter, (step) => (step % 4 === 0 ? (before(step) - before(step - 4)) / 60 : Number.NaN)],
  ])('that follow each other are told as long as one comes every quarter of an hour: %s', async (_name, series, at) => {
    const [episode, ...more] = await play(series, at, HOUR + 190);
    expect(more).toEqual([]);
    expect(episode).toMatchObject({ direction: 'up', contributions: [{ detector: SIGNS.restarts }] });
    expect(episode?.startsAt).toBeLessThanOrEqual((HOUR + 2 * MINUTE) * STEP);
    expect(episode?.endsAt).toBeGreaterThan((HOUR + 96 + 13 * MINUTE) * STEP);
    expect(episode?.endsAt).toBeLessThan((HOUR + 96 + 17 * MINUTE) * STEP);
  });

  it.each<[string, Series, (step: number) => number]>([
    ['a counter', counter, (step) => (loops(step) ? 1 / 60 : 0)],
    ['a gauge', gauge, (step) => Math.floor(Math.min(step, 26 * HOUR) / 12) + Math.max(0, Math.floor((step - 27 * HOUR) / 12))],
  ])('are usual after a day, until none came for a quarter of an hour: %s', async (_name, series, at) => {
    const [first, ...more] = await play(series, (step) => (step % MINUTE === 0 ? at(step) : Number.NaN), 27.5 * HOUR);
    expect(first).toMatchObject({ contributions: [{ detector: SIGNS.restarts }], ended: 'new level' });
    expect((first?.endsAt ?? 0) / STEP / HOUR).toBeCloseTo(24, 0);
    expect(more).toMatchObject([{ contributions: [{ detector: SIGNS.restarts }], endsAt: null }]);
    expect(more[0]?.startsAt).toBeGreaterThan(27 * HOUR * STEP);
  });

  it.each([30_000, 60_000])('are told though the series begins with them and is scraped each %d ms: by then they are five minutes apart', async (every) => {
    const scrape = every / STEP;
    /** Of a pod that runs for ten seconds and waits for longer each time, five minutes at most. */
    const starts = [1, 2, 4, 8, 16, 29, 49.7, 70.3, 91, 111.7, 132.3, 153, 173.7];
    const count = (step: number): number => starts.filter((at) => at <= step).length;
    const [episode, ...more] = await play(counter, (step) => (step % scrape === 0 ? (count(step) - count(step - scrape)) / (every / 1000) : Number.NaN), 180);
    expect(more).toEqual([]);
    expect(episode).toMatchObject({ contributions: [{ detector: SIGNS.restarts }], endsAt: null });
    expect(episode?.startsAt).toBeLessThan(30 * MINUTE * STEP);
  });

  it('of one of two containers of a pod, which are one series, are those that it had', async () => {
    const [episode, ...more] = await play(gauge, (step) => (step % 2 === 0 ? 0 : 12 + before(step)), HOUR + 30);
    expect(more).toEqual([]);
    expect(episode).toMatchObject({ contributions: [{ detector: SIGNS.restarts }], direction: 'up', endsAt: null });
    expect((episode?.value ?? 0) - (episode?.expected ?? 0)).toBe(6);
  });

  it.each<[string, (step: number) => number]>([
    ['two containers of a pod', (step) => (step % 2 === 0 ? 0 : 12)],
    ['a reading that is too low', (step) => (step === HOUR ? 0 : 12)],
    ['a reading that is too high', (step) => (step === HOUR ? 84 : 12)],
  ])('are none where a gauge goes and comes back: %s', async (_name, at) => {
    expect(await play(gauge, at, 2 * HOUR)).toEqual([]);
  });

  it('of which there are two in a quarter of an hour are none, nor are other counts', async () => {
    expect(await play(counter, (step) => (step % (8 * MINUTE) === 0 ? 1 / 15 : 0), 2 * HOUR)).toEqual([]);
    expect(await play({ ...counter, metric: 'orders_total' }, () => 1 / 15, 2 * HOUR)).toEqual([]);
    expect(await play({ ...gauge, metric: 'seconds_since_last_restart', unit: 's' }, (step) => 15 * step, 2 * HOUR)).toEqual([]);
  });
});

describe('what fills', () => {
  const { normal } = createRandom(5);
  const used = seriesOf('metric', 'node', '', 'system_filesystem_utilization', '1', { mountpoint: '/' });
  const left = seriesOf('metric', 'node', '', 'node_filesystem_avail_bytes', 'By', { mountpoint: '/' });
  const memory = seriesOf('metric', 'web', '', 'container_memory_utilization', '1');
  /** 6 % an hour from 82 % on: full after three. */
  const share = (step: number): number => Math.min(1, 0.82 + (0.06 * step) / HOUR + 0.0004 * normal());
  const full = (step: number): number => (step < 3 * HOUR ? share(step) : 1);

  it.each<[string, Series, (step: number) => number]>([
    ['its share', used, (step) => (step < 4 * HOUR ? full(step) : 0.6)],
    ['what is left', left, (step) => 1e11 * (step < 4 * HOUR ? 1 - full(step) : 0.4)],
    ['memory that has a limit', memory, (step) => (step < 4 * HOUR ? full(step) : 0.3)],
  ])('is told within the hour before it is full, until there is room: %s', async (_name, series, at) => {
    const [episode, ...more] = await play(series, at, 4 * HOUR + 20);
    expect(more).toEqual([]);
    expect(episode).toMatchObject({ contributions: [{ detector: SIGNS.full, score: 2 }], endsAt: 4 * HOUR * STEP });
    expect(episode?.startsAt).toBeGreaterThan(2 * HOUR * STEP);
    expect(episode?.startsAt).toBeLessThan(2.75 * HOUR * STEP);
  });

  it.each<[string, Series, (step: number) => number]>([
    ['it is full all the time', used, () => 1],
    ['it is nearly full and stays so', used, () => 0.97 + 0.003 * normal()],
    ['it comes and goes as before', memory, (step) => 0.97 + 0.02 * Math.cos((2 * Math.PI * step) / (2 * HOUR))],
    ['it was one large file', used, (step) => (step < HOUR ? 0.9 : 0.97)],
    ['there is much left', left, (step) => 1e11 * (1 - 0.2 * (step / HOUR))],
    ['it is collected', { ...memory, metric: 'jvm_memory_utilization' }, full],
    ['it holds files too', { ...memory, metric: 'k8s_pod_memory_limit_utilization' }, full],
    ['it is no space', { ...used, metric: 'system_cpu_utilization' }, full],
  ])('is not told where %s', async (_name, series, at) => {
    expect(await play(series, at, 3 * HOUR)).toEqual([]);
  });
});

describe('a certificate', () => {
  const days = seriesOf('metric', 'ingress', '', 'ssl_certificate_expiry_days', 'd', { host: 'a' });
  const until = seriesOf('metric', 'blackbox', '', 'probe_ssl_earliest_cert_expiry', '', { instance: 'a' });
  const DAYS = DAY_MS / STEP;
  /** The tests begin in 1970, timestamps later. */
  const at = 1.7e9;

  it('that is not renewed is told three days before, until it is', async () => {
    const [episode, ...more] = await play(days, (step) => 3.02 - step / DAYS + (step > 0 && step < 2 * HOUR ? 0 : 87), 2 * HOUR + 20);
    expect(more).toEqual([]);
    expect(episode).toMatchObject({ direction: 'down', contributions: [{ detector: SIGNS.expires }], endsAt: 2 * HOUR * STEP });
    expect(episode?.startsAt).toBeLessThanOrEqual(Math.ceil(0.02 * DAYS + 1) * STEP);
  });

  it('that lasts a week is told when a quarter of it is left', async () => {
    const [episode, ...more] = await play(days, (step) => Math.max(0.1, 7 - step / 60), HOUR * 2);
    expect(more).toEqual([]);
    expect(episode).toMatchObject({ startsAt: (5.25 * 60 + 1) * STEP, expected: 1.75, endsAt: null });
  });

  it.each<[string, (minute: number) => number]>([
    ['it is over for ever longer', (minute) => (minute < 30 ? 20 : 0.8 - minute / 100)],
    ['nothing is left of it', (minute) => (minute < 30 ? 20 : Math.max(0, 0.8 - minute / 100))],
  ])('that nobody renews for a day is abandoned: %s', async (_name, left) => {
    const told = await play(days, (step) => (step % MINUTE === 0 ? left(step / MINUTE) : Number.NaN), 27 * HOUR);
    expect(told).toMatchObject([{ contributions: [{ detector: SIGNS.expires }], ended: 'new level' }]);
    expect((told[0]?.endsAt ?? 0) / STEP / HOUR).toBeGreaterThan(24);
  });

  it.each<[string, Series, (step: number) => number]>([
    ['lasts a week and is renewed at a third of it', days, (step) => 7 - (step % 200) / 43],
    ['never lasts as long', days, (step) => 1 - step / DAYS],
    ['lasts longer', days, (step) => 20 - step / DAYS],
    ['could not be looked at', until, (step) => (step < 60 ? at : 0)],
  ])('that %s is not told', async (_name, series, values) => {
    expect(await play(series, values, HOUR)).toEqual([]);
  });
});
