import { createSerial } from '#core/serial.js';
import type { Consumer } from '#core/types.js';
import { NO_JOB } from '#core/words.js';
import type { CollectorMetrics } from '../collector-metrics.js';
import type { DecodedBlock } from '../decode/outcome.js';
import { finishInSlices } from '../decode/work.js';
import type { Sources } from '../sources.js';
import type { DecodedWrite, RemoteWriteDecoder, Version } from './decoder.js';

/** What becomes of one unpacked request; `sender` is its User-Agent. Resolves when the accepted part is safe on disk. */
export type RemoteWriteIngest = (version: Version, body: Buffer, sender: string) => Promise<DecodedWrite>;

export interface RemoteWriteIngestOptions {
  readonly decoder: RemoteWriteDecoder;
  readonly queue: Consumer<readonly DecodedBlock[]>;
  readonly sources: Sources;
  readonly metrics: CollectorMetrics;
}

export function createRemoteWriteIngest({ decoder, queue, sources, metrics }: RemoteWriteIngestOptions): RemoteWriteIngest {
  /** Requests that are decoded and not yet on disk. */
  const pending = new Set<Promise<void>>();
  /** Requests are decoded one after another, a large one in slices. */
  const serial = createSerial();

  /** A sample that arrives again is left out because an earlier request has it, and that request must be safe before this one is. */
  async function keep(decoded: DecodedWrite): Promise<void> {
    const earlier = decoded.counts.duplicates > 0 ? [...pending] : [];
    const own = queue.consume(decoded.blocks);
    pending.add(own);
    try {
      await Promise.all([own, ...earlier]);
    } catch (error) {
      decoded.undo();
      throw error;
    } finally {
      pending.delete(own);
    }
  }

  return async (version, body, sender) => {
    const { decoded, kept } = await serial(async () => {
      const finished = await finishInSlices(decoder.work(version, body));
      return { decoded: finished, kept: keep(finished) };
    });
    await kept;
    const { counts, limited } = decoded;
    sources.seen('metrics', { sources: decoded.sources.map((source) => ({ ...source, service: source.service || NO_JOB, sdk: sender })) });
    if (limited) throw limited;
    metrics.faultline_collector_received_items_total.inc({ signal: 'metrics', transport: 'remote_write' }, decoded.accepted);
    if (decoded.rejected > 0) metrics.faultline_collector_rejected_items_total.inc({ signal: 'metrics' }, decoded.rejected);
    metrics.faultline_collector_remote_write_duplicates_total.inc(counts.duplicates);
    for (const [reason, count] of counts.refused) metrics.faultline_collector_remote_write_refused_items_total.inc({ reason }, count);
    return decoded;
  };
}
