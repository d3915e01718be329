import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { DetectorStatus } from '#core/api.js';
import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Anomaly, Component, Consumer } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { DetectorConfig } from './config.js';
import { listModels, type ModelCard } from './models/registry.js';
import { WINDOW } from './models/shape.js';
import { openInference, type Inference } from './onnx/inference.js';
import { createReader } from './readers.js';
import { createWatch, type StepResult, type Watch } from './watch.js';

const DAY_MS = 86_400_000;
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
  const read = createReader(store, config.ignore_services);
  const tracer = trace.getTracer('faultline');
  let models: readonly ModelCard[] = [];
  let inference: Inference | undefined;
  let watch: Watch | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;
  let running: Promise<void> = Promise.resolve();
  let doneUntil = 0;
  let lastStepMs = 0;
  /** Episodes that the consumer did not take: given again with the next step, newest state per episode. */
  let pending = new Map<string, Anomaly>();

  const settled = (): number => Math.floor((clock() - config.delay) / config.step) * config.step;

  async function learn(until: number): Promise<void> {
    const from = until - WINDOW * config.step;
    const [measured, abnormal] = await Promise.all([read(from, until, config.step), readAbnormal(from, until)]);
    for (const { series, slot, expected } of abnormal) {
      const reading = measured.series.get(series)?.slots;
      if (reading?.has(slot)) reading.set(slot, { value: expected, count: 0 });
    }
    for (let slot = 0; slot < WINDOW; slot += 1) watch?.learn(from + slot * config.step, measured, slot);
    doneUntil = until;
  }

  /** Points that an earlier run judged abnormal: the history that is learned has what was expected in their place. */
  const readAbnormal = (from: number, until: number) =>
    store.query<{ series: string; slot: number; expected: number }>(
      'SELECT series, toInt32(intDiv(toUnixTimestamp64Milli(time) - {from:Int64}, {step:Int64})) AS slot, expected FROM anomaly_scores WHERE score > 1 AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({until:Int64})',
      { params: { from, until, step: config.step } },
    );

  async function catchUp(): Promise<void> {
    if (!watch) return;
    const until = settled();
    if (until - doneUntil > MAX_CATCH_UP * config.step) await learn(until);
    while (doneUntil < until && !stopped) {
      const from = doneUntil;
      const [measured, yesterday] = await Promise.all([read(from, from + config.step, config.step), readYesterday(from)]);
      const result = await watch.step(from, measured, 0, yesterday);
      doneUntil = from + config.step;
      await save(from, result);
      for (const anomaly of result.anomalies) pending.set(anomaly.id, anomaly);
      await handOn();
    }
  }

  /** The reader keeps counters by time, so the day before has a reader of its own. */
  const readBefore = createReader(store, config.ignore_services);
  const readYesterday = (from: number) => readBefore(from - DAY_MS, from - DAY_MS + config.step, config.step);

  async function handOn(): Promise<void> {
    const given = pending;
    await anomalies.consume([...given.values()]);
    pending = new Map();
  }

  async function save(at: number, { scores, anomalies: changed, fresh }: StepResult): Promise<void> {
    const seen = new Date(at).toISOString();
    await store.insert('watched_series', fresh.map((series) => ({ ...series, first_seen: seen, last_seen: seen })));
    await store.insert('anomaly_scores', scores.map(({ series, value, expected, lower, upper, score }) => ({ time: seen, series: series.id, value, expected, lower, upper, score })));
    const notable = changed.filter((anomaly) => anomaly.endsAt !== null || anomaly.updatedAt === at && anomaly.startsAt >= at - 2 * config.step);
    await store.insert(
      'anomalies',
      notable.map((anomaly) => ({
        id: anomaly.id, series: anomaly.series.id, service: anomaly.series.service, metric: anomaly.series.metric, starts_at: new Date(anomaly.startsAt).toISOString(),
        ends_at: anomaly.endsAt === null ? null : new Date(anomaly.endsAt).toISOString(), updated_at: new Date(anomaly.updatedAt).toISOString(), score: anomaly.score, document: JSON.stringify(anomaly),
      })),
    );
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
    const counts = watch?.counts() ?? { learned: 0, learning: 0, unwatched: 0 };
    metrics.faultline_detector_series.set({ state: 'learned' }, counts.learned);
    metrics.faultline_detector_series.set({ state: 'learning' }, counts.learning);
    metrics.faultline_detector_unwatched_series.set(counts.unwatched);
    metrics.faultline_detector_open_anomalies.set(watch?.open().length ?? 0);
  }

  /** The next step is scored as soon as its telemetry had its time. */
  function schedule(): void {
    const next = doneUntil + config.step + config.delay - clock();
    timer = setTimeout(() => {
      running = tick().finally(() => {
        if (!stopped) schedule();
      });
    }, Math.max(250, next));
  }

  return {
    name: 'detector',
    async start() {
      models = await listModels();
      const opened = await openInference();
      inference = opened;
      metrics.faultline_detector_provider.set({ provider: opened.provider }, 1);
      logger.info({ provider: opened.provider, skipped: opened.skipped }, 'models are ready');
      watch = createWatch(config, opened.run);
      stopped = false;
      await learn(settled());
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
      const { learned, learning } = watch?.counts() ?? { learned: 0, learning: 0 };
      return {
        provider: inference?.provider ?? '', models: models.map(({ name, sha256, parameters }) => ({ name, sha256, parameters })), stepMs: config.step,
        learned, learning, lastStepAt: doneUntil, lastStepMs, anomalies: watch?.open() ?? [],
      };
    },
  };
}
