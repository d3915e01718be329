import { platform } from '../platform.js';
import type { Classes } from './class.js';
import { blame } from './class.js';

/** Systems that tell little, much, or the wrong time. */
export const TELLING: Classes = {
  'metrics-and-graph'(system) {
    const leaf = system.pick(platform(system).leaves);
    system.change({ omitted: ['traces', 'logs'], measuredAs: 'opentelemetry', isDrawn: true });
    system.fault = { request: ({ service }) => (service === leaf ? (system.variant === 1 ? { failing: 0.5 } : { addedMs: 300 }) : undefined) };
    return blame(leaf);
  },

  /** Nobody knows who calls whom. */
  'prometheus-alone'(system) {
    const leaf = system.pick(platform(system).leaves);
    system.change({ omitted: ['traces', 'logs'], measuredAs: 'prometheus' });
    system.fault = { request: ({ service }) => (service === leaf ? { addedMs: 300, slower: 4 } : undefined) };
    return blame(leaf);
  },

  /** One trace of twenty, and nothing else. */
  'traces-alone'(system) {
    const leaf = system.pick(platform(system).leaves);
    system.change({ omitted: ['metrics', 'logs'], ratePerS: 100, sampled: 0.05 });
    system.fault = { request: ({ service }) => (service === leaf ? (system.variant === 1 ? { failing: 0.4 } : { addedMs: 200 }) : undefined) };
    return blame(leaf);
  },

  'logs-alone'(system) {
    const leaf = platform(system).busyLeaf();
    system.omitted = ['traces', 'metrics'];
    system.fault = { request: ({ service }) => (service === leaf ? { failing: 0.7, why: 'cannot allocate memory for worker' } : undefined) };
    return blame(leaf);
  },

  /** A request in two seconds. */
  'quiet-system'(system) {
    const leaf = platform(system).busyLeaf();
    system.change({ ratePerS: system.variant === 2 ? 1 : 0.5, quietS: 1200, faultS: 300 });
    system.fault = { request: ({ service }) => (service === leaf ? (system.variant === 1 ? { addedMs: 900 } : { failing: 0.9 }) : undefined) };
    return blame(leaf);
  },

  /** 400 requests a second, one trace of twenty, and little that is wrong. */
  'busy-system'(system) {
    const leaf = platform(system).busyLeaf();
    system.change({ ratePerS: 400, sampled: 0.05, quietS: 480 });
    system.fault = { request: ({ service }) => (service === leaf ? (system.variant === 1 ? { addedMs: 60 } : { failing: 0.06 }) : undefined) };
    return blame(leaf);
  },

  /** The clock of a caller runs two minutes ahead. */
  'clock-of-caller'(system) {
    const { leaves, domains } = platform(system);
    const leaf = system.pick(leaves);
    system.clockAheadS[system.callersOf(leaf)[0] ?? (domains[0] as string)] = 120;
    system.fault = { request: ({ service }) => (service === leaf ? { failing: 0.6 } : undefined) };
    return blame(leaf);
  },

  /** The clock of the cause runs two minutes ahead or behind. */
  'clock-of-cause'(system) {
    const leaf = platform(system).busyLeaf();
    system.clockAheadS[leaf] = system.variant === 1 ? -120 : 120;
    system.faultS = 300;
    system.fault = { request: ({ service }) => (service === leaf ? { failing: 0.6 } : undefined) };
    return blame(leaf);
  },
};
