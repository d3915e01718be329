import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { DetectorStatus } from '#core/api.js';
import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Anomaly, Component, Consumer } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { DetectorConfig } from './config.js';
import { builtInModels } from './models/built-in.js';
import { openInference, type Inference } from './onnx/inference.js';
import { createSteps, type Steps } from './steps.js';

/** A process that slept longer than this many steps learns its history anew. */
const MAX_CATCH_UP = 20;

export interface DetectorOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: DetectorConfig;
  readonly anomalies: Consumer<readonly Anomaly[]>;
}

/** Scores every series once per step and hands on the episodes that changed. */
export function createDetector({ store, registry, logger, clock, config, anomalies }: DetectorOptions): Component & { status(): DetectorStatus } {
  const metrics = registerMetrics(registry, {
    faultline_detector_series: { type: 'gauge', help: 'Series watched.', labels: ['state'] },
    faultline_detector_unwatched_series: { type: 'gauge', help: 'Series beyond detector.max_series.' },
    faultline_detector_open_anomalies: { type: 'gauge', help: 'Episodes that last.' },
    faultline_detector_step_duration_seconds: { type: 'histogram', help: 'Time to read, score and store one step.', buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15] },
    faultline_detector_step_failures_total: { type: 'counter', help: 'Steps that failed and were tried again.' },
    faultline_detector_provider: { type: 'gauge', help: '1 for the ONNX Runtime execution provider in use.', labels: ['provider'] },
  });
  const tracer = trace.getTracer('faultline');
  const models = builtInModels().map(({ card }) => card);
  let inference: Inference | undefined;
  let steps: Steps | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;
  let running: Promise<void> = Promise.resolve();
  let lastStepMs = 0;
  const settled = (): number => Math.floor((clock() - config.delay) / config.step) * config.step;

  async function catchUp(): Promise<void> {
    if (!steps) return;
    const until = settled();
    if (until - steps.doneUntil() > MAX_CATCH_UP * config.step) await steps.learn(until);
    while (steps.doneUntil() < until && !stopped) await steps.advance();
  }

  async function tick(): Promise<void> {
    const began = performance.now();
    const span = tracer.startSpan('detector step');
    try {
      await catchUp();
      lastStepMs = performance.now() - began;
      metrics.faultline_detector_step_duration_seconds.observe(lastStepMs / 1000);
    } catch (error) {
      metrics.faultline_detector_step_failures_total.inc();
      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      logger.warn({ error: messageOf(error) }, 'a detection step failed; trying again');
    } finally {
      span.end();
    }
    const counts = steps?.watch.counts() ?? { learned: 0, learning: 0, unwatched: 0 };
    metrics.faultline_detector_series.set({ state: 'learned' }, counts.learned);
    metrics.faultline_detector_series.set({ state: 'learning' }, counts.learning);
    metrics.faultline_detector_unwatched_series.set(counts.unwatched);
    metrics.faultline_detector_open_anomalies.set(steps?.watch.open().length ?? 0);
  }

  /** The next step is scored as soon as its telemetry had its time. */
  function schedule(): void {
    const next = (steps?.doneUntil() ?? 0) + config.step + config.delay - clock();
    timer = setTimeout(() => {
      running = tick().finally(() => {
        if (!stopped) schedule();
      });
    }, Math.max(250, next));
  }

  return {
    name: 'detector',
    async start() {
      const opened = await openInference();
      inference = opened;
      metrics.faultline_detector_provider.set({ provider: opened.provider }, 1);
      logger.info({ provider: opened.provider, skipped: opened.skipped }, 'models are ready');
      steps = createSteps({ store, config, run: opened.run, anomalies });
      stopped = false;
      await steps.learn(settled());
      schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
      await inference?.close();
      inference = undefined;
    },
    status() {
      const { learned, learning } = steps?.watch.counts() ?? { learned: 0, learning: 0 };
      return {
        provider: inference?.provider ?? '', models: models.map(({ name, sha256, parameters }) => ({ name, sha256, parameters })), stepMs: config.step,
        learned, learning, lastStepAt: steps?.doneUntil() ?? 0, lastStepMs, anomalies: steps?.watch.open() ?? [],
      };
    },
  };
}
