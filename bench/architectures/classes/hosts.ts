import { platform } from '../platform.js';
import type { System } from '../system.js';
import type { Classes } from './class.js';
import { blame } from './class.js';

/** What runs on one machine. */
export const HOSTS: Classes = {
  /** A third of the pods of six services is gone with their node; callers are refused until others are up. */
  'node-fails'(system) {
    const { domains, leaves } = platform(system);
    const hit = system.shuffle([...domains, ...leaves]).slice(0, 6);
    const [lost, ...nodes] = ['ip-10-0-2-7', 'ip-10-0-1-11', 'ip-10-0-1-12', 'ip-10-0-2-9'] as const;
    place(system, (service) => (hit.includes(service) ? [lost, ...nodes.slice(0, 2)] : system.shuffle(nodes).slice(0, 2)));
    for (const node of [lost, ...nodes]) {
      const unlessLost = (since: number, base: number): number | undefined => (node === lost && since >= 0 ? undefined : system.near(base));
      system.gauges[node] = { system_cpu_utilization: (since) => unlessLost(since, 0.4), system_memory_utilization: (since) => unlessLost(since, 0.6) };
    }
    system.fault = { call: ({ call }) => (hit.includes(call.to) && system.random() < 0.3 ? { isRefused: true, ms: system.variant === 1 ? 1000 : 3 } : undefined) };
    return blame(lost);
  },

  /** A node is saturated, by something that is measured or by nobody knows what: half of the pods of six services are slow. */
  'node-saturated'(system) {
    const { domains, leaves } = platform(system);
    const hit = system.shuffle([...domains, ...leaves]).slice(0, 6);
    const [hot, ...nodes] = ['node-3', 'node-1', 'node-2', 'node-4', 'node-5'] as const;
    place(system, (service) => (hit.includes(service) ? [hot, 'node-1'] : system.shuffle(nodes).slice(0, 2)));
    for (const node of [hot, ...nodes]) system.gauges[node] = { system_cpu_utilization: (since) => (node === hot && since >= 0 ? system.near(0.985, 0.003) : system.near(0.35)) };
    system.fault = { request: ({ service, pod }) => (hit.includes(service) && pod < 0.5 ? { slower: 10, cpu: 0.1 } : undefined) };
    if (system.variant !== 1) return blame(hot);
    system.hosts.push(['encoder', hot]);
    system.gauges['encoder'] = { process_cpu_utilization: (since) => system.near(since >= 0 ? 0.9 : 0.1) };
    return { causes: ['encoder'], accepted: [hot] };
  },

  /** A backup takes the disk of one node; what writes there is slow. */
  'noisy-disk'(system) {
    const hit = system.shuffle(platform(system).leaves).slice(0, 3);
    place(system, (service) => (hit.includes(service) ? ['node-b', 'node-a'] : ['node-a', 'node-c']));
    system.hosts.push(['backup', 'node-b']);
    for (const node of ['node-a', 'node-b', 'node-c']) {
      system.gauges[node] = { system_disk_io_utilization: (since) => (node === 'node-b' && since >= 0 ? system.near(0.99, 0.003) : system.near(0.2, 0.05)), system_cpu_utilization: () => system.near(0.4) };
    }
    system.gauges['backup'] = { process_disk_io_bytes_per_second: (since) => system.near(since >= 0 ? 3e8 : 2e5, 0.05), process_cpu_utilization: (since) => system.near(since >= 0 ? 0.3 : 0.02) };
    system.fault = { request: ({ service, pod }) => (hit.includes(service) && pod < 0.5 ? { addedMs: 150, cpu: 0.2 } : undefined) };
    return { causes: ['backup'], accepted: ['node-b'] };
  },
};

function place(system: System, nodesOf: (service: string) => readonly string[]): void {
  for (const service of system.services.keys()) system.hosts.push(...nodesOf(service).map((node) => [service, node] as const));
}
