import { platform } from '../platform.js';
import type { System } from '../system.js';
import type { Classes } from './class.js';
import { blame } from './class.js';

/** Calls that do not arrive: names, certificates, zones, sidecars, and what others run. */
export const NETWORK: Classes = {
  'mesh-slow'(system) {
    const leaf = meshed(system).busyLeaf();
    system.fault = { request: ({ service }) => (service === leaf ? { addedMs: 250, cpu: 0.3 } : undefined) };
    return { causes: [leaf], accepted: [`${leaf}.prod`] };
  },

  'mesh-errors'(system) {
    const { domains, busyLeaf } = meshed(system);
    const bad = system.variant === 1 ? system.pick(domains) : busyLeaf();
    system.fault = { request: ({ service }) => (service === bad ? { failing: 0.5 } : undefined) };
    return { causes: [bad], accepted: [`${bad}.prod`] };
  },

  /** The sidecar of one service refuses all. */
  'mesh-sidecar-down'(system) {
    const leaf = meshed(system).busyLeaf();
    system.fault = { sidecar: (service) => (service === leaf ? system.durationOf(3) : undefined) };
    return { causes: [leaf], accepted: [`${leaf}.prod`] };
  },

  /** Somebody else's API limits, and its client asks again at once. */
  'third-party-limits'(system) {
    const leaf = system.pick(platform(system).leaves);
    system.silent['api.psp.example'] = 110;
    system.operation(leaf, `GET /v1/${leaf}`).calls.push({ to: 'api.psp.example', operation: 'POST /v2/payments', retries: 4, backoffMs: 50 });
    system.fault = { call: ({ call }) => (call.to === 'api.psp.example' ? { failing: 0.75, slower: 0.1 } : undefined) };
    return { causes: ['api.psp.example'], accepted: [leaf] };
  },

  'third-party-hangs'(system) {
    const domain = system.pick(platform(system).domains);
    system.silent['api.psp.example'] = 110;
    system.operation(domain, `POST /${domain}`).calls.push({ to: 'api.psp.example', operation: 'POST /v2/payments', timeoutMs: 10_000, retries: system.variant === 2 ? 1 : 0 });
    system.fault = { call: ({ call }) => (call.to === 'api.psp.example' && system.random() < 0.7 ? { addedMs: 60_000 } : undefined) };
    return blame('api.psp.example');
  },

  /** One service no longer reaches what is outside, through whatever gateway; what is inside it does. */
  'egress-of-one'(system) {
    const domain = system.pick(platform(system).domains);
    const outside = ['api.maps.example', 'api.sms.example', 'hooks.crm.example'];
    for (const name of outside) system.silent[name] = 60;
    const [needed = '', ...optional] = outside;
    system.operation(domain, `GET /${domain}`).calls.push({ to: needed, operation: 'GET' });
    system.operation(domain, `POST /${domain}`).calls.push(...optional.map((to) => ({ to, operation: 'POST', optional: true })));
    system.fault = { call: ({ call }) => (outside.includes(call.to) ? { isRefused: true, ms: 2000 } : undefined) };
    return blame(domain);
  },

  /** Everything that one service calls refuses it. */
  'cut-off'(system) {
    const domain = system.pick(platform(system).domains);
    system.fault = { call: ({ service }) => (service === domain ? { isRefused: true, ms: 2 } : undefined) };
    return blame(domain);
  },

  /** One of two resolvers does not answer: a quarter of all lookups in one service wait for 5 s. */
  'dns-flaky'(system) {
    const domain = system.pick(platform(system).domains);
    system.fault = { call: ({ service }) => (service === domain && system.random() < 0.25 ? { addedMs: 5000, isRefused: system.random() < 0.5, ms: 5000 } : undefined) };
    return blame(domain);
  },

  /** A certificate ran out; pooled connections live on for a while. */
  'certificate-of-database'(system) {
    platform(system);
    system.fault = { call: ({ call, since }) => (call.to === 'postgresql' && system.random() < since / 90 ? { isRefused: true, ms: 3 } : undefined) };
    return blame('postgresql');
  },

  /** Nobody trusts the certificate of one service. */
  'certificate-of-service'(system) {
    const leaf = platform(system).busyLeaf();
    system.fault = { call: ({ call }) => (call.to === leaf ? { isRefused: true, ms: 6 } : undefined) };
    return blame(leaf);
  },

  /** One of several callers does not trust it. */
  'certificate-of-caller'(system) {
    const leaf = platform(system).busyLeaf();
    const caller = system.pick(system.callersOf(leaf));
    system.fault = { call: ({ service, call }) => (service === caller && call.to === leaf ? { isRefused: true, ms: 6 } : undefined) };
    return { causes: [caller], accepted: [leaf] };
  },

  /** What is in the other zone is not reached: leaves and the database. */
  'zones-apart'(system) {
    const { leaves } = platform(system);
    const far = [...leaves, 'postgresql'];
    system.fault = { call: ({ service, call }) => (!leaves.includes(service) && far.includes(call.to) ? { isRefused: true, ms: 1500 } : undefined) };
    return blame(...far);
  },

  /** Of two regions one is given up, and its traffic moves to the other. */
  failover(system) {
    for (const region of ['eu', 'us']) {
      const leaves = ['geo', 'tax', 'fx'].map((leaf) => system.add(`${region}-${leaf}`, `GET /${leaf}`, 5));
      for (const [at, domain] of ['rides', 'quotes', 'ledger', 'billing'].entries()) {
        const call = system.add(`${region}-${domain}`, `GET /${domain}`, 8, [...leaves.slice(at % 3, (at % 3) + 1), { to: 'postgresql', operation: `SELECT ${domain}` }]);
        system.enter(`${region}-gateway`, `GET /${domain}`, 1, [call]);
      }
    }
    const isLeft = (service: string): boolean => service.startsWith('eu-');
    system.fault = { traffic: 2, enters: ({ service }) => !isLeft(service), request: ({ service }) => (isLeft(service) ? undefined : { slower: 1.3 }) };
    return { causes: ['eu-gateway'], accepted: ['us-gateway'], most: 2 };
  },
};

function meshed(system: System): ReturnType<typeof platform> {
  system.isMesh = true;
  return platform(system);
}
