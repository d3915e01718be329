import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { systemClock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { createCollector } from './collector.js';
import { collectorConfig } from './config.js';
import { encodeProtobuf } from './testing/otlp-schema.js';

/** A disk of its own needs the right to mount one. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mounts();
const disk = mkdtempSync(join(tmpdir(), 'faultline-disk-'));
const RECORDS = 2_000;
let store: Store;
beforeAll(async () => {
  if (!canMount) return;
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
  store = await openTestStore();
});
afterAll(async () => {
  if (canMount) {
    await store.close();
    execFileSync('umount', [disk]);
  }
  rmSync(disk, { recursive: true, force: true });
});

function mounts(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

it.skipIf(!canMount)('a disk that is really full is 503, and when there is room again everything acknowledged is stored once', async () => {
  let away = true;
  const registry = new Registry();
  const behind: Store = { ...store, insertNativeFile: (...insert) => (away ? Promise.reject(new PipelineError('STORE_UNAVAILABLE', 'away')) : store.insertNativeFile(...insert)) };
  const collector = createCollector({ store: behind, registry, logger: silentLogger, clock: systemClock, config: collectorConfig.parse({ insert_interval: '50ms' }), host: '127.0.0.1', ports: { otlpHttp: 0, otlpGrpc: 0 }, dataDir: disk });
  await collector.start();
  const send = async (batch: number): Promise<number> => {
    const logRecords = Array.from({ length: RECORDS }, (_, index) => ({ timeUnixNano: BigInt(Date.now()) * 1_000_000n, body: { stringValue: `batch ${batch} record ${index} ${'x'.repeat(100)}` } }));
    const body = encodeProtobuf('logs', { resourceLogs: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'full' } }] }, scopeLogs: [{ logRecords }] }] });
    const response = await fetch(`http://127.0.0.1:${collector.ports().otlpHttp}/v1/logs`, { method: 'POST', body: new Uint8Array(body), headers: { 'content-type': 'application/x-protobuf' } });
    await response.arrayBuffer();
    return response.status;
  };
  try {
    const statuses: number[] = [];
    while (statuses.length < 100 && statuses.filter((status) => status === 503).length < 5) statuses.push(await send(statuses.length));
    expect(statuses).toContain(503);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(collector.status().ready).toBe(false);
    expect(await registry.metrics()).toMatch(/faultline_collector_write_failures_total [1-9]/);
    away = false;
    await vi.waitFor(() => expect(collector.status().queue.segments).toBe(0), { timeout: 60_000, interval: 50 });
    await vi.waitFor(() => expect(collector.status().ready).toBe(true), { timeout: 60_000, interval: 50 });
    expect(await send(1_000)).toBe(200);
    await vi.waitFor(() => expect(collector.status().queue.segments).toBe(0), { timeout: 60_000, interval: 50 });
    const batches = statuses.flatMap((status, batch) => (status === 200 ? [batch] : []));
    const rows = await store.query<{ batch: number; n: string; bodies: string }>("SELECT toUInt32(splitByChar(' ', Body)[2]) AS batch, count() AS n, uniqExact(Body) AS bodies FROM otel_logs WHERE ServiceName = 'full' GROUP BY batch ORDER BY batch");
    expect(rows).toEqual([...batches, 1_000].map((batch) => ({ batch, n: String(RECORDS), bodies: String(RECORDS) })));
    expect(readdirSync(join(disk, 'queue', 'rejected'))).toEqual([]);
  } finally {
    await collector.stop();
  }
});
