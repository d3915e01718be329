import type { ApiStatus, DetectorStatus } from '#core/api/status.js';
import { plural } from '../../format/name.js';
import { bytes, number } from '../../format/number.js';
import { shortClock } from '../../format/time.js';

/** On what the models run, for a person. */
export function providerWords(provider: string): string {
  switch (provider) {
    case 'cuda':
      return 'The models run on an NVIDIA GPU (CUDA), proven against their golden output.';
    case 'webgpu':
      return 'The models run on a GPU (WebGPU), proven against their golden output.';
    case 'cpu':
      return 'The models run on the CPU, which is enough for thousands of series; no GPU that gives their golden output was found or needed.';
    default:
      return `The models run on ${provider}.`;
  }
}

/** What the detector does not do, and why. */
export function shortfalls({ unwatched, maxSeries, late, metricsEvery, leftOut, longMemory, skippedSteps }: Pick<DetectorStatus, 'longMemory' | 'unwatched' | 'maxSeries' | 'late' | 'metricsEvery' | 'leftOut' | 'skippedSteps'>): string[] {
  const waiting = { nothing: 'models that can wait will', shadow: 'the shadow model waits', promoted: 'the shadow and promoted models wait' }[leftOut];
  return [
    ...(unwatched > 0 ? [`${plural(unwatched, 'series is', 'series are')} stored and shown but not judged: detector.max_series is ${maxSeries.toLocaleString('en-US')}.`] : []),
    ...(late ? [`A step took longer than a step: ${waiting}${longMemory.resting ? ', long memories rest' : ''}${metricsEvery > 1 ? `, and metrics in no trouble are judged in one of ${metricsEvery} steps` : ''}. Requests, errors, latencies and logs are judged in every step.`] : []),
    ...(skippedSteps > 0 ? [`${plural(skippedSteps, 'step was', 'steps were')} learned instead of judged, because the detector was too far behind.`] : []),
  ];
}

/** Who knows what is usual at this time of the day and the week. */
export function memoryWords({ known, speaking, waiting }: DetectorStatus['longMemory']): string {
  if (known === 0) return '';
  const learning = known - speaking - waiting;
  return [
    `${number(speaking)} of ${number(known)} long memories know what is usual at this time of the day and the week.`,
    ...(learning > 0 ? [`${plural(learning, 'learns', 'learn')} the first eight days of a series.`] : []),
    ...(waiting > 0 ? [`${plural(waiting, 'waits', 'wait')} for what the store holds of the past.`] : []),
  ].join(' ');
}

const LATE_STEPS = 4;

/** Whether nothing was judged for some steps. */
export const isLate = ({ lastStepAt, stepMs }: Pick<DetectorStatus, 'lastStepAt' | 'stepMs'>, now: number): boolean => lastStepAt > 0 && now - lastStepAt > LATE_STEPS * stepMs;

/** That nothing is judged, and why or since when; '' while something is. */
export function unjudged(status: ApiStatus | undefined, now: number): string {
  if (!status) return '';
  if (!status.ready) return statusSentence(status);
  return isLate(status.detector, now) ? `Nothing since ${shortClock(status.detector.lastStepAt, now)} was judged.` : '';
}

/** The state of the whole in one sentence. */
export function statusSentence({ ready, engine, queue, arriving: { sources, perSecond: { traces, metrics, logs } } }: Pick<ApiStatus, 'ready' | 'arriving'> & { readonly engine: Pick<ApiStatus['engine'], 'fault'>; readonly queue: Pick<ApiStatus['queue'], 'bytes'> }): string {
  if (engine.fault !== '') return `${engine.fault}. What arrives is acknowledged all the same and waits on disk, ${bytes(queue.bytes)} so far: nothing is judged or shown until the store is back.`;
  if (!ready) return 'Not ready: telemetry is refused or questions are not answered. The log of the process says why.';
  if (sources === 0) return 'Ready, and nothing has arrived yet.';
  return `Receiving ${number(traces)} spans/s, ${number(metrics)} metric points/s and ${number(logs)} log records/s from ${plural(sources, 'service')}.`;
}
