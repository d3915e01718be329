import { Bytes } from '#store/native.js';
import type { Decoded, Encoding, Signal } from './decode/decoder.js';

/** Bodies of OTLP answers: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */

const REJECTED_FIELD: Readonly<Record<Signal, string>> = { traces: 'rejectedSpans', metrics: 'rejectedDataPoints', logs: 'rejectedLogRecords' };

/** Export*ServiceResponse; empty but for a partial success, or a warning, which is a partial success that rejects nothing. */
export function exportResponse(signal: Signal, { rejected, message }: Pick<Decoded, 'rejected' | 'message'>, encoding: Encoding): Buffer {
  if (encoding === 'json') {
    return Buffer.from(JSON.stringify(message === '' ? {} : { partialSuccess: { ...(rejected > 0 && { [REJECTED_FIELD[signal]]: String(rejected) }), errorMessage: message } }));
  }
  if (message === '') return Buffer.alloc(0);
  const partial = new Bytes();
  if (rejected > 0) number(partial, 1, rejected);
  text(partial, 2, message);
  const out = new Bytes();
  delimited(out, 1, partial.view());
  return out.view();
}

/** google.rpc.Status. `code` is a gRPC status number. */
export function statusBody(code: number, message: string, encoding: Encoding): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  return status(code, message).view();
}

/** google.rpc.Status with a google.rpc.RetryInfo: "try again, in so many seconds". */
export function retryStatus(code: number, message: string, seconds: number): Buffer {
  const delay = new Bytes();
  number(delay, 1, seconds);
  const info = new Bytes();
  delimited(info, 1, delay.view());
  const detail = new Bytes();
  text(detail, 1, 'type.googleapis.com/google.rpc.RetryInfo');
  delimited(detail, 2, info.view());
  const out = status(code, message);
  delimited(out, 3, detail.view());
  return out.view();
}

function status(code: number, message: string): Bytes {
  const out = new Bytes();
  number(out, 1, code);
  text(out, 2, message);
  return out;
}

function number(out: Bytes, field: number, value: number): void {
  out.varint(field * 8);
  out.varint(value);
}

function text(out: Bytes, field: number, value: string): void {
  out.varint(field * 8 + 2);
  out.text(value);
}

function delimited(out: Bytes, field: number, bytes: Uint8Array): void {
  out.varint(field * 8 + 2);
  out.varint(bytes.length);
  out.copy(bytes, 0, bytes.length);
}
