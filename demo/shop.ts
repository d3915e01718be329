import { startBroker } from './backing/broker.js';
import { startDatabase } from './backing/database.js';
import { cartTables, shopTables } from './backing/tables.js';
import { startControl } from './faults/control.js';
import type { Plan } from './faults/catalogue.js';
import { createFaultRegistry, type FaultRegistry } from './faults/registry.js';
import { startSchedule } from './faults/schedule.js';
import type { Effects } from './effects.js';
import { createFleet, type Fleet } from './fleet.js';
import { createVisitors, type Visitors } from './load/visitors.js';
import type { ShopOptions } from './options.js';
import { createRandom, seedOf } from './random.js';
import { SERVICE_NAMES, SERVICES, type ServiceName } from './services/index.js';

export interface Shop {
  readonly controlPort: number;
  readonly fleet: Fleet;
  readonly faults: FaultRegistry;
  readonly visitors: Visitors;
  stop(): Promise<void>;
}

/** Starts the whole shop: databases, broker, services, control port, then visitors. Rejects, with nothing left running, when the control port is taken. */
export async function startShop(options: ShopOptions, say: (line: string) => void, scale = 1): Promise<Shop> {
  const { seed, host, otlpHttpUrl } = options;
  const [postgresql, redis, kafka] = await Promise.all([startDatabase(createRandom(seedOf(seed, 'postgresql')), shopTables()), startDatabase(createRandom(seedOf(seed, 'redis')), cartTables()), startBroker()]);
  const databases = { postgresql, redis };
  const fleet = createFleet({ otlpHttpUrl, seed, backing: { postgresql: postgresql.url, redis: redis.url, kafka: kafka.url }, say });
  const visitors = createVisitors({ seed: seedOf(seed, 'visitors'), front: () => fleet.address('frontend'), scale });

  // The control port is taken first, so that a taken one is known at once; a fault waits for the services.
  let opening: Promise<void> | undefined;
  const open = (): Promise<void> => (opening ??= fleet.start());
  const effects = new Map<ServiceName, string>();
  async function become(plans: readonly Plan[]): Promise<void> {
    await open();
    for (const [name, database] of Object.entries(databases)) database.setSlow(Math.max(0, ...plans.map(({ slowDatabases }) => slowDatabases?.[name as keyof typeof databases] ?? 0)));
    visitors.setShare(Math.min(1, ...plans.map((plan) => plan.visitors ?? 1)));
    await Promise.all(SERVICE_NAMES.map(async (service) => {
      const rollout = plans.flatMap(({ deploy }) => (deploy?.service === service ? deploy : []))[0];
      const version = rollout?.version ?? SERVICES[service].version;
      const wanted: Partial<Effects> = Object.assign({}, rollout?.effects, ...plans.map((plan) => plan.effects?.[service]));
      const known = effects.get(service) ?? '{}';
      effects.set(service, JSON.stringify(wanted));
      if (version !== fleet.version(service)) await fleet.deploy(service, version, wanted);
      // What lasts is left alone: setting it again would begin it anew.
      else if (effects.get(service) !== known) fleet.setEffects(service, wanted);
    }));
  }
  const faults = createFaultRegistry(become, say);
  const closeBacking = (): void => [postgresql, redis, kafka].forEach((server) => server.close());
  const control = await startControl(faults, host, options.controlPort).catch((error: unknown) => {
    closeBacking();
    throw error;
  });
  await open();
  visitors.start();
  const schedule = options.autoFault ? startSchedule(faults, createRandom(seedOf(seed, 'faults'))) : undefined;
  return {
    controlPort: control.port,
    fleet,
    faults,
    visitors,
    async stop() {
      schedule?.stop();
      control.close();
      visitors.stop();
      await fleet.stop();
      closeBacking();
    },
  };
}
