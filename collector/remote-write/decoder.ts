import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import { type Decoded, type Limits, Tally } from '../decode/outcome.js';
import { finish, type Work } from '../decode/work.js';
import { Families } from './families.js';
import { createRegistry } from './registry.js';
import { readV1 } from './request-v1.js';
import { readV2 } from './request-v2.js';
import { Replicas } from './replicas.js';
import type { SeriesMessage } from './series-message.js';
import { type Counts, Sink } from './sink.js';

/** Of the protocol: 1 is prometheus.WriteRequest, 2 is io.prometheus.write.v2.Request. */
export type Version = 1 | 2;

export interface DecodedWrite extends Decoded {
  readonly counts: Counts;
}

export interface RemoteWriteDecoder {
  /** One unpacked request. Throws PipelineError DECODE_FAILED or BODY_TOO_LARGE, and then nothing of it is stored; single bad series and samples are counted in `rejected`. */
  decode(version: Version, body: Buffer): DecodedWrite;
  /** The same, in slices; to be ended before the next request begins. */
  work(version: Version, body: Buffer): Work<DecodedWrite>;
  /** Blocks of `metric_samples` that an earlier run left in the queue: their senders may not know that they are safe, and send them again. */
  remember(native: Buffer): void;
}

/**
 * Remote Write → `metric_series`, `metric_samples`, `metric_histograms`, `metric_exemplars`. One per process: it remembers series, so that a known one costs a hash of its label bytes and no text.
 * A sample counts once, however often it is sent.
 */
export function createRemoteWriteDecoder({ limits, clock }: { limits: Limits; clock: Clock }): RemoteWriteDecoder {
  const registry = createRegistry(limits, clock());
  const families = new Families();
  const replicas = new Replicas();
  function* work(version: Version, body: Buffer): Work<DecodedWrite> {
    const tally = new Tally(limits, 'metrics', clock());
    const sink = new Sink(registry, families, tally);
    let isTaken: boolean | undefined;
    const take = (series: SeriesMessage): Work<void> | undefined => {
      if (isTaken === undefined) {
        const labels = series.labels();
        // All that one Prometheus sends has its external labels.
        if (!('reason' in labels)) isTaken = replicas.takes(labels, tally.now);
      }
      return isTaken === false ? sink.leave(series) : sink.take(series);
    };
    try {
      if (version === 1) yield* readV1(body, families, tally.now, take);
      else yield* readV2(body, take);
    } catch (error) {
      sink.undo();
      if (error instanceof PipelineError) throw error;
      throw new PipelineError('DECODE_FAILED', `the body could not be read: ${messageOf(error)}`, { cause: error });
    }
    return { ...tally.result(sink.finish(), () => sink.undo()), counts: sink.counts };
  }
  return { work, decode: (version, body) => finish(work(version, body)), remember: (native) => registry.earlier.add(native, clock()) };
}
