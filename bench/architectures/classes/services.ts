import { cached, platform } from '../platform.js';
import type { Classes } from './class.js';
import { blame } from './class.js';

/** Services that break, and who asks them wrongly or too much. */
export const SERVICES: Classes = {
  'flag-crashes'(system) {
    const domain = system.pick(platform(system).domains);
    system.fault = { request: ({ service, user }) => (service === domain && user < 0.2 ? { rejects: true, ms: 2, log: 'TypeError: cannot read properties of undefined' } : undefined) };
    return blame(domain);
  },

  /** The same push breaks two services that have nothing to do with each other. */
  'config-of-two'(system) {
    const two = system.shuffle(platform(system).leaves).slice(0, 2);
    system.fault = { request: ({ service }) => (two.includes(service) ? { failing: system.variant === 1 ? 0.3 : 0.7, why: 'config: unknown region' } : undefined) };
    return { causes: two, most: 2 };
  },

  /** One leaf fails while another is slow; no domain calls both, where that can be. */
  'two-faults'(system) {
    const leaves = system.shuffle(platform(system).leaves).filter((leaf) => system.callersOf(leaf).length > 0);
    const pairs = leaves.flatMap((one) => leaves.filter((other) => other !== one && !system.callersOf(one).some((caller) => system.callersOf(other).includes(caller))).map((other) => [one, other] as const));
    const [failing, slow] = pairs[0] ?? [leaves[0] ?? '', leaves[1] ?? ''];
    system.fault = { request: ({ service }) => (service === failing ? { failing: 0.4 } : service === slow ? { addedMs: 250 } : undefined) };
    return { causes: [failing, slow], most: 2 };
  },

  /** A heap fills up; collections stop a leaf ever longer. */
  'collections-of-garbage'(system) {
    const leaf = platform(system).busyLeaf();
    system.faultS = 420;
    system.gauges[leaf] = {
      jvm_memory_used_bytes: (since) => Math.round(system.near(since >= 0 ? Math.min(1.95e9, 6e8 + 6e6 * since) : 6e8, 0.05)),
      jvm_gc_duration_seconds_mean: (since) => system.near(since >= 0 ? 0.02 + 0.004 * since : 0.01, 0.2),
    };
    system.fault = { request: ({ service, since }) => (service === leaf && system.random() < Math.min(0.5, since / 500) ? { addedMs: 200 + 2 * since * system.random() } : undefined) };
    return blame(leaf);
  },

  /** Killed each minute, and away for 20 s. */
  'out-of-memory'(system) {
    const leaf = platform(system).busyLeaf();
    const isAway = (since: number): boolean => since >= 0 && since % 60 < 20;
    system.gauges[leaf] = { container_memory_usage_bytes: (since) => (isAway(since) ? undefined : Math.round(system.near(since >= 0 ? 3e8 + 4e7 * (since % 60) : 5e8))) };
    system.fault = { call: ({ call, since }) => (call.to === leaf && isAway(since) ? { isRefused: true, ms: 2 } : undefined) };
    return blame(leaf);
  },

  /** The balancer sends all to one of four: it is slow, and sheds some. */
  'one-of-four'(system) {
    const domain = system.pick(platform(system).domains);
    system.fault = { request: ({ service }) => (service === domain ? { slower: 15, failing: 0.05, cpu: 0.07 } : undefined) };
    return blame(domain);
  },

  /** One of ten instances is bad. */
  'bad-instance'(system) {
    const { domains, leaves } = platform(system);
    const bad = system.pick(system.variant === 1 ? leaves : domains);
    system.fault = { request: ({ service, pod }) => (service === bad && pod < 0.1 ? (system.variant === 2 ? { addedMs: 800 } : { failing: 0.9 }) : undefined) };
    return blame(bad);
  },

  /** A fifth of the traffic goes to a new version. */
  canary(system) {
    const leaf = system.pick(platform(system).leaves);
    system.fault = { request: ({ service, pod }) => (service === leaf && pod < 0.2 ? (system.variant === 2 ? { slower: 20 } : { failing: 0.6, why: 'TypeError: undefined is not a function' }) : undefined) };
    return blame(leaf);
  },

  /** A leaf is slower by half a second in a quarter of an hour. */
  creeping(system) {
    const leaf = platform(system).busyLeaf();
    system.change({ faultS: 900, quietS: 600, ratePerS: 6 });
    system.fault = { request: ({ service, since }) => (service === leaf ? { addedMs: 0.6 * since, cpu: 0.5 } : undefined) };
    return blame(leaf);
  },

  /** A key was changed: valid tokens are refused with 401, and nothing below is asked any more. */
  'tokens-refused'(system) {
    const { fronts } = platform(system);
    const verify = system.add('auth', 'POST /verify', 3, [cached()]);
    for (const operation of fronts.flatMap((front) => system.operations(front))) operation.calls.unshift({ ...verify });
    const share = system.variant === 1 ? 0.4 : 0.9;
    const log = system.variant === 2 ? ({ log: 'signature does not match', severity: 'warn' } as const) : {};
    system.fault = { request: ({ service, user }) => (service === 'auth' && user < share ? { rejects: true, refusal: 'expected', ms: 1, ...log } : undefined) };
    return blame('auth');
  },

  /** A limit of the gateway is too low: 429, which is no failure, and a part of all traffic stays away. */
  'limit-at-gateway'(system) {
    platform(system);
    system.fault = { request: ({ service, user }) => (service === 'gateway' && user < 0.6 ? { rejects: true, refusal: 'expected', ms: 0.3 } : undefined) };
    return blame('gateway');
  },

  /** A limit of a leaf is too low, and its callers did not reckon with that. */
  'limit-at-leaf'(system) {
    const leaf = platform(system).busyLeaf();
    const log = system.variant === 1 ? {} : ({ log: 'rate limit exceeded', severity: 'warn' } as const);
    system.fault = { request: ({ service }) => (service === leaf && system.random() < 0.6 ? { rejects: true, refusal: 'unexpected', ms: 0.6, ...log } : undefined) };
    return blame(leaf);
  },

  /** One of the callers of a leaf sends what that rejects with 400; the others are served. */
  'one-caller-rejected'(system) {
    const leaf = platform(system).busyLeaf();
    const bad = system.pick(system.callersOf(leaf));
    system.fault = { request: ({ service, caller }) => (service === leaf && caller === bad ? { rejects: true, refusal: 'unexpected', ms: 1 } : undefined) };
    return { causes: [bad], accepted: [leaf] };
  },

  /** A new app sends what its front end rejects. */
  'client-rejected'(system) {
    platform(system);
    system.fault = { request: ({ service, pod }) => (service === 'mobile-bff' && pod < 0.4 ? { rejects: true, refusal: 'unexpected', ms: 0.8, log: 'malformed request: field currency is missing', severity: 'warn' } : undefined) };
    return { causes: ['mobile-bff'], accepted: ['gateway'] };
  },

  /** Three times the traffic, for which one service is too slow. */
  'traffic-triples'(system) {
    const { domains, leaves } = platform(system);
    const slow = system.pick(system.variant === 1 ? leaves : domains);
    system.fault = { traffic: 3, request: ({ service }) => (service === slow ? { slower: 12, failing: 0.08, cpu: 0.15 } : undefined) };
    return { causes: [slow], accepted: ['gateway'] };
  },

  /** One tenant sends nine times the traffic to one route, and what that ends at is too slow for it. */
  'tenant-floods'(system) {
    const { domains } = platform(system);
    const domain = system.pick(domains);
    const flooded = system.entries.find(({ operation }) => operation.endsWith(`GET /api/${domain}`));
    system.fault = {
      traffic: 9,
      enters: (entry) => entry === flooded || system.random() < 1 / 9,
      request: ({ service }) => (service === domain ? { slower: 10, cpu: 0.3 } : undefined),
    };
    return { causes: [domain], accepted: ['gateway'] };
  },
};
