import type { Effects } from '../effects.js';
import { callersOf, SERVICE_NAMES, SERVICES, type ServiceName } from '../services/index.js';

export const FAULT_NAMES = ['slow-dependency', 'error-burst', 'memory-leak', 'traffic-drop', 'retry-storm', 'cpu-saturation', 'bad-deploy'] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

/** What is done to the shop. */
export interface Plan {
  readonly effects?: Readonly<Partial<Record<ServiceName, Partial<Effects>>>>;
  /** Median delay of every statement, by database. */
  readonly slowDatabases?: Readonly<Partial<Record<'postgresql' | 'redis', number>>>;
  /** Share of the visitors that still arrive. */
  readonly visitors?: number;
  /** The service that is replaced by this version for as long as the fault lasts. */
  readonly deploy?: { readonly service: ServiceName; readonly version: string; readonly effects: Partial<Effects> };
}

export interface Target {
  /** As in `service` of POST /faults/<name>. */
  readonly service: string;
  /** The true root cause: what an incident should name. */
  readonly cause: string;
  readonly plan: Plan;
}

export interface Fault {
  readonly name: FaultName;
  readonly description: string;
  /** The first is the one taken when none is asked for. */
  readonly targets: readonly Target[];
}

const at = (service: ServiceName, effects: Partial<Effects>, more: Plan = {}): Target => ({ service, cause: service, plan: { ...more, effects: { ...more.effects, [service]: effects } } });
const everywhere = (first: ServiceName, targetIn: (service: ServiceName) => Target): readonly Target[] => [first, ...SERVICE_NAMES.filter((service) => service !== first)].map(targetIn);
const storm = (service: ServiceName): Target =>
  at(service, { shedShare: 0.6 }, { effects: Object.fromEntries(callersOf(service).map((caller) => [caller, { retries: 4, retriedPeer: service }])) });
const deploy = (service: ServiceName): Target => ({ service, cause: service, plan: { deploy: { service, version: nextMinor(SERVICES[service].version), effects: { brokenRelease: true } } } });
/** Some ten times what a request takes in a service usually. */
const SLOW_MS: Readonly<Record<ServiceName, number>> = { frontend: 400, catalog: 200, search: 400, recommendation: 400, cart: 250, checkout: 500, payment: 650, inventory: 250, fulfilment: 200 };
const slowDatabase = (name: 'postgresql' | 'redis', ms: number): Target => ({ service: name, cause: name, plan: { slowDatabases: { [name]: ms } } });

function nextMinor(version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return `${major}.${minor + 1}.0`;
}

/** Every fault, what it does, and where it can be planted. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'slow-dependency',
    description: 'A database waits for a lock, or a service for its provider: it answers, but late, and its callers wait with it.',
    targets: [slowDatabase('postgresql', 180), slowDatabase('redis', 200), ...everywhere('payment', (service) => at(service, { slowMs: SLOW_MS[service] }))],
  },
  {
    name: 'error-burst',
    description: 'Two of five requests to one service fail with status 500, and its callers fail with it.',
    targets: everywhere('payment', (service) => at(service, { failShare: 0.4 })),
  },
  {
    name: 'memory-leak',
    description: 'The heap of one service grows by 2.5 MiB per second, up to 100 MiB; the memory is given back at the end.',
    targets: everywhere('recommendation', (service) => at(service, { leakBytesPerSecond: 2.5 * 1024 * 1024 })),
  },
  {
    name: 'traffic-drop',
    description: 'Nine of ten visitors no longer reach the front; or, in fulfilment, the consumer stalls and its queue grows.',
    targets: [{ service: 'frontend', cause: 'frontend', plan: { visitors: 0.1 } }, at('fulfilment', { consumerStalled: true })],
  },
  {
    name: 'retry-storm',
    description: 'A service refuses three of five requests, and its callers repeat each up to four times at once: the traffic to it doubles.',
    targets: (['inventory', 'catalog', 'payment', 'cart', 'search', 'recommendation', 'checkout'] as const).map(storm),
  },
  {
    name: 'cpu-saturation',
    description: 'The thread of one service is busy for four fifths of the time; what it serves waits for its turn.',
    targets: everywhere('search', (service) => at(service, { busyShare: 0.8 })),
  },
  {
    name: 'bad-deploy',
    description: 'A new version of one service is rolled out that fails most requests of one platform, slowly; it is rolled back at the end.',
    targets: everywhere('checkout', deploy),
  },
];
