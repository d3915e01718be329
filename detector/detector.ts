import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { DetectorStatus } from '#core/api/status.js';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { ModelActions } from '#core/models.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import { createSerial } from '#core/serial.js';
import type { Anomaly, Component, Consumer, Series, SeriesState, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { DetectorConfig } from './config.js';
import { createKeeper, type Keeper } from './long/keeper.js';
import { createModels, type Models } from './models/lifecycle.js';
import { openInference, type Inference } from './onnx/inference.js';
import { createPressure, type Pressure } from './pressure.js';
import { seriesState } from './series-state.js';
import { createSteps, type Steps } from './steps.js';
import type { Judged } from './judged.js';
import { createTailKeeper, type TailKeeper } from './tail-keeper.js';

/** Steps that were missed are judged while they are no more than these; else their history is learned. As long is waited for data that the store has still to take. */
const MAX_CATCH_UP = 20;
/** A clock that was set back by more steps than these does not come back by itself soon: until it does nothing would be judged. */
const MAX_AHEAD = 3;
/** A timer that is late by as much and by so many steps was not late: the process slept, or the clock was set forward. */
const SLEPT_MS = 30_000;
const SLEPT_STEPS = 3;
/** As much waits for the store as a matter of course. */
const USUAL_WAIT_MS = 5_000;
/** What failed is tried again after this, and each time after twice as long, up to a step. */
const FIRST_RETRY_MS = 1_000;
/** While it fails that is logged so often. */
const LOGGED_EVERY_MS = 60_000;
/** Share of a step in which long memories are given their past. */
const RECALL_SHARE = 0.1;

export interface DetectorOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: DetectorConfig;
  readonly anomalies: Consumer<readonly Anomaly[]>;
  /** When the oldest data arrived that are acknowledged and not in the store yet; Infinity when there are none. */
  readonly waitingSince?: () => UnixMs;
  /** Folders of models are put into `models` below it. */
  readonly dataDir: string;
}

export const detectorMetricTable = {
  faultline_detector_series: { type: 'gauge', help: 'Series watched.', labels: ['state'] },
  faultline_detector_unwatched_series: { type: 'gauge', help: 'Series beyond detector.max_series.' },
  faultline_detector_open_anomalies: { type: 'gauge', help: 'Episodes that last.' },
  faultline_detector_step_duration_seconds: { type: 'histogram', help: 'Time to read, score and store one step.', buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15] },
  faultline_detector_step_seconds: { type: 'gauge', help: 'Length of a step.' },
  faultline_detector_done_until_timestamp_seconds: { type: 'gauge', help: 'End of the newest step that was judged, or learned at the start.' },
  faultline_detector_step_failures_total: { type: 'counter', help: 'Steps that failed and were tried again.' },
  faultline_detector_observation_failures_total: { type: 'counter', help: 'Steps whose comparison of models could not be kept.' },
  faultline_detector_blind: { type: 'gauge', help: '1 while telemetry waits for the store to take it for longer than steps wait for that, so that nobody is missed.' },
  faultline_detector_late: { type: 'gauge', help: '1 while steps take longer than a step, so that models which can wait do.' },
  faultline_detector_long_memories_resting: { type: 'gauge', help: '1 while long memories rest because there is no time; what they miss is read from the store afterwards.' },
  faultline_detector_metrics_every_steps: { type: 'gauge', help: 'Of metric series in no trouble one of so many points is judged; above 1 when there is no time for more.' },
  faultline_detector_skipped_steps_total: { type: 'counter', help: 'Steps that were learned instead of judged because the detector was too far behind.' },
  faultline_detector_provider: { type: 'gauge', help: '1 for the ONNX Runtime execution provider in use.', labels: ['provider'] },
} as const;

