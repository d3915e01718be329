import type { Call, Gauge } from './parts.js';
import type { System } from './system.js';

const DOMAINS = ['accounts', 'billing', 'devices', 'fleet', 'ledger', 'messages', 'orders', 'policies', 'quotes', 'rides', 'sessions', 'tickets'];
const LEAVES = ['addresses', 'audit', 'entitlements', 'fx', 'geo', 'images', 'limits', 'media', 'pricing', 'risk', 'rules', 'tax', 'templates', 'units'];
const FRONTS = ['web-bff', 'mobile-bff', 'partner-api'];
const CONSUMERS = ['indexer', 'notifier', 'biller'];
const USUAL_LAG = 20;

export interface Platform {
  readonly fronts: readonly string[];
  readonly domains: readonly string[];
  readonly leaves: readonly string[];
  /** A leaf that two domains call at least, where there is one. */
  readonly busyLeaf: () => string;
}

export const read = (leaf: string): Call => ({ to: leaf, operation: `GET /v1/${leaf}` });
export const select = (what: string): Call => ({ to: 'postgresql', operation: `SELECT ${what}` });
export const insert = (what: string): Call => ({ to: 'postgresql', operation: `INSERT ${what}` });
export const cached = (): Call => ({ to: 'redis', operation: 'GET' });

/** A gateway, three front ends, six domains that read and write, six leaves below them that several call, one database and one cache. */
export function platform(system: System): Platform {
  const { random } = system;
  const domains = system.shuffle(DOMAINS).slice(0, 6);
  const leaves = system.shuffle(LEAVES).slice(0, 6);
  for (const leaf of leaves) system.add(leaf, `GET /v1/${leaf}`, 3 + 8 * random(), [random() < 0.6 ? select(leaf) : cached()]);
  const used = [leaves, leaves].flatMap((all) => system.shuffle(all));
  for (const [at, domain] of domains.entries()) {
    const [first = '', other = ''] = used.slice(at * 2);
    system.add(domain, `GET /${domain}`, 5 + 6 * random(), [cached(), read(first), select(domain)]);
    system.add(domain, `POST /${domain}`, 8 + 8 * random(), [read(other), insert(domain)]);
  }
  const asked = domains.flatMap((domain) => ['GET', 'POST'].map((method) => ({ domain, method })));
  for (const [at, { domain, method }] of system.shuffle(asked).entries()) {
    const front = FRONTS[at % FRONTS.length] as string;
    const call = system.add(front, `${method} /api/${domain}`, 3, [{ to: domain, operation: `${method} /${domain}` }]);
    system.enter('gateway', `${front} ${method} /api/${domain}`, 1.2, [call], method === 'GET' ? 3 : 1);
  }
  return { fronts: FRONTS, domains, leaves, busyLeaf: () => system.shuffle(leaves).find((leaf) => system.callersOf(leaf).length >= 2) ?? (leaves[0] as string) };
}

export interface Stream extends Platform {
  /** Measures what waits for each consumer; for one of them as said. */
  readonly lag: (consumer: string, of: (since: number) => number) => void;
}

/** The platform, two of whose domains publish events to an indexer and a notifier, and two more usage to a biller. */
export function stream(system: System): Stream {
  const built = platform(system);
  Object.assign(system.silent, { elasticsearch: 9, 'smtp.relay.example': 30 });
  const topics: readonly (readonly [domains: readonly string[], topic: string, consumers: readonly Call[]])[] = [
    [built.domains.slice(0, 2), 'events', [system.add('indexer', 'process events', 6, [{ to: 'elasticsearch', operation: 'index' }]), system.add('notifier', 'process events', 5, [{ to: 'smtp.relay.example', operation: 'SEND' }])]],
    [built.domains.slice(2, 4), 'usage', [system.add('biller', 'process usage', 5, [insert('usage')])]],
  ];
  for (const [domains, topic, consumers] of topics) {
    for (const operation of domains.flatMap((domain) => system.operations(domain))) operation.calls.push(...consumers.map((call) => ({ ...call, topic })));
  }
  return {
    ...built,
    lag(consumer, of) {
      const lagOf = (one: string): Gauge => (since) => Math.max(0, Math.round(system.near(one === consumer && since >= 0 ? of(since) : USUAL_LAG, 0.2)));
      system.gauges['kafka'] = Object.fromEntries(CONSUMERS.map((one) => [`kafka_consumergroup_lag_${one}`, lagOf(one)]));
    },
  };
}
