import { Bytes } from '#store/native.js';
import type { Decoded, Encoding, Signal } from './decode/decoder.js';

/** Bodies of OTLP answers: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */

const REJECTED_FIELD: Readonly<Record<Signal, string>> = { traces: 'rejectedSpans', metrics: 'rejectedDataPoints', logs: 'rejectedLogRecords' };

/** Export*ServiceResponse; empty but for a partial success. */
export function exportResponse(signal: Signal, { rejected, reason }: Pick<Decoded, 'rejected' | 'reason'>, encoding: Encoding): Buffer {
  if (encoding === 'json') {
    return Buffer.from(JSON.stringify(rejected > 0 ? { partialSuccess: { [REJECTED_FIELD[signal]]: String(rejected), errorMessage: reason } } : {}));
  }
  if (rejected === 0) return Buffer.alloc(0);
  const partial = new Bytes();
  partial.byte(1 << 3);
  partial.varint(rejected);
  partial.byte((2 << 3) | 2);
  partial.text(reason);
  const out = new Bytes();
  out.byte((1 << 3) | 2);
  out.varint(partial.length);
  out.copy(partial.buffer, 0, partial.length);
  return out.view();
}

/** google.rpc.Status. `code` is a gRPC status number. */
export function statusBody(code: number, message: string, encoding: Encoding): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  const out = new Bytes();
  out.byte(1 << 3);
  out.varint(code);
  out.byte((2 << 3) | 2);
  out.text(message);
  return out.view();
}
