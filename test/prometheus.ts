import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, until } from './product.js';

const binary = process.env['PROMETHEUS_BIN'] ?? 'prometheus';
/** Tests that need a real Prometheus are left out, with a notice, where there is none. */
export const hasPrometheus = spawnSync(binary, ['--version']).status === 0;
if (!hasPrometheus) console.log('prometheus is not installed, and PROMETHEUS_BIN names none: the tests against it are left out');

export interface RunningPrometheus {
  readonly url: string;
  /** What it complained about so far. */
  log(): string;
  stop(): Promise<void>;
}

/** A real Prometheus on a free port, ready, with its files in `folder`; its configuration may name its own `host:port`. */
export async function startPrometheus(folder: string, configOf: (address: string) => string, ...flags: readonly string[]): Promise<RunningPrometheus> {
  const { http } = await freePorts();
  const address = `127.0.0.1:${http}`;
  writeFileSync(join(folder, 'prometheus.yml'), configOf(address));
  const child = spawn(binary, [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`, `--web.listen-address=${address}`, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://${address}`;
  await until('Prometheus is ready', async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.status === 200);
  return {
    url,
    log: () => log,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
