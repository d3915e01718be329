import type { Consumer } from '#core/types.js';
import type { CollectorMetrics } from './collector-metrics.js';
import type { Decoded, DecodedBlock, Decoder, Encoding, Signal } from './decode/decoder.js';
import type { Sources } from './sources.js';

/** What every transport does with a request once it is bytes. Resolves when the accepted part is safe on disk. */
export type Ingest = (signal: Signal, encoding: Encoding, transport: 'http' | 'grpc', body: Uint8Array) => Promise<Decoded>;

export function createIngest(decoder: Decoder, queue: Consumer<readonly DecodedBlock[]>, sources: Sources, metrics: CollectorMetrics): Ingest {
  return async (signal, encoding, transport, body) => {
    const decoded = decoder.decode(signal, encoding, body);
    try {
      await queue.consume(decoded.blocks);
    } catch (error) {
      decoded.undo();
      throw error;
    }
    sources.seen(signal, decoded);
    metrics.faultline_collector_received_items_total.inc({ signal, transport }, decoded.accepted);
    if (decoded.rejected > 0) metrics.faultline_collector_rejected_items_total.inc({ signal }, decoded.rejected);
    return decoded;
  };
}
