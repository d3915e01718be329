import type { Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import { createPatternMiner, type PatternMiner } from '../patterns/miner.js';
import { jsonToProtobuf, type Signal } from './json.js';
import { decodeLogs } from './logs.js';
import { createMetricsDecoder } from './metrics.js';
import type { Decoded, Limits } from './outcome.js';
import { decodeTraces } from './traces.js';

export type { Signal } from './json.js';
export { type Decoded, type DecodedBlock, DEFAULT_LIMITS, type Limits } from './outcome.js';
export type Encoding = 'protobuf' | 'json';

export interface Decoder {
  /** One OTLP export request. Throws PipelineError DECODE_FAILED (not retryable) on a malformed body; single bad records are counted in `rejected`. */
  decode(signal: Signal, encoding: Encoding, body: Uint8Array): Decoded;
}

/** One per process: it remembers metric series and log patterns, and sums up deltas. */
export function createDecoder({ limits, clock, patterns = createPatternMiner() }: { limits: Limits; clock: Clock; patterns?: PatternMiner }): Decoder {
  const metrics = createMetricsDecoder(limits, clock);
  return {
    decode(signal, encoding, body) {
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      try {
        const protobuf = encoding === 'json' ? jsonToProtobuf(signal, bytes) : bytes;
        switch (signal) {
          case 'traces':
            return decodeTraces(protobuf, limits, clock);
          case 'logs':
            return decodeLogs(protobuf, limits, clock, patterns);
          case 'metrics':
            return metrics.decode(protobuf);
        }
      } catch (error) {
        if (error instanceof PipelineError) throw error;
        throw new PipelineError('DECODE_FAILED', `the body could not be read: ${String(error)}`, { retryable: false, cause: error });
      }
    },
  };
}
