import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiIncidents } from '#core/api/incidents.js';
import type { ApiStatus } from '#core/api/status.js';
import type { Incident } from '#core/types.js';

/** Seen from dist/bench. */
const LAUNCHER = fileURLToPath(new URL('../../bin/faultline.js', import.meta.url));
const SHOP = fileURLToPath(new URL('../demo/main.js', import.meta.url));
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 8_000;
/** Where several run side by side, an answer may be late. */
const REQUEST_LIMIT_MS = 60_000;

/** Faultline as a user starts it, in a process and a temporary folder of its own, on free ports. */
export interface Product {
  readonly httpUrl: string;
  readonly pid: number;
  readonly otlpHttpUrl: string;
  /** `host:port` */
  readonly otlpGrpcAddress: string;
  /** From spawn to the first 200 of /readyz. */
  readonly startMs: number;
  status(): Promise<ApiStatus>;
  /** A value of its own `/metrics` without labels; NaN when there is none. */
  metric(name: string): Promise<number>;
  /** Newest first, those of the last week. */
  incidents(): Promise<readonly Incident[]>;
  resolve(incident: string, by: string): Promise<void>;
  stop(): Promise<void>;
}

/** `settings` are FAULTLINE_ variables without the prefix; data in `dataDir` outlives it. Rejects when it is not ready within a minute. */
export async function startProduct(settings: Readonly<Record<string, string>>, dataDir?: string): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-bench-'));
  const [http, otlpHttp, otlpGrpc] = await freePorts(3);
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('FAULTLINE_') && name !== 'CLICKHOUSE_URL');
  const given = { HTTP_PORT: http, OTLP_HTTP_PORT: otlpHttp, OTLP_GRPC_PORT: otlpGrpc, DATA_DIR: resolve(dataDir ?? join(folder, 'data')), LOG_LEVEL: 'error', ...settings };
  const env = { ...Object.fromEntries(own), ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`FAULTLINE_${name}`, String(value)])) };
  const began = performance.now();
  // The folder is its own, so that no faultline.yaml of the checkout is read.
  const child = spawn(process.execPath, [LAUNCHER, 'serve'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${http}`;

  async function stop(): Promise<void> {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  }
  async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(REQUEST_LIMIT_MS) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  while (!(await fetch(`${url}/readyz`).then(({ ok }) => ok, () => false))) {
    if (child.exitCode !== null || performance.now() - began > READY_LIMIT_MS) {
      await stop();
      throw new Error('Faultline did not become ready');
    }
    await delay(50);
  }
  return {
    httpUrl: url,
    pid: child.pid ?? 0,
    otlpHttpUrl: `http://127.0.0.1:${otlpHttp}`,
    otlpGrpcAddress: `127.0.0.1:${otlpGrpc}`,
    startMs: performance.now() - began,
    status: () => ask<ApiStatus>('/api/status'),
    metric: (name) => metricOf(url, name),
    incidents: async () => (await ask<ApiIncidents>('/api/incidents?state=all')).incidents,
    resolve: async (incident, by) => void (await ask(`/api/incidents/${incident}/resolve`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ by }) })),
    stop,
  };
}

/** NaN when there is none of that name without labels. */
export async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

export interface RunningShop {
  /** Beside what is active, or instead. Resolves with when the fault began, in epoch milliseconds. */
  plant(fault: { readonly name: string; readonly service: string; readonly seconds: number }, beside: boolean): Promise<number>;
  /** Whether a fault is still active. */
  active(): Promise<boolean>;
  stop(): Promise<void>;
}

/** The demo's shop, sending to `otlpHttpUrl`, with no faults but those planted. */
export async function startShopProcess(otlpHttpUrl: string, seed: number): Promise<RunningShop> {
  const [port = 0] = await freePorts(1);
  const child = fork(SHOP, [JSON.stringify({ otlpHttpUrl, controlPort: port, seed, autoFault: false })], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, signal: AbortSignal.timeout(REQUEST_LIMIT_MS) });
    if (!response.ok) throw new Error(`the shop answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    async plant({ name, service, seconds }, beside) {
      const { planted } = await ask<{ planted: { since: number } }>(`/faults/${name}`, { method: 'POST', body: JSON.stringify({ service, seconds, beside }) });
      return planted.since;
    },
    active: async () => (await ask<{ active: readonly object[] }>('/faults')).active.length > 0,
    stop: () => end(child),
  };
}

/** Asks it to end, and makes it when it does not. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await exited;
  clearTimeout(limit);
}

/** Ports that were free a moment ago; all are taken before any is given up, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
