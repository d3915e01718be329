import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Lease } from './admission.js';
import { giveBuffer, takeBuffer } from './kept-buffers.js';
import { unpackZstd } from './zstd.js';

/** What is read of a body that is refused, before the answer. */
const DISCARD_BYTES = 64 * 1024 * 1024;
const DISCARD_MS = 2_000;
/** Room for a body at first, and how much more at a time: what its sender announces is not held for it before it comes. */
const FIRST_BYTES = 64 * 1024;
const GROWTH = 8;

const unpackers = { gzip: createGunzip, deflate: createInflate };

export const tooLarge = (limit: number): PipelineError => new PipelineError('BODY_TOO_LARGE', `the body is larger than ${limit} bytes; send smaller batches or raise FAULTLINE_COLLECTOR_MAX_BODY`);

/** Reads a request to its end, at most `limit` bytes, into a kept buffer: give it back. Throws BODY_TOO_LARGE, QUEUE_FULL, or what the connection fails with; the request is then still open. */
export function readBody(request: IncomingMessage, limit: number, lease: Lease): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > limit) return reject(tooLarge(limit));
    let body: Buffer | undefined = takeBuffer(Math.min(announced || FIRST_BYTES, FIRST_BYTES));
    let size = 0;
    function end(settle: (body: Buffer) => void): void {
      if (!body) return;
      const read = body;
      body = undefined;
      request.off('data', take);
      settle(read);
    }
    const fail = (error: unknown): void =>
      end((unfinished) => {
        giveBuffer(unfinished);
        request.pause();
        reject(error as Error);
      });
    function take(chunk: Buffer): void {
      if (!body) return;
      const from = size;
      size += chunk.length;
      if (size > limit) return fail(tooLarge(limit));
      try {
        lease.grow(chunk.length);
      } catch (error) {
        return fail(error);
      }
      if (size > body.length) body = larger(body, from, Math.max(size, Math.min(announced || Infinity, GROWTH * body.length)));
      body.set(chunk, from);
    }
    request.on('data', take);
    request.once('end', () => end((whole) => resolve(whole.subarray(0, size))));
    request.once('error', fail);
    // A connection that closes early does not always say so with an error.
    request.once('close', () => fail(new Error('the sender closed the connection')));
  });
}

/** The first `used` bytes of `body`, with room for `room`. */
function larger(body: Buffer, used: number, room: number): Buffer {
  const grown = takeBuffer(room);
  body.copy(grown, 0, 0, used);
  giveBuffer(body);
  return grown;
}

/** Reads on without keeping anything, so that a sender still busy sending gets to read its answer. True when the request ended. */
export function discard(request: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    let size = 0;
    const finish = (): void => {
      clearTimeout(limit);
      request.off('data', count);
      request.pause();
      resolve(request.complete);
    };
    const limit = setTimeout(finish, DISCARD_MS);
    function count(chunk: Buffer): void {
      size += chunk.length;
      if (size > DISCARD_BYTES) finish();
    }
    if (request.complete || request.destroyed) return finish();
    request.on('data', count).once('end', finish).once('close', finish).resume();
  });
}

/** Unpacks a body, to at most `limit` bytes; `lease` grows by them as they come. Throws BODY_TOO_LARGE, QUEUE_FULL, UNSUPPORTED_MEDIA_TYPE or DECODE_FAILED. */
export async function unpack(body: Buffer, contentEncoding: string, limit: number, lease: Lease): Promise<Buffer> {
  const encoding = contentEncoding.trim().toLowerCase().replace('x-gzip', 'gzip');
  switch (encoding) {
    case 'identity':
    case '':
      lease.grow(body.length);
      return body;
    case 'gzip':
    case 'deflate':
      if (body.length === 0) return body;
      try {
        return await unzip(body, encoding, limit, lease);
      } catch (error) {
        if (error instanceof PipelineError) throw error;
        throw new PipelineError('DECODE_FAILED', `the body is not valid ${encoding}: ${messageOf(error)}`, { cause: error });
      }
    case 'zstd':
      return zstd(body, limit, lease);
    default:
      throw new PipelineError('UNSUPPORTED_MEDIA_TYPE', `content-encoding ${encoding} is not supported; use gzip, deflate, zstd or none`);
  }
}

function unzip(body: Buffer, encoding: keyof typeof unpackers, limit: number, lease: Lease): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const unpacker = unpackers[encoding]();
    const chunks: Buffer[] = [];
    let size = 0;
    unpacker.on('data', (chunk: Buffer) => {
      size += chunk.length;
      try {
        if (size > limit) throw tooLarge(limit);
        lease.grow(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        unpacker.destroy(error as Error);
      }
    });
    unpacker.once('end', () => resolve(Buffer.concat(chunks, size)));
    unpacker.once('error', reject);
    unpacker.end(body);
  });
}

function zstd(body: Buffer, limit: number, lease: Lease): Buffer {
  let unpacked: Buffer | undefined;
  try {
    unpacked = unpackZstd(body, limit);
  } catch (error) {
    throw new PipelineError('DECODE_FAILED', `the body is not valid zstd: ${messageOf(error)}`, { cause: error });
  }
  if (!unpacked) throw tooLarge(limit);
  // It is unpacked in one go: no two are at a time.
  lease.grow(unpacked.length);
  return unpacked;
}
