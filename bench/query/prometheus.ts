import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A real Prometheus in a process and a folder of its own, that takes remote write and scrapes nothing. */
export interface Peer {
  readonly url: string;
  readonly version: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 30_000;

/** undefined when `binary` is not there. */
export function prometheusVersion(binary: string): string | undefined {
  const { status, stdout, stderr } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (/version (\S+)/.exec(stdout + stderr)?.[1] ?? 'unknown') : undefined;
}

export async function startPrometheus(binary: string, port: number): Promise<Peer> {
  const version = prometheusVersion(binary);
  if (version === undefined) throw new Error(`${binary} does not run`);
  const folder = mkdtempSync(join(tmpdir(), 'faultline-bench-prometheus-'));
  writeFileSync(join(folder, 'prometheus.yml'), 'global: { scrape_interval: 15s }\n');
  const child = spawn(binary, [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, '--web.enable-remote-write-receiver', '--storage.tsdb.retention.time=30d', '--log.level=error'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const ends = performance.now() + READY_LIMIT_MS;
  while (!(await fetch(`${url}/-/ready`).then(({ ok }) => ok, () => false))) {
    if (child.exitCode !== null || performance.now() > ends) {
      await stop();
      throw new Error('Prometheus did not become ready');
    }
    await delay(50);
  }
  return { url, version, pid: child.pid ?? 0, stop };
}

/** The most memory that a process ever held, in bytes; NaN where /proc is not there. */
export function peakRss(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) * 1024;
  } catch {
    return Number.NaN;
  }
}
