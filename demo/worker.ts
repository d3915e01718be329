import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createConditions } from './conditions.js';
import { createDatabaseClient } from './instrument/database-client.js';
import { createHttpClient } from './instrument/http-client.js';
import { Failure, startHttpServer } from './instrument/http-server.js';
import { createLog } from './instrument/log.js';
import { createProducer, startConsumer } from './instrument/queue.js';
import { observeRuntime } from './instrument/runtime-metrics.js';
import { startTelemetry } from './instrument/telemetry.js';
import type { Addresses, FromService, ServiceStart, ToService } from './messages.js';
import { createRandom, logNormal, seedOf } from './random.js';
import { SERVICES, type ServiceName } from './services/index.js';
import type { Kit, Service } from './services/service.js';

/** The thread of one service, with an OpenTelemetry SDK of its own. */
const start = workerData as ServiceStart;
const tell = (message: FromService): void => parentPort?.postMessage(message);
const service: Service = SERVICES[start.service as ServiceName];
const random = createRandom(seedOf(start.seed, start.service));

const telemetry = startTelemetry(start.otlpHttpUrl, start);
observeRuntime();
let addresses: Addresses = {};
const address = (name: string): string => addresses[name] ?? 'http://127.0.0.1:9';
const log = createLog(start.service);
const conditions = createConditions(random, start.effects);
const kit: Kit = {
  call: createHttpClient({ address, retries: (peer) => (conditions.current().retriedPeer === peer ? conditions.current().retries : 0) }),
  // Made when a service takes it, so that no service reports a pool that it does not have.
  get postgres() {
    return createDatabaseClient('postgresql', () => address('postgresql'));
  },
  get redis() {
    return createDatabaseClient('redis', () => address('redis'));
  },
  get publish() {
    return createProducer(() => address('kafka'));
  },
  log,
  async work(medianMs, { flakeShare = 0, slowShare = 0 } = {}) {
    await delay(logNormal(random, random() < slowShare ? medianMs * 10 : medianMs, 0.4));
    if (random() < flakeShare) throw new Failure(500, 'TransientError', 'a replica went away while it answered');
  },
};

log.info(`${start.service} ${start.version} is up`);
const server = await startHttpServer({ service: start.service, routes: service.routes(kit), log, before: () => conditions.before() });
const consumer = service.consume && startConsumer({
  address: () => address('kafka'),
  log,
  stalled: () => conditions.current().consumerStalled,
  async handle(value) {
    await conditions.before();
    await service.consume?.(kit, value);
  },
});

parentPort?.on('message', (message: ToService) => {
  switch (message.type) {
    case 'addresses':
      addresses = message.addresses;
      return;
    case 'effects':
      conditions.set(message.effects);
      return;
    case 'stop':
      consumer?.stop();
      server.close();
      void telemetry.stop().then(() => tell({ type: 'stopped' }));
  }
});
tell({ type: 'listening', port: server.port });
