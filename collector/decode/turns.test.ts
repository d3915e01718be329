import { expect, it, vi } from 'vitest';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createDecoder, DEFAULT_LIMITS, type Signal } from './decoder.js';
import { finishInSlices, type Work } from './work.js';

const NOW = 1_700_000_000_000;
const time = `${NOW}000000`;
const service = { attributes: [{ key: 'service.name', value: { stringValue: 'api' } }] };
const logs = Array.from({ length: 400 }, (_, index) => ({ timeUnixNano: time, body: { stringValue: `order ${index} placed` }, attributes: [{ key: 'order', value: { intValue: index } }] }));
const points = (body: number) => Array.from({ length: 400 }, (_, index) => ({ timeUnixNano: `${NOW + body}000000`, startTimeUnixNano: time, asInt: 1, attributes: [{ key: 'route', value: { stringValue: `/${index}` } }] }));
const requests: Readonly<Record<'logs' | 'metrics', (body: number) => object>> = {
  logs: () => ({ resourceLogs: [{ resource: service, scopeLogs: [{ logRecords: logs }] }] }),
  metrics: (body) => ({ resourceMetrics: [{ resource: service, scopeMetrics: [{ metrics: [{ name: 'orders', sum: { isMonotonic: true, aggregationTemporality: 1, dataPoints: points(body) } }] }] }] }),
};

it.each(['logs', 'metrics'] as const satisfies readonly Signal[])('small requests of %s that arrive together leave the event loop to others, and keep their order', async (signal) => {
  const decoder = createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW });
  const bodies = Array.from({ length: 60 }, (_, body) => Buffer.from(JSON.stringify(requests[signal](body + 1))));
  const done: number[] = [];
  let turns = 0;
  let isOver = false;
  const counting = (async () => {
    for (; !isOver; turns += 1) await nextTurn();
  })();
  const decoded = await Promise.all(bodies.map(async (body, index) => {
    const each = await decoder.decodeInTurn(signal, 'json', body);
    done.push(index);
    return each;
  }));
  isOver = true;
  await counting;
  expect(decoded.map(({ accepted, rejected }) => [accepted, rejected])).toEqual(bodies.map(() => [400, 0]));
  expect(done).toEqual(bodies.map((_, index) => index));
  expect(turns).toBeGreaterThan(2);
});

it.each(['traces', 'logs', 'metrics'] as const satisfies readonly Signal[])('a large request of %s with nothing but empty groups leaves the event loop to others', async (signal) => {
  const decoder = createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW });
  let turns = 0;
  let isOver = false;
  const counting = (async () => {
    for (; !isOver; turns += 1) await nextTurn();
  })();
  const { accepted, blocks } = await decoder.decodeInTurn(signal, 'protobuf', Buffer.from('0a00'.repeat(200_000), 'hex'));
  isOver = true;
  await counting;
  expect([accepted, blocks.length]).toEqual([0, 0]);
  expect(turns).toBeGreaterThan(5);
});

it.each([
  ['64 records', 100, 130, 2],
  ['64 KiB of longer ones', 2_000, 130, 3],
  ['each that is as long as that', 70_000, 10, 10],
])('the clock is looked at after %s', async (_name, size, count, looks) => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  function* work(): Work<void> {
    for (let record = 0; record < count; record += 1) yield size;
  }
  await finishInSlices(work());
  // The first time the slice begins.
  expect(clock.mock.calls.length - 1).toBe(looks);
  clock.mockRestore();
});
