import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { createDecoder, DEFAULT_LIMITS } from '../collector/decode/decoder.js';
import { createProcesses } from '../collector/processes.js';
import { createRemoteWriteDecoder } from '../collector/remote-write/decoder.js';
import { encodeV1 } from '../collector/testing/remote-write.js';
import { loadProcessChanges } from './processes.js';
import type { Store } from './store.js';
import { openTestStore } from './testing.js';

/** What is older than its retention is not kept. */
const T = Date.now() - 3_600_000;
const MINUTE = 60_000;

describe('from telemetry to a change', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  it('tells a restart with other settings, also when Faultline was restarted in between', async () => {
    let now = T;
    const clock = (): number => now;
    const decoder = createDecoder({ limits: DEFAULT_LIMITS, clock });
    const body = (...instances: readonly [id: string, flags: string][]): Uint8Array =>
      Buffer.from(JSON.stringify({ resourceSpans: instances.map(([id, flags]) => ({
        resource: { attributes: [['service.name', 'cart'], ['service.instance.id', id], ['process.pid', '1'], ['feature.flags', flags]].map(([key, stringValue]) => ({ key, value: { stringValue } })) },
        scopeSpans: [{ spans: [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'GET /', startTimeUnixNano: `${now}000000`, endTimeUnixNano: `${now}000000` }] }],
      })) }));
    const open = (): ReturnType<typeof createProcesses> => createProcesses({ store, clock, logger: silentLogger, unkept: () => undefined });
    let processes = open();
    for (let minute = 0; minute <= 30; minute += 0.5) {
      now = T + minute * MINUTE;
      if (minute === 20) {
        await processes.stop();
        processes = open();
      }
      processes.seen(decoder.decode('traces', 'json', minute < 15 ? body(['a', 'old'], ['b', 'old']) : body(['a', 'old'], ['c', 'new'])));
      // Its timer does this.
      if (minute % 5 === 4.5) await processes.stop();
    }
    await processes.stop();
    expect(await loadProcessChanges(store, { services: ['cart'], from: T, to: now })).toEqual([{
      service: 'cart', at: T + 14.5 * MINUTE, until: T + 15 * MINUTE, before: 2, gone: 1, came: 1, settled: true, changed: [{ attribute: 'feature.flags', from: 'old', to: 'new' }], rolledOut: '', text: '1 of 2 processes restarted, feature.flags old → new',
    }]);
    expect(await loadProcessChanges(store, { services: ['payment'], from: T, to: now })).toEqual([]);
    expect(await loadProcessChanges(store, { from: T + 20 * MINUTE, to: now })).toEqual([]);
  });

  it('tells a restart of a target of Prometheus by when it began', async () => {
    const clock = (): number => T + 30 * MINUTE;
    const decoder = createRemoteWriteDecoder({ limits: DEFAULT_LIMITS, clock });
    const target = (instance: string, began: readonly [minute: number, seconds: number][]): Parameters<typeof encodeV1>[0][number] => ({
      labels: [['__name__', 'process_start_time_seconds'], ['instance', instance], ['job', 'payment']], samples: began.map(([minute, seconds]) => [T + minute * MINUTE, seconds] as const),
    });
    const old = T / 1000 - 86_400;
    const minutes = Array.from({ length: 31 }, (_, minute) => minute);
    const body = encodeV1([target('a:1', minutes.map((minute) => [minute, old])), target('b:1', minutes.map((minute) => [minute, minute < 20 ? old : T / 1000 + 1_190.5]))]);
    for (const { table, native } of decoder.decode(1, body).blocks) await store.insertNative(table, [native]);
    const told = (await loadProcessChanges(store, { from: T, to: clock() })).map(({ service, at, text }) => `${service} ${(at - T) / MINUTE} ${text}`);
    expect(told).toEqual(['cart 14.5 1 of 2 processes restarted, feature.flags old → new', 'payment 19 1 of 2 processes restarted']);
    // By the minute.
    expect((await loadProcessChanges(store, { services: ['payment'], from: T - 180 * MINUTE, to: clock() })).map(({ text }) => text)).toEqual(['1 of 2 processes restarted']);
  });

  it('does not take processes that say something every five minutes for gone', async () => {
    let now = T;
    const decoder = createDecoder({ limits: DEFAULT_LIMITS, clock: () => now });
    const processes = createProcesses({ store, clock: () => now, logger: silentLogger, unkept: () => undefined });
    for (let minute = 0; minute <= 40; minute += 1) {
      now = T + minute * MINUTE;
      const attributes = [['service.name', 'slow'], ['service.instance.id', String(minute % 5)]].map(([key, stringValue]) => ({ key, value: { stringValue } }));
      const span = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'GET /', startTimeUnixNano: `${now}000000`, endTimeUnixNano: `${now}000000` };
      // One of them is heard no more after half of the time.
      if (minute % 5 > 0 || minute < 20) processes.seen(decoder.decode('traces', 'json', Buffer.from(JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] }))));
      await processes.stop();
    }
    const told = (await loadProcessChanges(store, { from: T + 10 * MINUTE, to: now, services: ['slow'] })).map(({ at, text }) => `${(at - T) / MINUTE} ${text}`);
    expect(told).toEqual(['15 1 of 5 processes gone']);
    expect(await loadProcessChanges(store, { from: T + 20 * MINUTE, to: now })).toEqual([]);
  });

  it('tells soon of a crash long after two stalls, and knows what is usual from before Faultline was restarted', async () => {
    let now = T;
    const open = (): ReturnType<typeof createProcesses> => createProcesses({ store, clock: () => now, logger: silentLogger, unkept: () => undefined });
    let processes = open();
    for (let minute = 0; minute <= 55; minute += 1) {
      now = T + minute * MINUTE;
      const heard = [
        ['stalled', 'a'], ...(minute < 47 && (minute > 8 || minute % 4 === 0) ? [['stalled', 'b']] : []),
        ['rare', 'a'], ...(minute % 10 === 0 ? [['rare', 'b']] : []),
      ];
      processes.seen({ sources: heard.map(([service = '', id = '']) => ({ service, sdk: '', accepted: 1, refused: 0, unrated: 0, ageMs: 0, problems: [], resources: [{ 'service.instance.id': id }] })) });
      await processes.stop();
      if (minute === 41) processes = open();
    }
    const told = async (): Promise<readonly string[]> => (await loadProcessChanges(store, { from: T, to: now, services: ['stalled', 'rare'] })).map(({ service, at, text }) => `${service} ${(at - T) / MINUTE} ${text}`);
    expect(await told()).toEqual(['stalled 46 1 of 2 processes gone']);
    await store.command('OPTIMIZE TABLE service_processes FINAL');
    expect(await told()).toEqual(['stalled 46 1 of 2 processes gone']);
  });
});
