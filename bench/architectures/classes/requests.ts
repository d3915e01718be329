import { cached, insert, platform, select } from '../platform.js';
import type { Classes } from './class.js';
import { blame } from './class.js';

/** Requests that fan out, are undone, tried again, given up or turned away. */
export const REQUESTS: Classes = {
  /** A step of a saga fails; those before it are undone. */
  saga(system) {
    const undo = (to: string, operation: string) => system.add(to, operation, 6, [{ to: 'postgresql', operation: 'UPDATE' }]);
    const reserve = { ...system.add('seats', 'POST /reserve', 8, [insert('seats')]), undo: undo('seats', 'POST /release') };
    const spend = { ...system.add('loyalty', 'POST /spend', 5, [{ to: 'redis', operation: 'INCR' }]), undo: undo('loyalty', 'POST /refund') };
    const charge = system.add('charges', 'POST /charge', 20, [insert('charges')]);
    system.enter('edge', 'POST /book', 1, [system.add('booking', 'POST /book', 6, [reserve, spend, charge, system.add('mailer', 'POST /confirm', 5)])], 3);
    system.enter('edge', 'GET /trips', 1, [system.add('catalogue', 'GET /trips', 9, [cached()])], 6);
    const failing = system.variant === 1 ? 1 : 0.6;
    system.fault = { request: ({ service }) => (service === 'charges' ? { failing, why: 'issuer declined unexpectedly' } : undefined) };
    return blame('charges');
  },

  /** The undoing itself is slow. */
  'saga-slow-undo'(system) {
    const hold = { ...system.add('stockroom', 'POST /hold', 8, [insert('holds')]), undo: system.add('stockroom', 'POST /free', 8, [{ to: 'postgresql', operation: 'DELETE holds' }]) };
    const book = system.add('couriers', 'POST /book', 15);
    system.enter('edge', 'POST /fulfil', 1, [system.add('fulfil', 'POST /fulfil', 6, [hold, book])], 3);
    system.enter('edge', 'GET /quote', 1, [system.add('quotes', 'GET /quote', 7, [{ ...book }])], 3);
    system.fault = { request: ({ service, operation }) => (service === 'couriers' ? { failing: 0.7 } : operation === 'POST /free' ? { addedMs: 300 } : undefined) };
    return { causes: ['couriers'], accepted: ['stockroom'] };
  },

  /** One endpoint, a resolver for each part, most of them optional. */
  graphql(system) {
    const parts = ['profile', 'feed', 'ads', 'friends', 'badges', 'inbox', 'stories', 'trends'];
    const resolvers = parts.map((part, at) => ({ ...system.add(part, 'POST /graphql', 6 + 10 * system.random(), [system.random() < 0.5 ? cached() : select(part)]), parallel: true, share: 0.3 + 0.5 * system.random(), optional: at > 1 }));
    system.enter('router', 'POST /graphql', 3, [system.add('identity', 'POST /introspect', 3, [cached()]), ...resolvers]);
    const part = system.pick(parts);
    system.fault = { request: ({ service }) => (service === part ? (system.variant === 1 ? { failing: 0.6 } : { addedMs: 400 }) : undefined) };
    return blame(part);
  },

  /** A fan-out answers with what it has after 300 ms. */
  'fan-out-gives-up'(system) {
    const parts = ['hotels', 'flights', 'cars', 'trains', 'tours'];
    const calls = parts.map((part) => system.add(part, `GET /${part}`, 20 + 20 * system.random(), [select(part)]));
    system.enter('app-bff', 'GET /search', 4, calls.map((call) => ({ ...call, parallel: true, optional: true, timeoutMs: 300 })));
    for (const call of calls) system.enter('app-bff', call.operation, 2, [{ ...call, timeoutMs: 1000 }], 0.4);
    const slow = system.pick(parts);
    system.fault = { request: ({ service }) => (service === slow ? { addedMs: 700 } : undefined) };
    return blame(slow);
  },

  /** One of twelve shards that every search asks at once. */
  'one-shard'(system) {
    platform(system);
    const shards = Array.from({ length: 12 }, (_, at) => `index-${String(at).padStart(2, '0')}`);
    const search = system.add('search', 'GET /search', 3, shards.map((shard) => ({ ...system.add(shard, 'POST /query', 6), parallel: true })));
    system.enter('gateway', 'web-bff GET /api/search', 1, [system.add('web-bff', 'GET /api/search', 2, [search])], 6);
    const bad = system.pick(shards);
    system.fault = { request: ({ service }) => (service === bad ? (system.variant === 2 ? { failing: 0.5 } : { addedMs: 150 + 100 * system.random() }) : undefined) };
    return blame(bad);
  },

  /** What is asked 25 times for each request becomes slower. */
  'asked-often'(system) {
    const { domains } = platform(system);
    const item = system.add('items', 'GET /item', 3);
    for (const operation of system.operations(system.pick(domains))) operation.calls.push({ ...item, times: 25 });
    system.fault = { request: ({ service }) => (service === 'items' ? { slower: 5, cpu: system.variant === 1 ? 0.2 : 1 } : undefined) };
    return blame('items');
  },

  /** A new version asks one by one for what it asked at once. */
  'n-plus-one'(system) {
    const { domains } = platform(system);
    const [domain, leaf] = readerIn(system, domains);
    system.fault = { times: ({ service, call }) => (service === domain && call.to === leaf ? 40 : undefined), request: ({ service }) => (service === leaf && system.variant !== 1 ? { slower: 1.6 } : undefined) };
    return blame(domain);
  },

  /** For a fifth of the users a flag makes one service ask another for each row. */
  'flag-asks-often'(system) {
    const { domains } = platform(system);
    const [domain, leaf] = readerIn(system, domains);
    system.fault = { times: ({ service, call, user }) => (service === domain && call.to === leaf && user < 0.2 ? 25 : undefined) };
    return blame(domain);
  },

  /** A flag leaves a call out: answers come fast, and are wrong. */
  'flag-skips-a-call'(system) {
    const { domains } = platform(system);
    const [domain, leaf] = readerIn(system, domains);
    system.fault = { times: ({ service, call }) => (service === domain && call.to === leaf ? 0 : undefined) };
    return blame(domain);
  },

  /** A flag makes a service ask what others have asked all along, and that takes its time. */
  'flag-new-call'(system) {
    const { domains } = platform(system);
    const evaluate = system.add('experiments', 'POST /evaluate', system.variant === 1 ? 40 : 150);
    system.enter('gateway', 'partner-api GET /api/experiments', 1, [system.add('partner-api', 'GET /api/experiments', 2, [evaluate])], 2);
    const domain = system.pick(domains);
    system.operation(domain, `GET /${domain}`).calls.push({ ...evaluate });
    system.usually = { times: ({ service, call }) => (service === domain && call.to === 'experiments' ? 0 : undefined) };
    system.fault = { times: () => undefined };
    return blame(domain);
  },

  /** A recommendation that nobody needs hangs, and takes all threads of who asks for it: other requests wait. */
  'optional-takes-threads'(system) {
    const { domains } = platform(system);
    const domain = system.pick(domains);
    system.operation(domain, `GET /${domain}`).calls.push({ ...system.add('suggestions', 'GET /suggestions', 15, [cached()]), optional: true, timeoutMs: 3000 });
    system.fault = { request: ({ service }) => (service === 'suggestions' ? { addedMs: 5000 } : service === domain ? { addedMs: 1500 * system.random(), cpu: 0.1 } : undefined) };
    return blame('suggestions');
  },

  /** A leaf fails half of the time, and who calls it asks four times. */
  retries(system) {
    const leaf = platform(system).busyLeaf();
    for (const call of system.callsTo(leaf)) call.retries = 3;
    system.fault = { request: ({ service }) => (service === leaf ? { failing: system.variant === 1 ? 0.9 : 0.5 } : undefined) };
    return blame(leaf);
  },

  /** A blip of half a minute; layers that ask three times keep it down. */
  'retry-storm'(system) {
    const { domains, busyLeaf } = platform(system);
    const leaf = busyLeaf();
    for (const { call } of system.calls()) if (call.to === leaf || domains.includes(call.to)) Object.assign(call, { retries: 2, backoffMs: 100 });
    system.fault = { request: ({ service, since }) => (service === leaf ? { failing: since < 30 ? 1 : 0.75, addedMs: 300 } : undefined) };
    return blame(leaf);
  },

  /** It fails for some seconds, then nobody calls it: callers answer from a default, and nothing fails. */
  'breaker-fallback'(system) {
    const leaf = platform(system).busyLeaf();
    for (const call of system.callsTo(leaf)) call.optional = true;
    system.fault = {
      request: ({ service }) => (service === leaf ? { rejects: true, ms: 3, log: 'out of file descriptors' } : undefined),
      call: ({ call, since }) => (call.to === leaf && since > 20 && system.random() > 0.02 ? { isSpared: true } : undefined),
    };
    return blame(leaf);
  },

  /** The same where callers have no default. */
  breaker(system) {
    const leaf = platform(system).busyLeaf();
    system.fault = {
      request: ({ service }) => (service === leaf ? { rejects: true, ms: 4, log: 'cannot start transaction' } : undefined),
      call: ({ call, since }) => (call.to === leaf && since > 8 && system.random() > 0.02 ? { isSpared: true } : undefined),
    };
    return blame(leaf);
  },

  /** Callers give up after 250 ms of what takes 700: it counts no failure, and works for nobody. */
  'impatient-callers'(system) {
    const leaf = platform(system).busyLeaf();
    for (const call of system.callsTo(leaf)) call.timeoutMs = 250;
    system.omitted = ['logs'];
    system.fault = { request: ({ service }) => (service === leaf ? { addedMs: 700 } : undefined) };
    return blame(leaf);
  },

  /** The gateway gives up after 500 ms; layers below a leaf is slow, and everybody on the way counts a success. */
  'impatient-gateway'(system) {
    const { fronts, leaves } = platform(system);
    const leaf = system.pick(leaves);
    for (const { call } of system.calls()) if (fronts.includes(call.to)) call.timeoutMs = 500;
    system.fault = { request: ({ service }) => (service === leaf ? { addedMs: 900 } : undefined) };
    return blame(leaf);
  },

  /** Requests go in and never come out; who waits for them waits for ever, and sends no span. */
  deadlock(system) {
    const leaf = system.pick(platform(system).leaves);
    system.fault = { request: ({ service }) => (service === leaf ? { isLost: true } : undefined) };
    return blame(leaf);
  },

  'deadlock-timeouts'(system) {
    const leaf = system.pick(platform(system).leaves);
    for (const call of system.callsTo(leaf)) call.timeoutMs = 5000;
    system.fault = { request: ({ service }) => (service === leaf ? { isLost: true } : undefined) };
    return blame(leaf);
  },

  /** gRPC streams of a minute; the server ends them early, and clients come back. */
  'streams-break'(system) {
    system.ratePerS = [3, 2, 6][system.variant] as number;
    const operations = [system.add('pricefeed', 'Subscribe', 40_000, [{ to: 'redis', operation: 'SUBSCRIBE' }]), system.add('positions', 'Watch', 25_000, [{ to: 'postgresql', operation: 'LISTEN' }])];
    for (const call of operations) system.enter('terminal', call.operation, 5, [call], 2);
    system.enter('terminal', 'PlaceOrder', 2, [system.add('trading', 'PlaceOrder', 12, [insert('orders')])], 6);
    system.fault = { request: ({ service }) => (service === 'pricefeed' ? { slower: 0.05, failing: 0.9, why: 'stream reset: INTERNAL' } : undefined) };
    return blame('pricefeed');
  },

  /** Functions: a heavier package starts slowly, and starts often. */
  'cold-starts'(system) {
    system.ratePerS = [4, 1.5, 8][system.variant] as number;
    system.omitted = ['metrics'];
    Object.assign(system.silent, { 's3.example': 15, dynamodb: 5 });
    const functions = ['resize', 'thumbnail', 'ocr', 'webhook', 'export'];
    for (const name of functions) system.enter('api-gateway', `POST /${name}`, 2, [{ ...system.add(name, 'invoke', 40 + 60 * system.random(), [{ to: 's3.example', operation: 'GET' }, { to: 'dynamodb', operation: 'PutItem' }]), timeoutMs: 29_000 }]);
    const heavy = system.pick(functions);
    const start = (pod: number, share: number, addedMs: number) => (pod < share ? { addedMs, cpu: 0.1 } : undefined);
    system.usually = { request: ({ pod }) => start(pod, 0.02, 700) };
    system.fault = { request: ({ service, pod }) => (service === heavy ? start(pod, 0.35, 5000) : start(pod, 0.02, 700)) };
    return blame(heavy);
  },
};

/** One of the domains, and the leaf that its reads ask. */
function readerIn(system: Parameters<Classes[string]>[0], domains: readonly string[]): readonly [domain: string, leaf: string] {
  const domain = system.pick(domains);
  return [domain, system.operation(domain, `GET /${domain}`).calls[1]?.to ?? ''];
}
