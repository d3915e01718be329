import { PipelineError } from '#core/errors.js';

/** The memory that one request holds, as it grows. */
export interface Lease {
  /** Throws QUEUE_FULL, retryable, when all requests together would hold too much. */
  grow(bytes: number): void;
  release(): void;
}

export type Admission = () => Lease;

/** Bounds the bytes that requests hold at a time, on every transport. */
export function createAdmission(maxBytes: number): Admission {
  let held = 0;
  return () => {
    let own = 0;
    return {
      grow(bytes) {
        if (held + bytes > maxBytes) throw new PipelineError('QUEUE_FULL', 'too many requests at a time; send again later', { retryable: true });
        held += bytes;
        own += bytes;
      },
      release() {
        held -= own;
        own = 0;
      },
    };
  };
}
