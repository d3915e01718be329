import { platform, stream } from '../platform.js';
import type { Classes } from './class.js';
import { blame } from './class.js';

/** Messages that wait, come again or never come, and jobs that begin by themselves. */
export const QUEUES: Classes = {
  /** One of three consumers of a broker is slow, as its own database is. */
  'slow-sink'(system) {
    stream(system).lag('indexer', (since) => 20 + 6 * since);
    system.fault = {
      call: ({ call }) => (call.to === 'elasticsearch' ? { slower: 40 } : undefined),
      message: ({ call, since }) => (call.to === 'indexer' ? { lagS: 0.05 + 0.5 * since } : undefined),
    };
    return blame('elasticsearch');
  },

  /** A consumer takes twelve times as long for a message, and waits for nobody. */
  'slow-consumer'(system) {
    stream(system).lag('indexer', (since) => 20 + 6 * since);
    system.fault = {
      request: ({ service }) => (service === 'indexer' ? { slower: 12, cpu: 0.08 } : undefined),
      message: ({ call, since }) => (call.to === 'indexer' ? { lagS: 0.05 + 0.5 * since } : undefined),
    };
    return blame('indexer');
  },

  /** A rebalance leaves half of the partitions to nobody: nothing fails, nothing is slow. */
  'lag-alone'(system) {
    stream(system).lag('biller', (since) => 20 + 5 * since);
    system.fault = { message: ({ call, user }) => (call.to === 'biller' && user < 0.5 ? { isStuck: true } : undefined) };
    return { causes: ['biller'], accepted: ['kafka'] };
  },

  /** Its process is up, and takes nothing. Nobody measures what waits. */
  'worker-stopped'(system) {
    stream(system);
    system.fault = { message: ({ call }) => (call.to === 'indexer' ? { isStuck: true } : undefined) };
    return blame('indexer');
  },

  /** One message is tried again and again; those behind it wait. */
  'poison-blocks'(system) {
    stream(system).lag('notifier', (since) => 20 + 8 * since);
    system.fault = {
      message: ({ call, user }) => (call.to !== 'notifier' ? undefined : user < 0.05 ? { times: 12, everyS: 4 } : { isStuck: true }),
      request: ({ service, again }) => (service === 'notifier' && again !== undefined ? { failing: 1, why: 'cannot decode field locale' } : undefined),
    };
    return blame('notifier');
  },

  /** Messages that cannot be read come again six times; the others are taken meanwhile. */
  'poison-returns'(system) {
    stream(system).lag('indexer', (since) => 20 + since);
    system.fault = {
      message: ({ call, pod }) => (call.to === 'indexer' && pod < 0.15 ? { times: 6 } : undefined),
      request: ({ service, pod }) => (service === 'indexer' && pod < 0.15 ? { failing: 1, why: 'cannot parse record' } : undefined),
    };
    return blame('indexer');
  },

  /** Each event is published thirty times; consumers keep up less and less. */
  'producer-floods'(system) {
    const { domains, lag } = stream(system);
    const producer = domains[2] as string;
    lag('biller', (since) => 20 + 30 * since);
    system.fault = {
      times: ({ service, call }) => (service === producer && call.topic !== undefined ? 30 : undefined),
      request: ({ service }) => (service === 'biller' ? { slower: 3 } : undefined),
    };
    return blame(producer);
  },

  /** The search cluster refuses writes, as its disk is full. */
  'disk-watermark'(system) {
    stream(system).lag('indexer', (since) => 20 + 4 * since);
    const search = system.add('search', 'GET /search', 6, [{ to: 'elasticsearch', operation: 'search' }]);
    system.enter('gateway', 'GET /search', 1, [search], 4);
    system.gauges['elasticsearch'] = {
      elasticsearch_filesystem_data_available_bytes: (_since, elapsed) => Math.round(Math.max(4e9, 3e10 - 3e7 * elapsed)),
      elasticsearch_jvm_memory_used_bytes: () => Math.round(system.near(4e9)),
    };
    system.fault = { call: ({ call }) => (call.operation === 'index' ? { failing: 1, slower: 0.3 } : undefined) };
    return blame('elasticsearch');
  },

  /** A job that came every ten or thirty seconds stays away. */
  'job-stops'(system) {
    platform(system);
    const entries = system.add('vault', 'POST /entries', 4, [{ to: 'postgresql', operation: 'INSERT entries' }]);
    system.add('reconciler', 'reconcile', 30, [{ ...entries, times: 40 }]);
    system.jobs.push({ service: 'reconciler', operation: 'reconcile', everyS: system.variant === 1 ? 30 : 10, only: 'before' });
    return blame('reconciler');
  },
};
