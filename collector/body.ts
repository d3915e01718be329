import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import { messageOf, PipelineError } from '#core/errors.js';

const unzip = { gzip: promisify(gunzip), deflate: promisify(inflate) };

const tooLarge = (limit: number): PipelineError => new PipelineError('BODY_TOO_LARGE', `the body is larger than ${limit} bytes; send smaller batches or raise FAULTLINE_COLLECTOR_MAX_BODY`, { retryable: false });

/** Reads a request to its end, at most `limit` bytes, and unpacks it, again at most `limit` bytes. Throws BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE or DECODE_FAILED. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  switch (encoding) {
    case 'identity':
    case '':
      return body;
    case 'gzip':
    case 'deflate':
      try {
        return await unzip[encoding](body, { maxOutputLength: limit });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
        throw new PipelineError('DECODE_FAILED', `the body is not valid ${encoding}: ${messageOf(error)}`, { retryable: false, cause: error });
      }
    case 'zstd':
      return unpackZstd(body, limit);
    default:
      throw new PipelineError('UNSUPPORTED_MEDIA_TYPE', `content-encoding ${encoding} is not supported; use gzip, deflate, zstd or none`, { retryable: false });
  }
}

/** The frame header says how large the content is; a frame that does not, or lies, is not unpacked. */
function unpackZstd(body: Buffer, limit: number): Buffer {
  const size = zstdContentSize(body);
  if (size === undefined) throw new PipelineError('DECODE_FAILED', 'the body is not a zstd frame that states its content size', { retryable: false });
  if (size > limit) throw tooLarge(limit);
  try {
    return Buffer.from(unzstd(body, new Uint8Array(size)));
  } catch (error) {
    throw new PipelineError('DECODE_FAILED', `the body is not valid zstd: ${messageOf(error)}`, { retryable: false, cause: error });
  }
}

/** RFC 8878 §3.1.1. */
function zstdContentSize(body: Buffer): number | undefined {
  if (body.length < 6 || body.readUInt32LE(0) !== 0xfd2fb528) return undefined;
  const descriptor = body[4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const bytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  if (bytes === 0 || body.length < at + bytes) return undefined;
  if (bytes === 8) return Number(body.readBigUInt64LE(at));
  return body.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
