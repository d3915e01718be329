import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { ApiModel, ApiModelEvent, ModelState } from '#core/models.js';
import type { Store } from '#store/store.js';
import type { Member } from '../members.js';
import { readModel } from './files.js';
import { INPUT_NAMES, type Model } from './model.js';
import { loadModels, saveEvents, saveModels, type Registered, type Unreadable } from './table.js';

export interface ModelRegistryOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Every version of every model and where it stands, with the events that say why. */
export interface ModelRegistry {
  /** Returns those that cannot be read. */
  load(): Promise<readonly Unreadable[]>;
  readonly all: () => readonly Registered[];
  readonly inState: (state: ModelState) => readonly Registered[];
  /** Throws NOT_FOUND. */
  readonly find: (name: string, version: number) => Registered;
  /** The version in another state, not yet kept. */
  readonly moved: (one: Registered, state: ModelState) => Registered;
  readonly keep: (changed: readonly Registered[], events: readonly Omit<ApiModelEvent, 'at'>[]) => Promise<void>;
  /** As the next version of its name. */
  readonly register: (model: Model, state: ModelState, person: string, reason: string) => Promise<Registered>;
  /** Registers every folder below `path` that holds a model that is not known; the first one as `state` if there is no shadow yet. */
  readonly scan: (path: string, state: ModelState, person: string) => Promise<{ registered: Registered[]; refused: { folder: string; reason: string }[] }>;
}

/** Who acts when no person does. */
export const PRODUCT = 'faultline';

/** A version as one of those that judge. */
export const memberOf = ({ model: { card }, version }: Registered, slot = card.name): Member => ({ name: card.name, slot, inputs: INPUT_NAMES.filter((input) => card.inputs[input] !== undefined), calibration: `${card.name} ${version}`, model: { version, sha256: card.sha256 } });

/** As people see it. */
export const apiOf = ({ model: { card, onnx }, version, state, since, registeredAt }: Registered): ApiModel => ({
  name: card.name, version, state, since, registeredAt, sha256: card.sha256, parameters: card.parameters, bytes: onnx.length, description: card.description, training: card.training, provenance: card.provenance ?? {},
});

export const label = (name: string, version: number): string => `${name} version ${version}`;

export const modelRegistryMetricTable = {
  faultline_models_registered: { type: 'gauge', help: 'Versions of models by state.', labels: ['state'] },
  faultline_models_events_total: { type: 'counter', help: 'Events in the life of models.', labels: ['event'] },
} as const;

export function createModelRegistry({ store, registry, logger, clock }: ModelRegistryOptions): ModelRegistry {
  const metrics = registerMetrics(registry, modelRegistryMetricTable);
  let all: Registered[] = [];
  /** Their versions are taken. */
  let unreadable: readonly Unreadable[] = [];

  const find = (name: string, version: number): Registered => {
    const found = all.find((one) => one.model.card.name === name && one.version === version);
    if (!found) throw new PipelineError('NOT_FOUND', `no ${label(name, version)}; \`faultline models list\` shows what there is`);
    return found;
  };
  const inState = (state: ModelState): Registered[] => all.filter((one) => one.state === state);

  /** Keeps versions as changed, with the events that say why. */
  async function keep(changed: readonly Registered[], events: readonly Omit<ApiModelEvent, 'at'>[]): Promise<void> {
    const at = clock();
    // In this order: an event that came to nothing does no harm, a model of which nobody knows how it came to judge cannot be taken out.
    await saveEvents(store, events.map((event) => ({ ...event, at })));
    await saveModels(store, changed);
    for (const { event, name, version, reason } of events) {
      metrics.faultline_models_events_total.inc({ event });
      logger.info({ model: name, version, event, reason }, 'a model changed its place');
    }
    const key = ({ model, version }: Registered): string => `${model.card.name} ${version}`;
    const next = new Map(all.map((one) => [key(one), one]));
    for (const one of changed) next.set(key(one), one);
    all = [...next.values()].toSorted((a, b) => a.model.card.name.localeCompare(b.model.card.name) || a.version - b.version);
    for (const state of ['active', 'shadow', 'idle', 'refused'] as const) metrics.faultline_models_registered.set({ state }, inState(state).length);
  }

  const moved = (one: Registered, state: ModelState): Registered => ({ ...one, state, since: clock(), revision: Math.max(one.revision + 1, clock()) });

  async function register(model: Model, state: ModelState, person: string, reason: string): Promise<Registered> {
    const { name } = model.card;
    const version = Math.max(0, ...[...all.filter((one) => one.model.card.name === name), ...unreadable.filter((one) => one.name === name)].map((one) => one.version)) + 1;
    const one: Registered = { model, version, state, since: clock(), registeredAt: clock(), revision: clock() };
    await keep([one], [{ name, version, event: 'registered', person, reason, replaced: 0 }]);
    return one;
  }

  async function scanFolder(path: string, state: ModelState, person: string): Promise<{ registered: Registered[]; refused: { folder: string; reason: string }[] }> {
    const registered: Registered[] = [];
    const refused: { folder: string; reason: string }[] = [];
    if (!existsSync(path)) return { registered, refused };
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      try {
        const model = readModel(join(path, entry.name));
        if (all.some((one) => one.model.card.name === model.card.name && one.model.card.sha256 === model.card.sha256)) continue;
        registered.push(await register(model, inState('shadow').length > 0 ? 'idle' : state, person, `from the folder ${entry.name}`));
      } catch (error) {
        refused.push({ folder: entry.name, reason: messageOf(error) });
        logger.warn({ folder: join(path, entry.name), error: messageOf(error) }, 'a model was refused');
      }
    }
    return { registered, refused };
  }

  return {
    async load() {
      const found = await loadModels(store);
      all = found.models;
      unreadable = found.unreadable;
      for (const { name, version, reason } of unreadable) logger.error({ model: name, version, reason }, 'a registered model cannot be read');
      return unreadable;
    },
    all: () => all,
    inState, find, moved, keep, register,
    scan: scanFolder,
  };
}
