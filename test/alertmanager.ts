import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

/** Debian's prometheus-alertmanager; tests that need it are left out, with a notice, where it is not installed. */
export const hasAlertmanager = spawnSync('prometheus-alertmanager', ['--version']).status === 0;
/** Its command line, in the same package. */
export const hasAmtool = spawnSync('amtool', ['--version']).status === 0;
if (!hasAlertmanager) console.log('prometheus-alertmanager is not installed: the tests against it are left out');
if (!hasAmtool) console.log('amtool is not installed: the tests with it are left out');

export interface RunningAlertmanager {
  readonly url: string;
  stop(): Promise<void>;
}

/** A real Alertmanager on a free port, ready, with this configuration. */
export async function startAlertmanager(config: string): Promise<RunningAlertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-alertmanager-'));
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number };
      server.close(() => resolve(free));
    });
  });
  writeFileSync(join(folder, 'alertmanager.yml'), config);
  const child = spawn('prometheus-alertmanager', [`--config.file=${join(folder, 'alertmanager.yml')}`, `--storage.path=${folder}`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  await vi.waitFor(async () => {
    if ((await fetch(`${url}/-/ready`)).status !== 200) throw new Error('Alertmanager is not ready');
  }, { timeout: 30_000, interval: 50 });
  return {
    url,
    async stop() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
