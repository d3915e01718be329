import { platform, read, stream } from '../platform.js';
import type { Classes } from './class.js';
import { blame } from './class.js';

/** Nothing is wrong, and no incident may open. */
export const NOTHING: Classes = {
  'none-steady'(system) {
    platform(system);
    system.faultS = 420;
    return blame();
  },

  /** Traffic doubles within half an hour, and comes down again. */
  'none-peak'(system) {
    platform(system);
    system.change({ quietS: 900, faultS: 900, ratePerS: 5 });
    system.curve = (elapsed) => 1 + 1.2 * Math.max(0, Math.sin((elapsed / 1800) * Math.PI));
    return blame();
  },

  /** New instances are slow for some seconds. */
  'none-deploy'(system) {
    const domain = system.pick(platform(system).domains);
    system.faultS = 300;
    system.gauges[domain] = { process_uptime_seconds: (since, elapsed) => (since >= 0 ? since : elapsed + 9e4) };
    system.fault = { request: ({ service, since, pod }) => (service === domain && since < 25 && pod < 0.2 ? { slower: 3 } : undefined) };
    return blame();
  },

  /** Durations that are spread widely, as always. */
  'none-tail'(system) {
    platform(system);
    system.change({ spread: 0.9, faultS: 420 });
    return blame();
  },

  /** An export that comes every two minutes, as always. */
  'none-batch'(system) {
    const { leaves, lag } = stream(system);
    lag('', () => 0);
    system.add('exporter', 'export', 50, [{ ...read(leaves[0] as string), times: 6 }]);
    system.jobs.push({ service: 'exporter', operation: 'export', everyS: 120 });
    system.faultS = 420;
    return blame();
  },
};
