import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { ApiModel, ApiModelDiff, Decision, ModelActions } from '#core/models.js';
import type { Component, Consumer } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { DetectorConfig } from '../config.js';
import type { Inference } from '../onnx/inference.js';
import type { Judged } from '../judged.js';
import { SHARES, type KnownTails } from '../known-tails.js';
import { BUILT_IN_MEMBERS } from '../members.js';
import { keepTails, loadTails } from '../tail-keeper.js';
import type { Watch } from '../watch.js';
import { builtInModels } from './built-in.js';
import { createCandidate } from './candidate.js';
import { diffOf } from './diff.js';
import { ModelFailure } from './model.js';
import { createDriftCheck } from './drift-check.js';
import { createLoad, type LeftOut } from './load.js';
import { apiOf, createModelRegistry, label, memberOf, PRODUCT } from './registry.js';
import { loadComparison, loadEvents, refuseUnreadable, replacedBy, type Registered, type Unreadable } from './table.js';

const FLUSH_MS = 60_000;
const EVENTS_SHOWN = 100;

export interface ModelsOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: DetectorConfig;
  readonly inference: Pick<Inference, 'provider' | 'load' | 'unload'>;
  readonly watch: Pick<Watch, 'setMembers' | 'tails'>;
  /** Where people put folders of models. */
  readonly folder: string;
  /** Trained models that come with the product; registered as shadows. */
  readonly shipped: string;
  /** Whether the detector is so late that models which can wait must. */
  readonly isPressed: () => boolean;
  /** Runs work between two steps. */
  readonly between: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Which models judge, which judge beside them, and how one becomes the other. As a consumer it sees every step after it was told. */
export interface Models extends ModelActions, Component, Consumer<Judged> {
  active(): readonly Registered[];
  /** Takes out the model that threw in a step, if one did, before that is judged again. */
  blame(error: unknown): Promise<void>;
  readonly leftOut: () => LeftOut;
  /** What the shadow knows of its errors, of one share of the series. */
  readonly shadowTails: (share: number) => readonly KnownTails[];
}

export const lifecycleMetricTable = {
  faultline_models_left_out: { type: 'gauge', help: '1 for what is left out because the models take more than half of a step: the shadow first, then what was promoted beside the models of the product.', labels: ['what'] },
} as const;

