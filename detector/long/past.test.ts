import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Series } from '#core/types.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { createReader, type Reader } from '../readers.js';
import { createLongMemories, type LongMemories } from './live.js';
import { createPast, type Past } from './past.js';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const DAYS = 9;
const NOW = Math.floor(Date.now() / DAY) * DAY - DAY;
const BEGIN = NOW - DAYS * DAY;
const heap = (minute: number): number => 1e8 + 40_000 * ((minute * 7919) % 97) + 0.5;
let store: Store;

beforeAll(async () => {
  store = await openTestStore();
  await store.insert('metric_series', [
    { id: '1', name: 'heap', type: 'gauge', metric: 'heap', unit: 'By', service: 'cart', labels: {}, last_seen: Math.floor(NOW / 1000) },
    { id: '2', name: 'wait_count', type: 'counter', metric: 'wait', unit: '', service: 'cart', labels: {}, last_seen: Math.floor(NOW / 1000) },
    { id: '3', name: 'wait_sum', type: 'counter', metric: 'wait', unit: 's', service: 'cart', labels: {}, last_seen: Math.floor(NOW / 1000) },
  ]);
  const minutes = DAYS * 1440;
  await store.command(`INSERT INTO metric_samples SELECT 1, fromUnixTimestamp64Milli(toInt64(${BEGIN} + number * ${MINUTE})), 1e8 + 40000 * ((number * 7919) % 97) + 0.5 FROM numbers(${minutes}) SETTINGS max_partitions_per_insert_block = 0`);
  for (const [id, gain] of [[2, 60], [3, 15]]) await store.command(`INSERT INTO metric_samples SELECT ${id}, fromUnixTimestamp64Milli(toInt64(${BEGIN} + number * ${MINUTE})), number * ${gain} FROM numbers(${minutes}) SETTINGS max_partitions_per_insert_block = 0`);
  // Six requests a minute, of the shop in every hour's second half.
  await store.command(`INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, Duration, StatusCode)
    SELECT fromUnixTimestamp64Milli(toInt64(${BEGIN} + number * 10000)), toString(number), toString(number), 'GET /', 'Server', if(intDiv(number, 180) % 2 = 0, 'other', 'shop'), 20000000, 'Unset' FROM numbers(${minutes * 6}) SETTINGS max_partitions_per_insert_block = 0`);
});
afterAll(() => store.close());

interface Opened {
  readonly memories: LongMemories;
  readonly reader: Reader;
  readonly past: Past;
}
function open(most = 20): Opened {
  const memories = createLongMemories({ stepMs: 15_000, most, sensitivity: 1, falseAlarmEveryMs: 30 * DAY, recalls: true });
  const reader = createReader(store, []);
  return { memories, reader, past: createPast(memories, reader, 15_000) };
}
/** Feeds what the store holds of a minute. */
async function see({ memories, reader }: Opened, at: number): Promise<readonly Series[]> {
  const { series, values, counts } = await reader.read(at, at + MINUTE, MINUTE);
  for (const [row, one] of series.entries()) memories.feed(one, at, { value: values[row] ?? Number.NaN, count: counts[row] ?? 0 });
  return series;
}

it('series of an old store are given their past, a bounded piece at a time, and it is what would have been fed: so they speak in the first hour', async () => {
  const opened = open();
  const { memories, past } = opened;
  const seen = [...(await see(opened, NOW - 2 * MINUTE)), ...(await see(opened, NOW - MINUTE))];
  const of = (metric: string, service: string): Series => {
    const found = seen.find((one) => one.metric === metric && one.service === service && one.operation === '');
    if (!found) throw new Error(`no ${metric}`);
    return found;
  };
  await past.advance(1, NOW);
  expect(memories.counts()).toEqual({ known: 9, speaking: 0, waiting: 9 });
  await past.advance(Number.POSITIVE_INFINITY, NOW);
  // Nothing is known of how fast requests are where there are none.
  expect(memories.counts()).toEqual({ known: 9, speaking: 5, waiting: 0 });

  const fed = createLongMemories({ stepMs: 15_000, most: 20, sensitivity: 1, falseAlarmEveryMs: 30 * DAY, recalls: false });
  const recalled = memories.unkept(20);
  const expected: readonly [Series, (minute: number) => number, number][] = [
    [of('heap', 'cart'), heap, 0],
    [of('wait_mean', 'cart'), (minute) => (minute === 0 ? Number.NaN : 0.25), 60],
    [of('requests', 'shop'), (minute) => (minute < 30 ? Number.NaN : minute % 60 < 30 ? 0 : 0.1), 6],
    [of('p95', 'shop'), (minute) => (minute % 60 < 30 ? Number.NaN : 20), 6],
  ];
  for (const [series, valueAt, count] of expected) {
    for (let minute = 0; minute < DAYS * 1440; minute += 1) {
      const value = valueAt(minute);
      fed.feed(series, BEGIN + minute * MINUTE, { value, count: value === 0 ? 0 : count });
    }
    const [own, other] = [recalled, fed.unkept(20)].map((kept) => kept.find((one) => one.series === series.id));
    expect([series.metric, own?.until, own?.state.toString('base64') === other?.state.toString('base64')]).toEqual([series.metric, other?.until, true]);
  }

  const gauge = of('heap', 'cart');
  let objectedAt = 0;
  for (let minute = 0; minute < 60 && objectedAt === 0; minute += 1) {
    memories.feed(gauge, NOW + minute * MINUTE, { value: 2 * heap(minute), count: 0 });
    if (memories.objectsTo(gauge)) objectedAt = minute;
  }
  expect(objectedAt).toBeGreaterThan(0);
});

it('after a rest, or a restart, only what was missed is recalled', async () => {
  const [first, second] = [BEGIN + DAY, BEGIN + DAY + DAY / 4];
  const opened = open();
  const { memories, past } = opened;
  await see(opened, first - MINUTE);
  await see(opened, first);
  await past.advance(Number.POSITIVE_INFINITY, first);
  const [gauge] = memories.unkept(20).filter(({ rank }) => rank === 3);
  if (!gauge) throw new Error('nothing was learned');
  memories.rest(true);
  await see(opened, second);
  expect(memories.waiting(20)).toEqual([]);
  memories.rest(false);
  await see(opened, second + MINUTE);
  expect(memories.waiting(20).find(({ series }) => series.id === gauge.series)?.from).toBeGreaterThan(first - 2 * MINUTE);
  await past.advance(Number.POSITIVE_INFINITY, second);
  const again = open();
  again.memories.restore(gauge);
  await see(again, second - MINUTE);
  await see(again, second + MINUTE);
  await again.past.advance(Number.POSITIVE_INFINITY, second);
  const states = [memories, again.memories].map((all) => all.unkept(20).find(({ series }) => series === gauge.series)?.state.toString('base64'));
  expect(states[0]).toBe(states[1]);
});
