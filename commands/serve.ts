import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createLogger, type Logger } from '#core/log.js';
import { isLoopback } from '#core/loopback.js';
import type { Config } from '../config.js';
import { startFaultline, type Faultline } from '../main.js';
import type { AccountsSource } from '../server/auth/watch.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** Docker kills after ten seconds, Kubernetes after thirty. */
const STOP_LIMIT_S = 9;

export interface ServeOptions {
  readonly version: string;
  readonly withDemo: boolean;
  readonly accounts: AccountsSource;
  /** When the command began, as `performance.now()`. */
  readonly began: number;
}

/** `faultline serve` and, with the shop, `faultline demo`: runs until SIGINT or SIGTERM. */
export async function serve(config: Config, { version, withDemo, accounts, began }: ServeOptions): Promise<void> {
  const logger = createLogger(config.log_level);
  process.on('unhandledRejection', (error) => logger.error({ error }, 'a failure that nothing handled; carrying on'));
  let faultline: Faultline | undefined;
  let shop: ChildProcess | undefined;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    console.log('Stopping …');
    // What is half started holds nothing that was acknowledged, and what it did to the tables is done again.
    if (faultline === undefined) process.exit(1);
    const limit = setTimeout(() => {
      logger.error(`did not stop within ${STOP_LIMIT_S} s; what was acknowledged is in the queue on disk`);
      // An orderly exit takes native threads apart that are still at work, which crashes.
      process.kill(process.pid, 'SIGKILL');
      // The first process of a container does not die of its own signal.
      process.exit(1);
    }, STOP_LIMIT_S * 1000);
    shop?.kill('SIGTERM');
    void faultline.stop().finally(() => {
      clearTimeout(limit);
      process.exit();
    });
  };
  // In place of what the launcher does, and before that is gone: a signal between would be lost.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const launchers = process.listeners(signal);
    process.on(signal, stop);
    for (const one of launchers) process.off(signal, one);
  }
  faultline = await startFaultline(config, { logger, version, assets: here('../dashboard'), accounts });
  shop = withDemo ? startShop(config, faultline.own) : undefined;
  warnOpen(config, logger);
  announce(faultline, config, { version, withDemo, began });
}

/** Not refused: in a container the address says nothing about who can reach it. */
function warnOpen({ host, server }: Config, logger: Logger): void {
  if (isLoopback(host) || server.auth.users.length + server.auth.tokens.length > 0) return;
  logger.warn({ host }, 'anybody who reaches this address can read and change everything: nobody has to sign in. Set server.auth (docs/auth.md), or let nobody but a proxy that asks for a login, or this machine, reach it');
}

function startShop(config: Config, { url, authorization }: Faultline['own']): ChildProcess {
  const options = { otlpHttpUrl: url, controlPort: config.demo.control_port, host: '127.0.0.1', seed: config.demo.seed, autoFault: config.demo.auto_fault };
  const child = fork(here('../demo/main.js'), [JSON.stringify(options)], { stdio: 'inherit', execArgv: [], env: { ...process.env, OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(authorization)}` } });
  child.on('exit', (code) => {
    if (code) console.error(`faultline: the demo shop stopped with status ${code}; Faultline goes on without it`);
  });
  return child;
}

function announce({ endpoints, engine }: Faultline, config: Config, { version, withDemo, began }: Omit<ServeOptions, 'accounts'>): void {
  const lines = [
    `Faultline ${version} is ready (${((performance.now() - began) / 1000).toFixed(1)} s).`,
    `  Dashboard   ${endpoints.http}`,
    `  OTLP/HTTP   ${endpoints.otlpHttp}   export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoints.otlpHttp}`,
    `  OTLP/gRPC   ${endpoints.otlpGrpc}`,
    `  Data        ${config.clickhouse_url === '' ? config.data_dir : 'ClickHouse server'} (${engine})`,
  ];
  if (withDemo) {
    lines.push(`  Demo shop   9 services; plant a fault: curl -X POST http://localhost:${config.demo.control_port}/faults/error-burst`);
    if (config.demo.auto_fault) lines.push('              the first fault is planted by itself two and a half minutes from now');
  }
  lines.push('Ctrl-C stops it; the data stays.');
  console.log(lines.join('\n'));
}
