import { uncompress, uncompressSync } from 'snappy';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Lease } from '../admission.js';
import { tooLarge } from '../body.js';

const MAX_LENGTH_BYTES = 5;
/** To go to another thread and back takes longer than to unpack so much. */
const AT_ONCE_BYTES = 64 * 1024;

const malformed = (what: string, cause?: unknown): PipelineError => new PipelineError('DECODE_FAILED', `the body is not valid snappy (block format): ${what}`, { cause });

/**
 * Unpacks a snappy block of at most `limit` bytes; a large one on another thread. How many it becomes stands at its front, so that a bomb is refused before any memory is taken for it.
 * Throws BODY_TOO_LARGE, QUEUE_FULL or DECODE_FAILED. Source: https://github.com/google/snappy/blob/main/format_description.txt
 */
export async function unpackSnappy(body: Buffer, limit: number, lease: Lease): Promise<Buffer> {
  const size = roomFor(body, limit, lease);
  if (size <= AT_ONCE_BYTES) return unpack(body, size);
  try {
    return plain((await uncompress(body, { asBuffer: true })) as Buffer);
  } catch (error) {
    throw malformed(messageOf(error), error);
  }
}

/** The same, at once and on this thread. */
export const unpackSnappyAtOnce = (body: Buffer, limit: number, lease: Lease): Buffer => unpack(body, roomFor(body, limit, lease));

function roomFor(body: Buffer, limit: number, lease: Lease): number {
  const size = unpackedLength(body);
  if (size > limit) throw tooLarge(limit);
  lease.grow(size);
  return size;
}

function unpack(body: Buffer, size: number): Buffer {
  if (size === 0) return Buffer.alloc(0);
  try {
    return plain(uncompressSync(body, { asBuffer: true }) as Buffer);
  } catch (error) {
    throw malformed(messageOf(error), error);
  }
}

/** A buffer as Node itself makes them: of those that native code makes the engine thinks as of another class, and all code that reads both kinds is slower for both. */
const plain = ({ buffer, byteOffset, byteLength }: Buffer): Buffer => Buffer.from(buffer, byteOffset, byteLength);

function unpackedLength(body: Buffer): number {
  let size = 0;
  for (let at = 0; at < MAX_LENGTH_BYTES; at += 1) {
    const byte = body[at];
    if (byte === undefined) throw malformed('it ends within its length');
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return size;
  }
  throw malformed('its length has more than five bytes');
}
