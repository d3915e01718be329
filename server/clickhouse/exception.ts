import { messageOf, PipelineError } from '#core/errors.js';
import { isSignIn } from '#store/failures.js';

/** ClickHouse's error, as its HTTP interface says it. Codes: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp */
export class Exception extends Error {
  readonly code: number;
  readonly type: string;
  constructor(code: number, type: string, message: string) {
    super(message);
    this.code = code;
    this.type = type;
  }
  /** Clients take it apart by this shape. */
  text(version: string): string {
    return `Code: ${this.code}. DB::Exception: ${this.message.trim()} (${this.type}) (version ${version})\n`;
  }
  get status(): number {
    return STATUS[this.code] ?? 500;
  }
}

export const readOnly = (message: string): Exception => new Exception(164, 'READONLY', message);
export const badRequest = (message: string): Exception => new Exception(36, 'BAD_ARGUMENTS', message);
export const notServed = (message: string): Exception => new Exception(48, 'NOT_IMPLEMENTED', message);
export const tooLarge = (message: string): Exception => new Exception(307, 'TOO_MANY_BYTES', message);
export const tooMany = (message: string): Exception => new Exception(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', message);

/** Anything that can be retried as it is says so by 408 or 5xx; the rest is the caller's to change. */
const STATUS: Readonly<Record<number, number>> = {
  36: 400, 42: 400, 43: 400, 53: 400, 62: 400, 456: 400, 457: 400, 396: 400,
  16: 404, 46: 404, 47: 404, 60: 404, 73: 404, 81: 404, 115: 404,
  48: 501, 159: 408, 164: 403, 202: 503, 210: 503, 241: 503, 307: 413, 497: 403,
};

/** The exception behind a failed read: the engine's own where there is one, unless it is about the password of this process, which is not the caller's. */
export function asException(error: unknown): Exception {
  if (error instanceof Exception) return error;
  const cause = error instanceof PipelineError && !isSignIn(error.cause) ? error.cause : error;
  if (cause instanceof Error && 'code' in cause && /^\d+$/.test(String(cause.code))) return new Exception(Number(cause.code), 'type' in cause && typeof cause.type === 'string' ? cause.type : 'UNKNOWN', cause.message);
  if (error instanceof PipelineError && error.code === 'QUERY_TIMEOUT') return new Exception(159, 'TIMEOUT_EXCEEDED', error.message);
  return new Exception(210, 'NETWORK_ERROR', messageOf(error));
}
