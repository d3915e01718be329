import type { ApiStatus } from '#core/api.js';
import { plural } from '../../format/name.js';
import { number } from '../../format/number.js';
import { totals } from './source-notes.js';

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

/** The state of the whole in one sentence. */
export function statusSentence({ ready, sources }: Pick<ApiStatus, 'ready' | 'sources'>): string {
  if (!ready) return 'Not ready: telemetry is refused or questions are not answered. The log of the process says why.';
  if (sources.length === 0) return 'Ready, and nothing has arrived yet.';
  const { traces, metrics, logs } = totals(sources);
  return `Receiving ${number(traces)} spans/s, ${number(metrics)} metric points/s and ${number(logs)} log records/s from ${plural(sources.length, 'service')}.`;
}
