import type { Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import { createPatternMiner, type PatternMiner } from '../patterns/miner.js';
import { jsonToProtobuf, type Signal } from './json.js';
import { decodeLogs } from './logs.js';
import { createMetricsDecoder } from './metrics.js';
import type { Decoded, Limits } from './outcome.js';
import { decodeTraces } from './traces.js';
import { finish, finishInSlices, hasRoom, room, type Work } from './work.js';

export type { Signal } from './json.js';
export { type Decoded, type DecodedBlock, DEFAULT_LIMITS, type Limits } from './outcome.js';
export type Encoding = 'protobuf' | 'json';

/** A body that is decoded faster than others get impatient. */
const SMALL_BYTES = 256 * 1024;

export interface Decoder {
  /** One OTLP export request. Throws PipelineError DECODE_FAILED (not retryable) on a malformed body; single bad records are counted in `rejected`. */
  decode(signal: Signal, encoding: Encoding, body: Uint8Array): Decoded;
  /** The same, in slices and one large body after another, small ones a few in each turn of the event loop, so that neither holds it up. Bodies of metrics keep their order, which deltas need. */
  decodeInTurn(signal: Signal, encoding: Encoding, body: Uint8Array): Promise<Decoded>;
}

/** One per process: it remembers metric series and log patterns, and sums up deltas. */
export function createDecoder({ limits, clock, patterns = createPatternMiner() }: { limits: Limits; clock: Clock; patterns?: PatternMiner }): Decoder {
  const metrics = createMetricsDecoder(limits, clock);
  /** The large body that is being decoded. */
  let turn: Promise<unknown> | undefined;

  function* workOf(signal: Signal, encoding: Encoding, body: Uint8Array): Work<Decoded> {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const protobuf = encoding === 'json' ? yield* jsonToProtobuf(signal, bytes) : bytes;
    switch (signal) {
      case 'traces':
        return yield* decodeTraces(protobuf, limits, clock);
      case 'logs':
        return yield* decodeLogs(protobuf, limits, clock, patterns);
      case 'metrics':
        return yield* metrics.decode(protobuf);
    }
  }

  function decode(signal: Signal, encoding: Encoding, body: Uint8Array): Decoded {
    try {
      return finish(workOf(signal, encoding, body));
    } catch (error) {
      throw unreadable(error);
    }
  }

  return {
    decode,
    async decodeInTurn(signal, encoding, body) {
      if (body.length < SMALL_BYTES) {
        if (signal !== 'metrics' && !hasRoom()) await room();
        if (signal !== 'metrics' || (turn === undefined && hasRoom())) return decode(signal, encoding, body);
      }
      const before = turn;
      const work = (async () => {
        await before;
        return finishInSlices(workOf(signal, encoding, body));
      })();
      const settled = work.then(() => undefined, () => undefined);
      turn = settled;
      try {
        return await work;
      } catch (error) {
        throw unreadable(error);
      } finally {
        if (turn === settled) turn = undefined;
      }
    },
  };
}

function unreadable(error: unknown): PipelineError {
  return error instanceof PipelineError ? error : new PipelineError('DECODE_FAILED', `the body could not be read: ${String(error)}`, { cause: error });
}
