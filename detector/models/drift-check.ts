import { schedule, type ScheduledTask } from 'node-cron';
import { DAY_MS, type Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { ApiDrift } from '#core/models.js';
import type { SeriesKind } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { DetectorConfig } from '../config.js';
import type { Judged } from '../judged.js';
import { countInputs, driftOf, noInputs, type InputCounts } from './drift.js';
import { PRODUCT, type ModelRegistry } from './registry.js';
import { countEpisodes, loadEvents, loadInputs, saveInputs } from './table.js';

const EVENTS_READ = 100;

export interface DriftCheckOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: DetectorConfig;
  readonly keep: ModelRegistry['keep'];
}

/** Counts what is judged, and says as often as configured whether it has become something else. Nothing is trained again by itself. */
export interface DriftCheck {
  readonly start: () => void;
  readonly stop: () => Promise<void>;
  readonly observe: (judged: Judged) => void;
  /** Stores what was counted since the last call that did not fail. */
  readonly flush: (now: number) => Promise<void>;
  /** The last day beside the week before it, by kind of series. */
  readonly drift: () => Promise<readonly ApiDrift[]>;
  /** Tells of drift, once a day. */
  readonly check: () => Promise<void>;
}

export const driftMetricTable = {
  faultline_models_input_stability: { type: 'gauge', help: 'Population stability index of the last day against the week before; above 0.25 the inputs are others.', labels: ['kind'] },
} as const;

export function createDriftCheck({ store, registry, logger, clock, config, keep }: DriftCheckOptions): DriftCheck {
  const metrics = registerMetrics(registry, driftMetricTable);
  let inputs = new Map<SeriesKind, InputCounts>();
  let task: ScheduledTask | undefined;

  async function drift(): Promise<ApiDrift[]> {
    const now = clock();
    const [recent, before, episodes] = await Promise.all([loadInputs(store, now - DAY_MS, now), loadInputs(store, now - 8 * DAY_MS, now - DAY_MS), countEpisodes(store, now - DAY_MS, now)]);
    return [...recent].map(([kind, counts]) => driftOf(kind, counts, before.get(kind) ?? { ...noInputs(), hours: 0 }, episodes.get(kind) ?? 0, config)).toSorted((a, b) => a.kind.localeCompare(b.kind));
  }

  async function check(): Promise<void> {
    const found = await drift();
    for (const { kind, stability } of found) if (stability !== null) metrics.faultline_models_input_stability.set({ kind }, stability);
    const drifted = found.filter((one) => one.drifted);
    if (drifted.length === 0) return;
    const told = (await loadEvents(store, EVENTS_READ)).some(({ event, at }) => event === 'drift' && at > clock() - DAY_MS);
    if (told) return;
    const words = drifted.map(({ kind, stability, alarmRate }) => `${kind}: stability index ${stability?.toFixed(2) ?? 'unknown'}, ${alarmRate.toFixed(1)} alarms per series and month`);
    await keep([], [{ name: '', version: 0, event: 'drift', person: PRODUCT, reason: `${words.join('; ')}. To train on what is normal now: faultline train --tenant --register`, replaced: 0 }]);
  }

  return {
    start() {
      task = schedule(config.drift_check, () => check().catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'the drift check failed; it runs again as scheduled')));
    },
    async stop() {
      await task?.destroy();
      task = undefined;
    },
    observe(judged) {
      countInputs(inputs, judged);
    },
    async flush(now) {
      if (inputs.size > 0) await saveInputs(store, now, inputs);
      inputs = new Map();
    },
    drift,
    check,
  };
}
