import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { end, freePorts, metricOf } from './product.js';

const READY_LIMIT_MS = 30_000;

/** A real Prometheus in a process and a folder of its own, that takes remote write and scrapes nothing. */
export interface Prometheus {
  readonly url: string;
  readonly version: string;
  readonly pid: number;
  readonly dataDir: string;
  /** A value of its own `/metrics` without labels. */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

/** What is said where there is none. */
export const NO_PROMETHEUS = 'Prometheus is not installed here: no comparison (Debian: apt-get install prometheus; or set PROMETHEUS_BIN)';

/** undefined where there is none. Rejects when it does not become ready. */
export async function startPrometheus(): Promise<Prometheus | undefined> {
  const binary = process.env['PROMETHEUS_BIN'] ?? 'prometheus';
  const { status, stdout, stderr } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'faultline-prometheus-'));
  const configFile = join(folder, 'prometheus.yml');
  const dataDir = join(folder, 'data');
  const [port] = await freePorts(1);
  writeFileSync(configFile, 'global: { scrape_interval: 15s }\n');
  const child = spawn(binary, [`--config.file=${configFile}`, `--storage.tsdb.path=${dataDir}`, '--storage.tsdb.retention.time=30d', `--web.listen-address=127.0.0.1:${port}`, '--web.enable-remote-write-receiver', '--web.enable-admin-api', '--log.level=error'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const limit = performance.now() + READY_LIMIT_MS;
  while (!(await fetch(`${url}/-/ready`).then(({ ok }) => ok, () => false))) {
    if (child.exitCode !== null || performance.now() > limit) {
      await stop();
      throw new Error('Prometheus did not become ready');
    }
    await delay(50);
  }
  return { url, version: /version (\S+)/.exec(stdout + stderr)?.[1] ?? 'unknown', pid: child.pid ?? 0, dataDir, metric: (name) => metricOf(url, name), stop };
}
