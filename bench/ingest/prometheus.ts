import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const READY_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 8_000;

/** A Prometheus of this machine that takes remote write, in a folder of its own. */
export interface PrometheusPeer {
  readonly url: string;
  readonly dataDir: string;
  /** A value of its own `/metrics` without labels. */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

/** undefined when there is no `prometheus` on the path (Debian: `apt-get install prometheus`). */
export async function startPrometheus(): Promise<PrometheusPeer | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-prometheus-'));
  const configFile = join(folder, 'prometheus.yml');
  writeFileSync(configFile, 'global: { scrape_interval: 1h }\n');
  const port = await freePort();
  const dataDir = join(folder, 'data');
  const child = spawn('prometheus', [`--config.file=${configFile}`, `--storage.tsdb.path=${dataDir}`, '--storage.tsdb.retention.time=30d', `--web.listen-address=127.0.0.1:${port}`, '--web.enable-remote-write-receiver', '--web.enable-admin-api', '--log.level=error'], { cwd: folder, stdio: 'ignore' });
  const failed = once(child, 'error').then(() => true);
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await exited;
      clearTimeout(limit);
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const ends = performance.now() + READY_LIMIT_MS;
  while (performance.now() < ends) {
    if (await Promise.race([failed, delay(100).then(() => false)])) break;
    if (await fetch(`${url}/-/ready`).then(({ ok }) => ok, () => false)) return { url, dataDir, metric: (name) => metricOf(url, name), stop };
  }
  await stop();
  return undefined;
}

async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