/** Scores every series once per step and hands on the episodes that changed. */
export function createDetector({ store, registry, logger, clock, config, anomalies, waitingSince = () => Infinity, dataDir }: DetectorOptions): Component & { status(): DetectorStatus; readonly stateOf: (series: Series) => SeriesState | null; readonly models: () => ModelActions } {
  const metrics = registerMetrics(registry, detectorMetricTable);
  metrics.faultline_detector_step_seconds.set(config.step / 1000);
  const tracer = trace.getTracer('faultline');
  let models: Models | undefined;
  let inference: Inference | undefined;
  let steps: Steps | undefined;
  let keeper: Keeper | undefined;
  let tailKeeper: TailKeeper | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;
  /** Steps, and what models change their places between. */
  const serial = createSerial();
  let lastStepMs = 0;
  let skippedSteps = 0;
  const pressure = createPressure(config.step);
  let relief: Pressure = { pressed: false, resting: false, every: 1 };
  /** While data wait for longer than is waited for them: what is not stored says nothing. */
  let isBlind = false;
  /** Why what is stored of the last steps has to be learned; '' when it has not. */
  let toLearn = '';
  /** Steps that failed since the last that did not, and when that was logged. */
  let failures = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;

  const stepBefore = (at: UnixMs): UnixMs => Math.floor((at - config.delay) / config.step) * config.step;

  /** Until when all is stored, as far as is waited for it. */
  function settle(): UnixMs {
    const waits = clock() - waitingSince();
    const backlog = waits > Math.max(config.delay, USUAL_WAIT_MS) ? waits : 0;
    const wasBlind = isBlind;
    // Half as much is left before it sees again, so that it does not come and go.
    isBlind = backlog > (MAX_CATCH_UP * config.step) / (wasBlind ? 2 : 1);
    metrics.faultline_detector_blind.set(isBlind ? 1 : 0);
    if (isBlind && !wasBlind) logger.warn('telemetry waits for the store to take it: until then nobody is missed');
    if (wasBlind && !isBlind) toLearn = 'the store has taken what waited for it';
    return stepBefore(clock() - (isBlind ? 0 : backlog));
  }

  const noteDone = (all: Steps): void => metrics.faultline_detector_done_until_timestamp_seconds.set(all.doneUntil() / 1000);

  async function learn(all: Steps, until: number): Promise<void> {
    await all.learn(until);
    noteDone(all);
  }

  async function catchUp(): Promise<void> {
    if (!steps) return;
    const until = settle();
    steps.watch.setBlind(isBlind);
    const behind = (until - steps.doneUntil()) / config.step;
    const ahead = (steps.doneUntil() - stepBefore(clock())) / config.step;
    if (behind > MAX_CATCH_UP) toLearn ||= 'the detector is too far behind';
    if (toLearn !== '' && behind >= 0) {
      await learn(steps, until);
      skippedSteps += behind;
      metrics.faultline_detector_skipped_steps_total.inc(behind);
      if (behind > 0) logger.warn({ steps: behind }, `${toLearn}: these steps are learned, not judged`);
      toLearn = '';
    }
    if (ahead > MAX_AHEAD) {
      logger.warn({ steps: ahead }, 'the clock was set back: the detector goes on from the time that it tells now, and learns its history anew');
      await learn(steps, stepBefore(clock()));
    }
    while (steps.doneUntil() < until && !stopped) {
      const began = performance.now();
      await steps.advance(until);
      lastStepMs = performance.now() - began;
      metrics.faultline_detector_step_duration_seconds.observe(lastStepMs / 1000);
      noteDone(steps);
      relieve();
    }
  }

  /** Does less when steps take longer than a step, and says so. */
  function relieve(): void {
    const before = relief;
    relief = pressure.observe(lastStepMs, models?.leftOut() ?? 'promoted');
    steps?.watch.setEvery(relief.every);
    keeper?.memories.rest(relief.resting);
    metrics.faultline_detector_late.set(relief.pressed ? 1 : 0);
    metrics.faultline_detector_long_memories_resting.set(relief.resting ? 1 : 0);
    metrics.faultline_detector_metrics_every_steps.set(relief.every);
    if (before.every !== relief.every || before.pressed !== relief.pressed || before.resting !== relief.resting) logger.warn({ ms: Math.round(lastStepMs), stepMs: config.step, memoriesRest: relief.resting, metricsEvery: relief.every }, relief.pressed ? 'a step takes longer than a step: less is judged' : 'there is time again: everything is judged in every step');
  }

  async function tick(): Promise<void> {
    const span = tracer.startSpan('detector step');
    try {
      await catchUp();
      if (failures > 0) logger.info({ failures }, 'detection goes on');
      failures = 0;
      loggedAt = Number.NEGATIVE_INFINITY;
    } catch (error) {
      failures += 1;
      metrics.faultline_detector_step_failures_total.inc();
      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      if (Math.abs(clock() - loggedAt) >= LOGGED_EVERY_MS) {
        loggedAt = clock();
        logger.warn({ error: messageOf(error), failures }, 'a detection step failed; trying again');
      }
      await models?.blame(error).catch((cause: unknown) => logger.warn({ error: messageOf(cause) }, 'the model that failed could not be taken out; trying again'));
    } finally {
      span.end();
    }
    if (failures === 0) {
      await keeper?.keepSome(config.step);
      await tailKeeper?.keepSome(config.step);
    }
    if (failures === 0 && !relief.pressed) await keeper?.recallSome(async () => steps?.recall(config.step * RECALL_SHARE));
    const counts = steps?.watch.counts() ?? { learned: 0, learning: 0, unwatched: 0 };
    metrics.faultline_detector_series.set({ state: 'learned' }, counts.learned);
    metrics.faultline_detector_series.set({ state: 'learning' }, counts.learning);
    metrics.faultline_detector_unwatched_series.set(counts.unwatched);
    metrics.faultline_detector_open_anomalies.set(steps?.watch.open().length ?? 0);
  }

  /** The next step is scored as soon as its telemetry had its time; a clock that was set back is noticed within a step. */
  function schedule(): void {
    const next = (steps?.doneUntil() ?? 0) + config.step + config.delay - clock();
    const waitMs = failures > 0 ? Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), config.step) : Math.max(250, Math.min(next, config.step));
    const due = clock() + waitMs;
    timer = setTimeout(() => {
      // What came meanwhile is not stored yet, or was not sent: that is not silence.
      if (clock() - due > Math.max(SLEPT_MS, SLEPT_STEPS * config.step)) toLearn = 'the process slept, or its clock was set forward';
      void serial(tick).finally(() => {
        if (!stopped) schedule();
      });
    }, waitMs);
  }

  return {
    name: 'detector',
    models() {
      if (!models) throw new PipelineError('SHUTTING_DOWN', 'the detector is not running');
      return models;
    },
    async start() {
      const opened = await openInference();
      inference = opened;
      metrics.faultline_detector_provider.set({ provider: opened.provider }, 1);
      logger.info({ provider: opened.provider, skipped: opened.skipped }, 'models are ready');
      const observer: Consumer<Judged> = {
        consume: async (judged) =>
          models?.consume(judged).catch((error: unknown) => {
            metrics.faultline_detector_observation_failures_total.inc();
            logger.warn({ error: messageOf(error) }, 'what a step says of the models could not be kept');
          }),
      };
      keeper = createKeeper({ store, registry, logger, config });
      await keeper.load(clock());
      steps = createSteps({ store, config, models: opened.ask, long: keeper.memories, anomalies, observer });
      models = createModels({ store, registry, logger, clock, config, inference: opened, watch: steps.watch, folder: join(dataDir, 'models'), shipped: fileURLToPath(new URL('./models/shipped/', import.meta.url)), isPressed: () => relief.pressed, between: serial });
      await models.start();
      stopped = false;
      await learn(steps, settle());
      tailKeeper = createTailKeeper({ store, registry, logger, stepMs: config.step, watch: steps.watch, shadowTails: models.shadowTails });
      await tailKeeper.load();
      schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await serial(() => Promise.resolve());
      await keeper?.keepAll();
      keeper = undefined;
      await tailKeeper?.keepAll();
      tailKeeper = undefined;
      await models?.stop();
      models = undefined;
      await inference?.close();
      inference = undefined;
    },
    stateOf: (series) => seriesState(series, steps?.doneUntil() ?? 0, config, steps?.watch, keeper?.memories),
    status() {
      const { learned, learning, unwatched } = steps?.watch.counts() ?? { learned: 0, learning: 0, unwatched: 0 };
      const { known, speaking, waiting } = keeper?.memories.counts() ?? { known: 0, speaking: 0, waiting: 0 };
      return {
        provider: inference?.provider ?? '', models: (models?.active() ?? []).map(({ model: { card }, version }) => ({ name: card.name, version, sha256: card.sha256, parameters: card.parameters })), leftOut: models?.leftOut() ?? 'nothing', stepMs: config.step,
        longMemory: { known, speaking, waiting, resting: relief.resting }, learned, learning, unwatched, maxSeries: config.max_series, late: relief.pressed, metricsEvery: relief.every, skippedSteps, lastStepAt: steps?.doneUntil() ?? 0, lastStepMs, anomalies: steps?.watch.open() ?? [],
      };
    },
  };
}
