import type { Consumer } from '#core/types.js';
import type { CollectorMetrics } from './collector-metrics.js';
import type { Decoded, DecodedBlock, Decoder, Encoding, Signal } from './decode/decoder.js';
import type { Processes } from './processes.js';
import type { Sources } from './sources.js';

/** When a sender that was told to wait may try again. */
export const RETRY_AFTER_S = 5;

/** What every transport does with a request once it is bytes, whose memory it holds a lease of. Resolves when the accepted part is safe on disk. Throws RateLimited when there is none because its sources are over a limit. */
export type Ingest = (signal: Signal, encoding: Encoding, transport: 'http' | 'grpc', body: Uint8Array) => Promise<Decoded>;

export interface IngestOptions {
  readonly decoder: Decoder;
  readonly queue: Consumer<readonly DecodedBlock[]>;
  readonly sources: Sources;
  readonly processes: Processes;
  readonly metrics: CollectorMetrics;
}

export function createIngest({ decoder, queue, sources, processes, metrics }: IngestOptions): Ingest {
  return async (signal, encoding, transport, body) => {
    const decoded = await decoder.decodeInTurn(signal, encoding, body);
    await queue.consume(decoded.blocks).catch((error: unknown) => {
      decoded.undo();
      throw error;
    });
    sources.seen(signal, decoded);
    processes.seen(decoded);
    if (decoded.limited) throw decoded.limited;
    metrics.faultline_collector_received_items_total.inc({ signal, transport }, decoded.accepted);
    if (decoded.rejected > 0) metrics.faultline_collector_rejected_items_total.inc({ signal }, decoded.rejected);
    return decoded;
  };
}
