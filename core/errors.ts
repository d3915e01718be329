/**
 * Every reason the pipeline can fail for. Documented in docs/errors.md, never reused, safe as a metric label.
 */
export type ErrorCode =
  | 'CONFIG_INVALID'
  | 'PORT_IN_USE'
  | 'DATA_DIR_IN_USE'
  | 'DATA_DIR_UNUSABLE'
  | 'DATA_NEWER'
  | 'DECODE_FAILED'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'QUEUE_FULL'
  | 'RATE_LIMITED'
  | 'STORE_UNAVAILABLE'
  | 'QUERY_INVALID'
  | 'QUERY_TIMEOUT'
  | 'NOT_FOUND'
  | 'MODEL_INVALID'
  | 'DELIVERY_FAILED'
  | 'SHUTTING_DOWN';

/** Reasons that pass: the same item may succeed later. */
export const PASSING: ReadonlySet<ErrorCode> = new Set(['QUEUE_FULL', 'RATE_LIMITED', 'STORE_UNAVAILABLE', 'QUERY_TIMEOUT', 'DELIVERY_FAILED', 'SHUTTING_DOWN']);

/** A failure the pipeline understands. `retryable`: the same item may succeed later; left out, as its code says. */
export class PipelineError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  constructor(code: ErrorCode, message: string, { cause, retryable = PASSING.has(code) }: { readonly cause?: unknown; readonly retryable?: boolean } = {}) {
    super(message, { cause });
    this.name = 'PipelineError';
    this.code = code;
    this.retryable = retryable;
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
