import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { createDecoder, DEFAULT_LIMITS } from '../../collector/decode/decoder.js';
import { createProcesses } from '../../collector/processes.js';
import { createRemoteWriteDecoder } from '../../collector/remote-write/decoder.js';
import { encodeV1 } from '../../collector/testing/remote-write.js';
import { changeBefore, changesOf, loadProcessChanges, type ServiceProcess } from './processes.js';

/** What is older than its retention is not kept. */
const T = Date.now() - 3_600_000;
const MINUTE = 60_000;
/** From minute to minute; without an end it still runs. */
const process = (from: number, to = 60, attributes: Readonly<Record<string, string>> = {}): ServiceProcess => ({ service: 'cart', first: T + from * MINUTE, last: T + to * MINUTE, attributes });
const changes = (...own: readonly ServiceProcess[]): readonly string[] => changesOf(own, [], T + 30 * MINUTE, T + 60 * MINUTE).map(({ at, text }) => `${(at - T) / MINUTE} ${text}`);

describe('processes that come and go', () => {
  it.each<readonly [string, readonly ServiceProcess[], readonly string[]]>([
    ['nothing', [process(0), process(0)], []],
    ['a restart', [process(0, 40), process(40.2)], ['40 Restarted']],
    ['a crash that comes back', [process(0), process(0, 40), process(41)], ['40 1 of 2 processes restarted']],
    ['a rolling restart', [process(0, 40), process(40.1), process(0, 41), process(41.1), process(0, 42), process(42.1)], ['40 3 of 3 processes restarted']],
    ['scaling out', [process(0), process(0), process(45), process(45.5), process(45.5)], ['45 Scaled out from 2 to 5 processes']],
    ['scaling in', [process(0), process(0), process(0, 50)], ['50 1 of 3 processes gone']],
    ['two changes', [process(0, 35), process(35.1, 50), process(50.1)], ['35 Restarted', '50 Restarted']],
    ['other settings', [process(0, 40, { 'config.hash': 'a1', 'cloud.zone': 'z' }), process(40.1, 60, { 'config.hash': 'b2', 'cloud.zone': 'z' })], ['40 Restarted, config.hash a1 → b2']],
    ['a version that is taken back', [process(0, 35, { 'service.version': '1' }), process(35.1, 45, { 'service.version': '2' }), process(45.1, 60, { 'service.version': '1' })], ['35 Restarted, service.version 1 → 2', '45 Restarted, service.version 2 → 1']],
    ['a service that is new', [process(40), process(41), process(42)], []],
    ['a service that is silent as a whole', [process(0, 40), process(0, 40)], []],
    ['one process for each task', [process(0), ...Array.from({ length: 50 }, (_, task) => process(31 + task / 2, 31.2 + task / 2))], []],
    ['what was before', [process(0, 10), process(10.1)], []],
  ])('%s', (_name, own, told) => {
    expect(changes(...own)).toEqual(told);
  });

  it('does not say who went before that is known', () => {
    const restarted = [process(0, 39.5, { 'service.version': '2' }), process(40, 40.5, { 'service.version': '1' })];
    expect(changesOf(restarted, [], T, T + 40.5 * MINUTE).map(({ text }) => text)).toEqual(['1 new process, service.version 2 → 1']);
  });

  it('says nothing where a new version says it', () => {
    expect(changesOf([process(0, 40), process(40.2)], [{ service: 'cart', at: T + 40.5 * MINUTE }], T, T + 60 * MINUTE)).toEqual([]);
    expect(changesOf([process(0, 40), process(40.2)], [{ service: 'payment', at: T + 40.5 * MINUTE }], T, T + 60 * MINUTE)).toHaveLength(1);
  });

  it('finds the change before an onset', () => {
    const [restart] = changesOf([process(0, 40), process(40.2)], [], T, T + 60 * MINUTE);
    expect(changeBefore(restart ? [restart] : [], 'cart', T + 42 * MINUTE, 5 * MINUTE)).toBe(restart);
    expect(changeBefore(restart ? [restart] : [], 'cart', T + 50 * MINUTE, 5 * MINUTE)).toBeUndefined();
    expect(changeBefore(restart ? [restart] : [], 'cart', T + 39 * MINUTE, 5 * MINUTE)).toBeUndefined();
  });
});

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
    expect(await loadProcessChanges(store, ['cart'], [], T, now)).toEqual([{ service: 'cart', at: T + 14.5 * MINUTE, gone: 1, text: '1 of 2 processes restarted, feature.flags old → new' }]);
    expect(await loadProcessChanges(store, ['payment'], [], T, now)).toEqual([]);
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
    expect(await loadProcessChanges(store, ['payment', 'cart'], [], T, clock())).toContainEqual({ service: 'payment', at: T + 19 * MINUTE, gone: 1, text: '1 of 2 processes restarted' });
  });
});
