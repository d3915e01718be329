import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { encodeProtobuf } from './testing/otlp-schema.js';
import { encodeV1, packed } from './testing/remote-write.js';

const root = resolve(import.meta.dirname, '..');
const built = mkdtempSync(join(tmpdir(), 'faultline-built-'));
const dataDir = mkdtempSync(join(tmpdir(), 'faultline-crash-'));
const children: ChildProcess[] = [];
/** `FAULTLINE_KILLS=50` for a long run. */
const ROUNDS = Number(process.env['FAULTLINE_KILLS'] ?? 4);
const SENDERS = 8;
const SPANS = 50;
const WRITERS = 4;
/** Of one series in one request: fewer than are remembered of it. */
const SAMPLES = 20;

/** The compiled collector in a folder of its own: a process of its own is what can be killed. */
beforeAll(() => {
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions: { rootDir: root, outDir: join(built, 'dist'), types: ['node'], typeRoots: [join(root, 'node_modules/@types')] }, include: [], files: [join(root, 'collector/testing/crash-child.ts')] };
  writeFileSync(join(built, 'tsconfig.json'), JSON.stringify(config));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', built], { stdio: 'inherit' });
  mkdirSync(join(built, 'dist/store'), { recursive: true });
  cpSync(join(root, 'store/migrations'), join(built, 'dist/store/migrations'), { recursive: true });
  cpSync(join(root, 'package.json'), join(built, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'));
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of [built, dataDir]) rmSync(folder, { recursive: true, force: true });
});

async function startChild(): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(join(built, 'dist/collector/testing/crash-child.js'), [dataDir], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  children.push(child);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, url: `http://127.0.0.1:${port}` };
}

/** Sends until the other end dies. Each span is sent once; those that were acknowledged end up in `acknowledged`. */
async function send(url: string, sent: Set<string>, acknowledged: Set<string>): Promise<void> {
  for (;;) {
    const ids = Array.from({ length: SPANS }, () => randomBytes(8));
    const now = BigInt(Date.now()) * 1_000_000n;
    const spans = ids.map((spanId) => ({ traceId: randomBytes(16), spanId, name: 'GET /', kind: 2, startTimeUnixNano: now, endTimeUnixNano: now }));
    const body = encodeProtobuf('traces', { resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'crash' } }] }, scopeSpans: [{ spans }] }] });
    for (const id of ids) sent.add(id.toString('hex'));
    try {
      const response = await fetch(`${url}/v1/traces`, { method: 'POST', body: new Uint8Array(body), headers: { 'content-type': 'application/x-protobuf' } });
      if (response.status === 200) for (const id of ids) acknowledged.add(id.toString('hex'));
      await response.arrayBuffer();
    } catch {
      return;
    }
  }
}

/** A Prometheus of one series: what was not acknowledged is sent again, byte for byte, to the next process. */
function createWriter(number: number) {
  const name = `crash_${number}`;
  const acknowledged = new Set<string>();
  let time = Date.now() - 3_600_000;
  let times: number[] = [];
  return {
    name,
    acknowledged,
    async send(url: string): Promise<void> {
      for (;;) {
        if (times.length === 0) times = Array.from({ length: SAMPLES }, () => (time += 1));
        const body = packed(encodeV1([{ labels: [['__name__', name], ['job', 'crash']], samples: times.map((at) => [at, at] as const) }]));
        try {
          const response = await fetch(`${url}/api/v1/write`, { method: 'POST', body: new Uint8Array(body), headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' } });
          await response.arrayBuffer();
          if (response.status !== 204) continue;
          for (const at of times) acknowledged.add(`${name} ${at}`);
          times = [];
        } catch {
          return;
        }
      }
    },
  };
}

it('every span and every sample acknowledged before a kill -9 is stored exactly once', async () => {
  const sent = new Set<string>();
  const acknowledged = new Set<string>();
  const writers = Array.from({ length: WRITERS }, (_, number) => createWriter(number));
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { child, url } = await startChild();
    const enough = acknowledged.size + 2_000 + (round % 8) * 700;
    const senders = [...Array.from({ length: SENDERS }, () => send(url, sent, acknowledged)), ...writers.map((writer) => writer.send(url))];
    await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(enough), { timeout: 30_000, interval: 3 });
    const died = once(child, 'exit');
    child.kill('SIGKILL');
    await Promise.all([died, ...senders]);
  }
  const { child } = await startChild();
  let spans: { id: string; n: string }[] = [];
  let samples: typeof spans = [];
  await vi.waitFor(async () => {
    child.send('status');
    const [answer] = (await once(child, 'message')) as [{ segments: number; spans: typeof spans; samples: typeof spans }];
    expect(answer.segments).toBe(0);
    ({ spans, samples } = answer);
  }, { timeout: 60_000, interval: 100 });
  expect(spans.filter(({ n }) => n !== '1')).toEqual([]);
  const stored = new Set(spans.map(({ id }) => id));
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  expect([...stored].filter((id) => !sent.has(id))).toEqual([]);
  expect(acknowledged.size).toBeGreaterThan(ROUNDS * 2_000);
  expect(samples.filter(({ n }) => n !== '1')).toEqual([]);
  const kept = new Set(samples.map(({ id }) => id));
  const safe = writers.flatMap((writer) => [...writer.acknowledged]);
  expect(safe.filter((id) => !kept.has(id))).toEqual([]);
  expect(safe.length).toBeGreaterThan(ROUNDS * WRITERS * SAMPLES);
  console.log(`${ROUNDS} kills: ${acknowledged.size} spans and ${safe.length} samples acknowledged, each stored once`);
}, 120_000 + ROUNDS * 20_000);
