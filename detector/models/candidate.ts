import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Anomaly, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { DetectorConfig } from '../config.js';
import type { Judged } from '../judged.js';
import type { KnownTails } from '../known-tails.js';
import type { Inference } from '../onnx/inference.js';
import { loadTails } from '../tail-keeper.js';
import { label, memberOf, PRODUCT, type ModelRegistry } from './registry.js';
import { createShadow, type Shadow } from './shadow.js';
import { saveShadow, type Registered } from './table.js';

/** No model can have this name. */
const SHADOW_SLOT = '#shadow';

export interface CandidateOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly config: DetectorConfig;
  readonly inference: Pick<Inference, 'load' | 'unload'>;
  readonly models: Pick<ModelRegistry, 'keep' | 'moved'>;
}

/** The model that judges beside the active ones, if there is one, and what came of it. */
export interface Candidate {
  readonly is: (one: Registered) => boolean;
  /** Puts a model in place of the one that is there, which stays where this one does not run: it is refused then, with MODEL_INVALID. */
  readonly arm: (one: Registered) => Promise<void>;
  readonly disarm: () => Promise<void>;
  /** Lets it judge what was judged, unless there is no time for it. One that throws is refused. Returns how long it took, milliseconds. */
  readonly observe: (judged: Judged, isLeftOut: boolean) => Promise<number>;
  /** Stores what came of it since the last call that did not fail. */
  readonly flush: (now: UnixMs) => Promise<void>;
  /** What it knows of its errors; of one share of the series, where that is given. */
  readonly tails: (share?: number) => readonly KnownTails[];
}

export const candidateMetricTable = {
  faultline_models_shadow_skipped_total: { type: 'counter', help: 'Steps that the shadow did not judge.', labels: ['reason'] },
} as const;

export function createCandidate({ store, registry, clock, config, inference, models: { keep, moved } }: CandidateOptions): Candidate {
  const metrics = registerMetrics(registry, candidateMetricTable);
  let armed: { readonly of: Registered; readonly shadow: Shadow; readonly alarms: Map<string, Anomaly> } | undefined;

  const refuse = (one: Registered, error: unknown): Promise<void> => keep([moved(one, 'refused')], [{ name: one.model.card.name, version: one.version, event: 'refused', person: PRODUCT, reason: messageOf(error), replaced: 0 }]);

  async function flush(now: UnixMs): Promise<void> {
    if (!armed) return;
    const { of, shadow, alarms } = armed;
    const counts = shadow.take();
    try {
      await saveShadow(store, { name: of.model.card.name, version: of.version, at: now, counts, alarms: [...alarms.values()] });
    } catch (error) {
      shadow.putBack(counts);
      throw error;
    }
    alarms.clear();
  }

  return {
    is: ({ model, version }) => armed?.of.version === version && armed.of.model.card.name === model.card.name,
    async arm(one) {
      await flush(clock());
      const member = memberOf(one, SHADOW_SLOT);
      const known = await loadTails(store, config.step, member.calibration);
      try {
        await inference.load(SHADOW_SLOT, one.model);
      } catch (error) {
        await refuse(one, error);
        throw new PipelineError('MODEL_INVALID', `${label(one.model.card.name, one.version)} does not run here: ${messageOf(error)}`, { cause: error });
      }
      armed = { of: one, shadow: createShadow(member, config, known, clock()), alarms: new Map() };
    },
    async disarm() {
      if (!armed) return;
      await flush(clock());
      armed = undefined;
      await inference.unload(SHADOW_SLOT);
    },
    async observe(judged, isLeftOut) {
      if (!armed) return 0;
      const { of, shadow, alarms } = armed;
      if (isLeftOut) {
        shadow.skip();
        metrics.faultline_models_shadow_skipped_total.inc({ reason: 'late' });
        return 0;
      }
      const began = performance.now();
      try {
        for (const alarm of await shadow.observe(judged)) alarms.set(alarm.id, alarm);
        return performance.now() - began;
      } catch (error) {
        metrics.faultline_models_shadow_skipped_total.inc({ reason: 'failed' });
        armed = undefined;
        await inference.unload(SHADOW_SLOT);
        await refuse(of, error);
        return 0;
      }
    },
    flush,
    tails: (share) => (armed ? [armed.shadow.tails(share)] : []),
  };
}
