import type { Effects } from '../effects.js';
import type { ServiceName } from '../services/index.js';

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
const storm = (service: ServiceName, callers: readonly ServiceName[]): Target =>
  at(service, { shedShare: 0.6 }, { effects: Object.fromEntries(callers.map((caller) => [caller, { retries: 4, retriedPeer: service }])) });
const deploy = (service: ServiceName, version: string): Target => ({ service, cause: service, plan: { deploy: { service, version, effects: { brokenRelease: true } } } });
const leak = { leakBytesPerSecond: 2.5 * 1024 * 1024 };

/** Every fault, what it does, and where it can be planted. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'slow-dependency',
    description: 'A database waits for a lock, or a service for its provider: it answers, but late, and its callers wait with it.',
    targets: [
      { service: 'postgresql', cause: 'postgresql', plan: { slowDatabases: { postgresql: 180 } } },
      at('payment', { slowMs: 650 }),
      at('inventory', { slowMs: 250 }),
      at('recommendation', { slowMs: 400 }),
      { service: 'redis', cause: 'redis', plan: { slowDatabases: { redis: 200 } } },
    ],
  },
  {
    name: 'error-burst',
    description: 'Two of five requests to one service fail with status 500, and its callers fail with it.',
    targets: [at('payment', { failShare: 0.4 }), at('catalog', { failShare: 0.4 }), at('cart', { failShare: 0.4 }), at('inventory', { failShare: 0.4 }), at('fulfilment', { failShare: 0.4 })],
  },
  {
    name: 'memory-leak',
    description: 'The heap of one service grows by 2.5 MiB per second, up to 100 MiB; the memory is given back at the end.',
    targets: [at('recommendation', leak), at('cart', leak), at('search', leak), at('inventory', leak)],
  },
  {
    name: 'traffic-drop',
    description: 'Nine of ten visitors no longer reach the front; or, in fulfilment, the consumer stalls and its queue grows.',
    targets: [{ service: 'frontend', cause: 'frontend', plan: { visitors: 0.1 } }, at('fulfilment', { consumerStalled: true })],
  },
  {
    name: 'retry-storm',
    description: 'A service refuses three of five requests, and its callers repeat each up to four times at once: the traffic to it doubles.',
    targets: [storm('inventory', ['checkout', 'fulfilment']), storm('catalog', ['frontend', 'search', 'recommendation', 'cart']), storm('payment', ['checkout'])],
  },
  {
    name: 'cpu-saturation',
    description: 'The thread of one service is busy for four fifths of the time; what it serves waits for its turn.',
    targets: [at('search', { busyShare: 0.8 }), at('recommendation', { busyShare: 0.8 }), at('payment', { busyShare: 0.8 }), at('cart', { busyShare: 0.8 })],
  },
  {
    name: 'bad-deploy',
    description: 'A new version of one service is rolled out that fails most requests of one platform, slowly; it is rolled back at the end.',
    targets: [deploy('checkout', '5.2.0'), deploy('search', '1.10.0'), deploy('cart', '4.3.0'), deploy('payment', '2.1.0')],
  },
];
