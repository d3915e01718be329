import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Consumer, IncidentEvent, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Ask } from './ask.js';
import type { DetectorConfig } from './config.js';
import { atPaceOf, type IncidentsConfig } from './incidents/config.js';
import { createIncidents } from './incidents/incidents.js';
import { createSteps } from './steps.js';

export interface ReplayOptions {
  /** Only read. */
  readonly store: Store;
  readonly config: { readonly detector: DetectorConfig; readonly incidents: IncidentsConfig };
  readonly models: Ask;
  /** Multiples of `detector.step` are judged within these. */
  readonly from: UnixMs;
  readonly to: UnixMs;
  /** What would have been told, in order; each event carries its time as `incident.updatedAt`. */
  readonly events: Consumer<IncidentEvent>;
  readonly onStep?: (at: UnixMs) => void;
}

/** Lives through stored telemetry again with these settings, as fast as it can be read: the same steps, models, correlation and ranking as live, on the telemetry's own time. Keeps nothing. */
export async function replay({ store, config: { detector, incidents: incidentsConfig }, models, from, to, events, onStep }: ReplayOptions): Promise<void> {
  let now = from;
  const reading: Store = { ...store, insert: async () => {}, insertNative: async () => {} };
  const incidents = createIncidents({ store: reading, registry: new Registry(), logger: silentLogger, clock: () => now, config: atPaceOf(detector, incidentsConfig), events });
  const steps = createSteps({ store: reading, config: detector, models, anomalies: incidents });
  await steps.learn(Math.ceil(from / detector.step) * detector.step);
  while (steps.doneUntil() + detector.step <= to) {
    now = steps.doneUntil() + detector.step + detector.delay;
    await steps.advance();
    onStep?.(now);
  }
}