export function createModels({ store, registry, logger, clock, config, inference, watch, folder, shipped, isPressed, between }: ModelsOptions): Models {
  const models = createModelRegistry({ store, registry, logger, clock });
  const metrics = registerMetrics(registry, lifecycleMetricTable);
  const { find, inState, keep, moved, register, scan } = models;
  const drifts = createDriftCheck({ store, registry, logger, clock, config, keep });
  const candidate = createCandidate({ store, registry, clock, config, inference, models });
  let flushedAt = 0;
  const load = createLoad(config.step);
  let leftOut: LeftOut = 'nothing';
  let shadowMs = 0;

  /** Who judges from the next step on. */
  function appoint(tails?: readonly KnownTails[]): void {
    const judges = inState('active').map((one) => memberOf(one));
    watch.setMembers(leftOut === 'promoted' ? judges.filter(({ name }) => isOfTheProduct(name)) : judges, tails);
  }

  /** What is known of its errors: as the shadow, or from when it was that or judged last. */
  const tailsOf = (one: Registered): readonly KnownTails[] | Promise<readonly KnownTails[]> => (candidate.is(one) ? candidate.tails() : loadTails(store, config.step, memberOf(one).calibration));

  /** Keeps what is known of its errors before it leaves its place: no longer asked of those that judge, it would be as old as what was kept last. */
  async function keepLeaving(one: Registered): Promise<void> {
    const { calibration } = memberOf(one);
    for (let share = 0; share < SHARES; share += 1) {
      const known = candidate.is(one) ? candidate.tails(share) : watch.tails(share).filter((tails) => tails.calibration === calibration);
      await keepTails(store, config.step, share, known);
    }
  }

  /** Leaves out what there is no time for. */
  function relieve(ms: number): void {
    const before = leftOut;
    leftOut = load.observe(isPressed() ? Number.POSITIVE_INFINITY : ms);
    if (leftOut === before) return;
    for (const what of ['shadow', 'promoted'] as const) metrics.faultline_models_left_out.set({ what }, leftOut === 'promoted' || leftOut === what ? 1 : 0);
    logger.warn({ leftOut, modelsMs: Math.round(ms), stepMs: config.step }, leftOut === 'nothing' ? 'every model judges again' : 'steps or their models take too long: some models are left out');
    appoint();
  }

  /** Brings the sessions in line with the states. A model that does not run is refused, and the version before it judges in its place. */
  async function arm(): Promise<void> {
    for (const one of inState('active')) {
      const { name } = one.model.card;
      await inference.load(name, one.model).catch((error: unknown) => refuse(one, messageOf(error)));
    }
    appoint();
    const [first] = inState('shadow');
    if (first) await candidate.arm(first);
  }

  /** Takes an active model out; the version whose place it took judges again, or the one that comes with the product. */
  async function refuse(one: Registered, reason: string): Promise<void> {
    await giveBack({ name: one.model.card.name, version: one.version, reason }, [moved(one, 'refused')]);
  }

  /** The place of a version that is `left` as it says. */
  async function giveBack({ name, version: leaving, reason }: Pick<Unreadable, 'name' | 'version' | 'reason'>, left: readonly Registered[]): Promise<void> {
    const replaced = await replacedBy(store, name, leaving);
    const others = models.all().filter(({ model, version, state }) => model.card.name === name && version !== leaving && state !== 'refused');
    let before: Registered | undefined;
    let tails: readonly KnownTails[] = [];
    for (const heir of [others.find(({ version }) => version === replaced), others.findLast(({ model }) => model.card.provenance === undefined)]) {
      if (!heir || before) continue;
      tails = await tailsOf(heir);
      if (candidate.is(heir)) await candidate.disarm();
      await inference.load(name, heir.model).then(
        () => (before = heir),
        (error: unknown) => logger.warn({ model: name, version: heir.version, error: messageOf(error) }, 'a model cannot take its place back'),
      );
    }
    if (!before) await inference.unload(name);
    await keep([...left, ...(before ? [moved(before, 'active')] : [])], [{ name, version: leaving, event: 'refused', person: PRODUCT, reason, replaced: before?.version ?? 0 }]);
    appoint(tails);
  }

  /** A model that a person let judge and that gave no numbers where there were some to give. Those that come with the product stay: nothing would judge in their place. */
  async function checkActive(judged: Judged): Promise<void> {
    for (const one of inState('active').filter(({ model }) => model.card.provenance !== undefined)) {
      for (const part of judged.parts) {
        const opinion = part.opinions.find(({ detector }) => detector === one.model.card.name);
        for (let row = 0; opinion && row < part.rows; row += 1) {
          const place = part.places[row] ?? 0;
          const [expected = 0, scale = 0] = [opinion.said.expected[place], opinion.said.scale[place]];
          if (Number.isFinite(expected) && Number.isFinite(scale)) continue;
          if (part.isAsked(row)) return refuse(one, `it gave ${expected} ± ${scale} for ${part.series[row]?.service} ${part.series[row]?.metric}`);
        }
      }
    }
  }

  async function flush(now: number): Promise<void> {
    flushedAt = now;
    await drifts.flush(now);
    await candidate.flush(now);
  }

  async function diff(name: string, version: number): Promise<ApiModelDiff> {
    const one = find(name, version);
    if (one.state !== 'shadow') throw new PipelineError('QUERY_INVALID', `${label(name, version)} is ${one.state}, so there is nothing to compare; \`faultline models shadow ${name} ${version}\` lets it judge beside the active models`);
    return diffOf({ name, version, from: one.since, to: clock() }, await loadComparison(store, name, version, one.since, config.delay + 2 * config.step), config);
  }

  const again = ({ model, version }: Registered): ApiModel => apiOf(find(model.card.name, version));

  return {
    name: 'models',
    active: () => inState('active'),
    async start() {
      const unreadable = await models.load();
      for (const one of unreadable) {
        // In this order: cut off in between, the next start does it once more.
        if (one.state === 'active') await giveBack(one, []);
        else if (one.state === 'shadow') await keep([], [{ name: one.name, version: one.version, event: 'refused', person: PRODUCT, reason: one.reason, replaced: 0 }]);
        else continue;
        await refuseUnreadable(store, one, clock());
      }
      for (const model of builtInModels()) {
        if (models.all().some(({ model: { card } }) => card.sha256 === model.card.sha256)) continue;
        // A new release may bring a new graph: it takes the place of the one it succeeds, unless a person chose another.
        const before = inState('active').find(({ model: { card } }) => card.name === model.card.name);
        const chosen = before !== undefined && before.model.card.provenance !== undefined;
        // In this order: cut off in between, the next start goes on, where two of a name that judge could not be told apart.
        if (before && !chosen) await keep([moved(before, 'idle')], []);
        await register(model, chosen ? 'idle' : 'active', PRODUCT, 'comes with this version of Faultline');
      }
      await scan(shipped, 'shadow', PRODUCT);
      await scan(folder, 'idle', PRODUCT);
      await arm().catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'the shadow model is left out'));
      flushedAt = clock();
      drifts.start();
    },
    async stop() {
      await drifts.stop();
      await flush(clock()).catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'the last minute of the comparison of models is lost'));
    },
    async consume(judged) {
      drifts.observe(judged);
      await checkActive(judged);
      relieve(judged.runMs + shadowMs);
      shadowMs = await candidate.observe(judged, leftOut !== 'nothing');
      if (Math.abs(clock() - flushedAt) >= FLUSH_MS) await flush(clock());
    },
    async blame(error) {
      const thrower = error instanceof ModelFailure ? inState('active').find(({ model: { card } }) => card.name === error.slot && card.provenance !== undefined) : undefined;
      if (thrower) await refuse(thrower, messageOf(error));
    },
    diff,
    leftOut: () => leftOut,
    shadowTails: candidate.tails,
    async list() {
      const [shadow] = inState('shadow');
      const [found, events, compared] = await Promise.all([drifts.drift(), loadEvents(store, EVENTS_SHOWN), shadow ? diff(shadow.model.card.name, shadow.version) : null]);
      return { provider: inference.provider, leftOut, models: models.all().map(apiOf), shadow: compared, drift: found, events };
    },
    scan: (by) =>
      between(async () => {
        const { registered, refused } = await scan(folder, 'idle', by);
        return { registered: registered.map(apiOf), refused };
      }),
    shadow: (name, version, { by, reason }: Decision) =>
      between(async () => {
        const one = find(name, version);
        if (one.state === 'active') throw new PipelineError('QUERY_INVALID', `${label(name, version)} judges already`);
        if (one.state === 'shadow' && candidate.is(one)) return apiOf(one);
        const other = inState('shadow').find((armed) => armed !== one);
        const next = one.state === 'shadow' ? one : moved(one, 'shadow');
        if (other) await keepLeaving(other);
        await candidate.arm(next);
        await keep([next, ...(other ? [moved(other, 'idle')] : [])], [{ name, version, event: 'shadowed', person: by, reason, replaced: 0 }]);
        return again(next);
      }),
    promote: (name, version, { by, reason, force }) =>
      between(async () => {
        const one = find(name, version);
        if (one.state === 'active') throw new PipelineError('QUERY_INVALID', `${label(name, version)} judges already`);
        await flush(clock());
        if (!force) {
          const failed = (await diff(name, version)).gates.filter(({ passed }) => !passed);
          if (failed.length > 0) throw new PipelineError('QUERY_INVALID', `${label(name, version)} is not promoted: ${failed.map(({ gate, text }) => `${gate}: ${text}`).join('; ')}. With force and a reason it is`);
        }
        const before = inState('active').find(({ model }) => model.card.name === name);
        // What the store may refuse comes before what cannot be taken back.
        const tails = await tailsOf(one);
        if (before) await keepLeaving(before);
        await inference.load(name, one.model).catch((cause: unknown) => {
          throw new PipelineError('MODEL_INVALID', `${label(name, version)} does not run here: ${messageOf(cause)}`, { cause });
        });
        if (candidate.is(one)) await candidate.disarm();
        await keep([moved(one, 'active'), ...(before ? [moved(before, 'idle')] : [])], [{ name, version, event: 'promoted', person: by, reason: force ? `forced: ${reason}` : reason, replaced: before?.version ?? 0 }]);
        appoint(tails);
        return again(one);
      }),
    rollback: (name, { by, reason }: Decision) =>
      between(async () => {
        const current = inState('active').find(({ model }) => model.card.name === name);
        if (!current) throw new PipelineError('NOT_FOUND', `no active model is called ${name}`);
        const version = await replacedBy(store, name, current.version);
        const others = inState('active').filter((one) => one !== current);
        if (version === 0 && (others.length === 0 || !(await wasPromoted(store, name, current.version)))) throw new PipelineError('QUERY_INVALID', `${label(name, current.version)} took no other version's place, so there is nothing to go back to`);
        const before = version === 0 ? undefined : find(name, version);
        const tails = before ? await tailsOf(before) : [];
        await keepLeaving(current);
        if (before && candidate.is(before)) await flush(clock());
        if (before) await inference.load(name, before.model);
        if (before && candidate.is(before)) await candidate.disarm();
        await keep([moved(current, 'idle'), ...(before ? [moved(before, 'active')] : [])], [{ name, version: before?.version ?? current.version, event: 'rolled back', person: by, reason, replaced: current.version }]);
        appoint(tails);
        if (!before) await inference.unload(name);
        return again(before ?? current);
      }),
    retire: (name, version, { by, reason }: Decision) =>
      between(async () => {
        const one = find(name, version);
        if (one.state === 'active') throw new PipelineError('QUERY_INVALID', `${label(name, version)} judges; roll it back or promote another`);
        if (candidate.is(one)) {
          await keepLeaving(one);
          await candidate.disarm();
        }
        await keep([moved(one, 'idle')], [{ name, version, event: 'retired', person: by, reason, replaced: 0 }]);
        return again(one);
      }),
  };
}

/** Whether a person let it judge, so that a person may take it out again. */
async function wasPromoted(store: Store, name: string, version: number): Promise<boolean> {
  return (await store.query("SELECT 1 AS one FROM model_events WHERE name = {name:String} AND version = {version:UInt32} AND event = 'promoted' LIMIT 1", { params: { name, version } })).length > 0;
}

const isOfTheProduct = (name: string): boolean => BUILT_IN_MEMBERS.some((member) => member.name === name);
