import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../bin/faultline.js', import.meta.url));

/** Three ports that nobody listens on. */
export async function freePorts(): Promise<{ http: number; otlpHttp: number; otlpGrpc: number }> {
  const open = await Promise.all([0, 1, 2].map(() => new Promise<ReturnType<typeof createServer>>((resolve) => { const server = createServer().listen(0, '127.0.0.1', () => resolve(server)); })));
  const [http = 0, otlpHttp = 0, otlpGrpc = 0] = open.map((server) => (server.address() as { port: number }).port);
  await Promise.all(open.map((server) => new Promise((resolve) => server.close(resolve))));
  return { http, otlpHttp, otlpGrpc };
}

export interface Product {
  readonly url: string;
  readonly otlp: string;
  readonly ports: Awaited<ReturnType<typeof freePorts>>;
  /** What it printed so far. */
  output(): string;
  /** Sends the signal and resolves with the exit status, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | string | null>;
}

/** A folder that is gone after the test run. */
export function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-product-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the product as its user does, in a process of its own, and waits until it is ready. */
export async function startProduct(env: Readonly<Record<string, string>>, ports?: Awaited<ReturnType<typeof freePorts>>): Promise<Product> {
  const own = ports ?? (await freePorts());
  const child = spawn(process.execPath, [launcher, 'serve'], {
    env: { ...cleanEnv(), FAULTLINE_HTTP_PORT: String(own.http), FAULTLINE_OTLP_HTTP_PORT: String(own.otlpHttp), FAULTLINE_OTLP_GRPC_PORT: String(own.otlpGrpc), ...env },
  });
  const scheme = env['FAULTLINE_TLS_CERT_FILE'] === undefined ? 'http' : 'https';
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | string | null>((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
  const product: Product = {
    url: `${scheme}://127.0.0.1:${own.http}`,
    otlp: `${scheme}://127.0.0.1:${own.otlpHttp}`,
    ports: own,
    output: () => output,
    stop(signal = 'SIGINT') {
      child.kill(signal);
      return ended;
    },
  };
  await until('the product is ready', async () => {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}:\n${output}`);
    // Whoever gave it a certificate knows whom to trust.
    if (scheme === 'https') return output.includes('is ready (');
    return (await fetch(`${product.url}/readyz`).catch(() => undefined))?.status === 200;
  });
  return product;
}

/** Runs a command to its end. */
export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [launcher, ...args], { env: { ...cleanEnv(), ...env } });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { status, output };
}

/** The tester's own settings must not reach the product. */
function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FAULTLINE_') && !name.startsWith('VITEST') && name !== 'CLICKHOUSE_URL' && name !== 'NODE_OPTIONS'));
}

/** Asks again until the answer is true; a failure to answer ends the test. */
export async function until(what: string, check: () => Promise<boolean>, timeoutMs = 90_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`gave up waiting until ${what}`);
}
