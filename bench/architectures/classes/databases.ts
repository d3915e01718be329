import { cached, platform, select } from '../platform.js';
import type { Call } from '../parts.js';
import type { System } from '../system.js';
import type { Classes } from './class.js';
import { blame } from './class.js';

const isDatabase = ({ to }: Call): boolean => to === 'postgresql';
const counted = (system: System, base: number, share = 0.1): number => Math.round(system.near(base, share));

/** Databases, caches and the connections to them. */
export const DATABASES: Classes = {
  'slow-database'(system) {
    platform(system);
    system.fault = { call: ({ call }) => (isDatabase(call) ? { slower: 25 } : undefined) };
    return blame('postgresql');
  },

  /** A migration holds a table that two services write: they wait, and fail after 2 s. */
  'lock-of-migration'(system) {
    const writers = platform(system).domains.slice(0, 2);
    for (const { from, call } of system.calls()) if (isDatabase(call) && writers.includes(from)) call.timeoutMs = 2000;
    system.gauges['postgresql'] = { pg_locks_count: (since) => counted(system, since >= 0 ? 180 : 12, 0.15), pg_stat_activity_count: (since) => counted(system, since >= 0 ? 90 : 30) };
    system.fault = { call: ({ service, call }) => (isDatabase(call) && writers.includes(service) && system.random() < 0.8 ? { addedMs: 1000 + 2000 * system.random() } : undefined) };
    return blame('postgresql');
  },

  /** Reads of what was just written miss. */
  'replica-lag'(system) {
    const domain = system.pick(platform(system).domains);
    system.silent['postgres-replica'] = 4;
    for (const operation of system.operations(domain)) operation.calls.push({ to: 'postgres-replica', operation: `SELECT ${domain}` });
    system.gauges['postgres-replica'] = { pg_replication_lag_seconds: (since) => (since >= 0 ? 2 + 0.5 * since : 0.1 + 0.05 * system.random()), pg_stat_activity_count: () => counted(system, 20) };
    system.fault = { request: ({ service, operation }) => (service === domain && operation.startsWith('POST') ? { failing: 0.5, why: 'row not found after insert' } : undefined) };
    return { causes: ['postgres-replica'], accepted: [domain] };
  },

  /** For a minute there is no primary. */
  'primary-changes'(system) {
    platform(system);
    for (const { call } of system.calls()) if (isDatabase(call) && call.operation.startsWith('INSERT')) call.to = 'postgres-primary';
    system.silent['postgres-primary'] = 5;
    system.faultS = 150;
    system.fault = { call: ({ call, since }) => (call.to === 'postgres-primary' && since < 60 ? { isRefused: true, ms: 30 } : undefined) };
    return blame('postgres-primary');
  },

  /** One caller leaks connections, waits for its own pool and gives up; the database is fine, and nobody measures the pool. */
  'pool-leaks'(system) {
    const domain = system.pick(platform(system).domains);
    const given = ({ since }: { readonly since: number }) => (system.random() < Math.min(0.8, since / 60) ? { rejects: true, ms: 5000, log: 'timed out waiting for a connection from the pool' } : { addedMs: 800 * system.random() });
    system.fault = { request: (served) => (served.service === domain ? given(served) : undefined) };
    return blame(domain);
  },

  /** A pool that is measured is used up. */
  'pool-measured'(system) {
    const { domains, leaves } = platform(system);
    const service = system.pick(system.variant === 1 ? leaves : domains);
    system.gauges[service] = {
      db_client_connections_usage: (since) => (since >= 0 ? 20 : Math.round(5 + 2 * system.random())),
      db_client_connections_pending_requests: (since) => (since >= 0 ? Math.round(30 + 10 * system.random()) : 0),
    };
    system.fault = { request: (served) => (served.service === service ? { addedMs: 400 + 400 * system.random() } : undefined) };
    return blame(service);
  },

  /** A new version of one of the callers reads without an index; the database has less for the others. */
  'query-of-deploy'(system) {
    const domain = system.pick(platform(system).domains);
    system.fault = { call: ({ service, call }) => (!isDatabase(call) ? undefined : service === domain ? { addedMs: 600 + 300 * system.random() } : { slower: 1.6 }) };
    return { causes: [domain], accepted: ['postgresql'] };
  },

  /** A report that nobody announced takes the database from everybody. */
  'report-on-primary'(system) {
    platform(system);
    system.add('reporter', 'monthly report', 200, [{ ...select('everything'), times: 20, ms: 900 }]);
    system.jobs.push({ service: 'reporter', operation: 'monthly report', everyS: 15, only: 'after' });
    system.fault = { call: ({ service, call }) => (isDatabase(call) && service !== 'reporter' ? { slower: 20 } : undefined) };
    return { causes: ['reporter'], accepted: ['postgresql'] };
  },

  /** A hot key expires: a leaf asks its database by twenty queries for each request. */
  stampede(system) {
    const leaf = platform(system).busyLeaf();
    system.operation(leaf, `GET /v1/${leaf}`).calls = [cached(), { ...select('hot'), ms: 15 }];
    const asks = (often: () => number) => ({ service, call }: { readonly service: string; readonly call: Call }) => (service === leaf && isDatabase(call) ? often() : undefined);
    system.usually = { times: asks(() => (system.random() < 0.05 ? 1 : 0)) };
    system.fault = { times: asks(() => 20) };
    return { causes: [leaf], accepted: ['redis', 'postgresql'] };
  },

  /** A cache was emptied: what it held is read from the database, which is slower for that. */
  'cache-emptied'(system) {
    const users = system.shuffle(platform(system).leaves).slice(0, 4);
    for (const leaf of users) system.operation(leaf, `GET /v1/${leaf}`).calls = [cached(), { ...select(leaf), ms: 12 }];
    const misses = (share: number) => ({ service, call }: { readonly service: string; readonly call: Call }) => (users.includes(service) && isDatabase(call) ? Number(system.random() < share) : undefined);
    system.gauges['redis'] = {
      redis_keyspace_hit_ratio: (since) => system.near(since >= 0 ? 0.05 + 0.0005 * since : 0.95, 0.005),
      redis_memory_used_bytes: (since) => counted(system, since >= 0 ? 5e7 + 1e6 * since : 2e9, 0.005),
    };
    system.usually = { times: misses(0.05) };
    system.fault = { times: misses(0.95), call: ({ call }) => (isDatabase(call) ? { slower: 9 } : undefined) };
    return { causes: ['redis'], accepted: ['postgresql'] };
  },

  /** A third of the keys is refused; callers do without, and ask the database. Nobody fails. */
  'cache-node-lost'(system) {
    platform(system);
    for (const call of system.callsTo('redis')) call.optional = true;
    system.fault = { call: ({ call, user }) => (call.to === 'redis' && user < 0.34 ? { isRefused: true, ms: 200 } : isDatabase(call) ? { slower: 3 } : undefined) };
    return blame('redis');
  },

  /** One application with everything in it: its database, one of its pages, or all of it. */
  monolith(system) {
    system.ratePerS = 40;
    system.silent['smtp.example'] = 40;
    const pages = ['GET /', 'GET /report', 'POST /invoice', 'GET /login'];
    for (const [at, page] of pages.entries()) {
      const mail = page === 'POST /invoice' ? [{ to: 'smtp.example', operation: 'SEND' }] : [];
      system.enter('nginx', page, 0.5, [system.add('app', page, 20 + 10 * at, [cached(), { ...select(`t${at}`), times: 3 }, ...mail])], 4 - at);
    }
    if (system.variant === 0) system.fault = { request: ({ service, operation }) => (service === 'app' && operation === 'POST /invoice' ? { failing: 0.5 } : undefined) };
    if (system.variant === 1) system.fault = { request: ({ service }) => (service === 'app' ? { slower: 8 } : undefined) };
    if (system.variant === 2) system.fault = { call: ({ call }) => (call.operation === 'SELECT t1' ? { slower: 60 } : undefined) };
    return blame(system.variant === 2 ? 'postgresql' : 'app');
  },
};
