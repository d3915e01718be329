import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { closeNow, listen } from './backing/http.js';

const MAIN = fileURLToPath(new URL('../dist/demo/main.js', import.meta.url));
/** Nothing listens on the discard port: as if Faultline were away. */
const AWAY = 'http://127.0.0.1:9';
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(controlPort: number): { child: ChildProcess; output: () => string } {
  const child = fork(MAIN, [JSON.stringify({ otlpHttpUrl: AWAY, controlPort, seed: 1, autoFault: false })], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  children.push(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, '127.0.0.1', 0);
  closeNow(server);
  return port;
}

it.each([
  { title: 'SIGTERM', end: (child: ChildProcess) => void child.kill('SIGTERM') },
  { title: 'the end of its parent', end: (child: ChildProcess) => child.disconnect() },
])('goes on without Faultline, and stops within two seconds of $title', async ({ end }) => {
  const port = await freePort();
  const { child, output } = start(port);
  await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/faults/error-burst`, { method: 'POST' })).status).toBe(200), { timeout: 20_000, interval: 100 });
  const began = performance.now();
  const exited = once(child, 'exit');
  end(child);
  expect(await exited).toEqual([0, null]);
  expect(performance.now() - began).toBeLessThan(2_500);
  expect(output()).toBe('Demo shop: error-burst in payment for 75 s.\n');
});

it('says in one line that its control port is taken', async () => {
  const server = createServer();
  const port = await listen(server, '127.0.0.1', 0);
  const { child, output } = start(port);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(output()).toBe(`faultline: the demo's control port ${port} is in use; set FAULTLINE_DEMO_CONTROL_PORT to another\n`);
  closeNow(server);
});
