import { PipelineError } from '#core/errors.js';

/** The memory that one request holds, as it grows. */
export interface Lease {
  /** Throws QUEUE_FULL, retryable, when all requests together, or those of this peer, would hold too much. */
  grow(bytes: number): void;
  /** To be called once. */
  release(): void;
}

export interface Admission {
  /** For one request; `peer` is the address that it came from. */
  open(peer: string): Lease;
  /** How many requests are being served. */
  requests(): number;
}

/** What one peer may hold of it: the rest is always there for others. */
const PEER_SHARE = 0.75;

/** Bounds the bytes that requests hold at a time, on every transport. */
export function createAdmission(maxBytes: number): Admission {
  const byPeer = new Map<string, number>();
  let held = 0;
  let requests = 0;
  function open(peer: string): Lease {
    let own = 0;
    requests += 1;
    return {
      grow(bytes) {
        const ofPeer = byPeer.get(peer) ?? 0;
        if (held + bytes > maxBytes) throw new PipelineError('QUEUE_FULL', 'too many requests at a time; send again later');
        if (ofPeer + bytes > maxBytes * PEER_SHARE && ofPeer > 0) throw new PipelineError('QUEUE_FULL', 'too many requests at a time from this address; send again later');
        held += bytes;
        own += bytes;
        byPeer.set(peer, ofPeer + bytes);
      },
      release() {
        held -= own;
        const left = (byPeer.get(peer) ?? 0) - own;
        if (left > 0) byPeer.set(peer, left);
        else byPeer.delete(peer);
        own = 0;
        requests -= 1;
      },
    };
  }
  return { open, requests: () => requests };
}
