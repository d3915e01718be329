import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { HEALTHY, type Effects } from './effects.js';
import type { Addresses, FromService, ServiceStart, ToService } from './messages.js';
import { SERVICE_NAMES, SERVICES, type ServiceName } from './services/index.js';

/** The old version of a service goes on for so long after the new one took over, to finish what it serves. */
const DRAIN_MS = 1_500;
const STOP_LIMIT_MS = 1_200;
const RESTART_MS = 1_000;
const MAX_RESTARTS = 20;
/** Young and old generation of each service's heap, in MiB. The old one leaves room for the leak and ends it if nothing else does. */
const HEAP = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 };

export interface FleetOptions {
  readonly otlpHttpUrl: string;
  readonly seed: number;
  /** Where the databases and the broker are. */
  readonly backing: Addresses;
  readonly say: (line: string) => void;
}

/** The services' threads: starts them, tells them where the others are, replaces one by another version. */
export interface Fleet {
  start(): Promise<void>;
  address(service: ServiceName): string;
  version(service: ServiceName): string;
  setEffects(service: ServiceName, effects: Partial<Effects>): void;
  /** Starts the new version, moves the traffic to it, then stops the old one. */
  deploy(service: ServiceName, version: string, effects: Partial<Effects>): Promise<void>;
  stop(): Promise<void>;
}

interface Running {
  readonly worker: Worker;
  readonly version: string;
  readonly url: string;
}

export function createFleet({ otlpHttpUrl, seed, backing, say }: FleetOptions): Fleet {
  const running = new Map<ServiceName, Running>();
  let restarts = 0;
  let stopping = false;

  function launch(service: ServiceName, version: string, effects: Partial<Effects>): Promise<Running> {
    const workerData: ServiceStart = { service, version, otlpHttpUrl, seed, effects: { ...HEALTHY, ...effects } };
    // Neither the runner's loaders nor OTEL_* variables meant for the host process reach a service.
    const worker = new Worker(compiled(), { workerData, resourceLimits: HEAP, execArgv: [], env: {} });
    return new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.on('error', (error) => say(`${service} failed: ${String(error)}`));
      worker.on('message', (message: FromService) => {
        if (message.type === 'listening') resolve({ worker, version, url: `http://127.0.0.1:${message.port}` });
      });
      worker.once('exit', () => void revive(service, worker));
    });
  }

  /** A service that died is started again, as an orchestrator would. */
  async function revive(service: ServiceName, worker: Worker): Promise<void> {
    if (stopping || running.get(service)?.worker !== worker || restarts >= MAX_RESTARTS) return;
    restarts += 1;
    await delay(RESTART_MS);
    await take(service, SERVICES[service].version, {}).catch((error: unknown) => say(`${service} did not start again: ${String(error)}`));
  }

  async function take(service: ServiceName, version: string, effects: Partial<Effects>): Promise<void> {
    running.set(service, await launch(service, version, effects));
    broadcast();
  }

  function broadcast(): void {
    const addresses: Record<string, string> = { ...backing };
    for (const [service, { url }] of running) addresses[service] = url;
    for (const { worker } of running.values()) send(worker, { type: 'addresses', addresses });
  }

  const send = (worker: Worker, message: ToService): void => worker.postMessage(message);

  async function end(worker: Worker): Promise<void> {
    const flushed = new Promise<void>((resolve) => worker.on('message', (message: FromService) => message.type === 'stopped' && resolve()));
    send(worker, { type: 'stop' });
    await Promise.race([flushed, delay(STOP_LIMIT_MS)]);
    await worker.terminate();
  }

  return {
    async start() {
      await Promise.all(SERVICE_NAMES.map((service) => take(service, SERVICES[service].version, {})));
    },
    address: (service) => running.get(service)?.url ?? 'http://127.0.0.1:9',
    version: (service) => running.get(service)?.version ?? '',
    setEffects(service, effects) {
      const one = running.get(service);
      if (one) send(one.worker, { type: 'effects', effects: { ...HEALTHY, ...effects } });
    },
    async deploy(service, version, effects) {
      const old = running.get(service);
      await take(service, version, effects);
      await delay(DRAIN_MS);
      if (old) await end(old.worker);
    },
    async stop() {
      stopping = true;
      await Promise.all([...running.values()].map(({ worker }) => end(worker)));
      running.clear();
    },
  };
}

/** Threads run compiled code, also when this file runs from source. */
function compiled(): string {
  const beside = fileURLToPath(new URL('./worker.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../dist/demo/worker.js', import.meta.url));
}
