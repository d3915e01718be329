import { Decompress, decompress } from 'fzstd';

/** RFC 8878 recommends that decoders support windows of 8 MiB; encoders at their usual levels stay below. */
const MAX_WINDOW = 16 * 1024 * 1024;
/** Bytes that moving the window may cost in all: the decoder moves it once for each block, of 128 KiB when the encoder is honest. */
const MAX_WORK = 4 * 1024 ** 3;
const MAX_FRAMES = 100;
const MAGIC = 0xfd2fb528;

interface Frame {
  /** Where the next one begins. */
  readonly end: number;
  readonly window: number;
  readonly contentSize: number | undefined;
  readonly blocks: number;
}

/** Unpacks zstd, to at most `limit` bytes; undefined when it is more. Throws when it is malformed, or made to cost. */
export function unpackZstd(body: Buffer, limit: number): Buffer | undefined {
  const frames: Frame[] = [];
  for (let at = 0; at < body.length; at = frames.at(-1)?.end ?? body.length) {
    if (frames.length >= MAX_FRAMES) throw new RangeError(`more than ${MAX_FRAMES} frames`);
    frames.push(readFrame(body, at));
  }
  const [only] = frames;
  if (frames.length === 1 && only?.contentSize !== undefined) {
    return only.contentSize > limit ? undefined : Buffer.from(decompress(body, new Uint8Array(only.contentSize)));
  }
  if (frames.some(({ window }) => window > MAX_WINDOW) || frames.reduce((work, { window, blocks }) => work + window * blocks, 0) > MAX_WORK) throw new RangeError('its window is too large');
  return unpackStream(body, limit);
}

/** Frames that do not say how large their content is, as encoders of streams write them. */
function unpackStream(body: Buffer, limit: number): Buffer | undefined {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const full = new Error();
  try {
    new Decompress((chunk) => {
      size += chunk.length;
      if (size > limit) throw full;
      chunks.push(chunk.slice());
    }).push(body, true);
  } catch (error) {
    if (error === full) return undefined;
    throw error;
  }
  return Buffer.concat(chunks);
}

/** Walks over a frame without unpacking it. RFC 8878 §3.1.1. Throws RangeError when it ends early. */
function readFrame(body: Buffer, from: number): Frame {
  const magic = body.readUInt32LE(from);
  if (magic >>> 4 === 0x184d2a5) return { end: from + 8 + body.readUInt32LE(from + 4), window: 0, contentSize: 0, blocks: 0 };
  if (magic !== MAGIC) throw new RangeError('it does not begin as a frame');
  const descriptor = body.readUInt8(from + 4);
  const single = (descriptor & 0x20) !== 0;
  let at = from + 5;
  let window = 0;
  if (!single) {
    const exponent = body.readUInt8(at);
    window = 2 ** (10 + (exponent >> 3)) * (1 + (exponent & 7) / 8);
    at += 1;
  }
  at += [0, 1, 2, 4][descriptor & 3] ?? 0;
  const bytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const contentSize = bytes === 0 ? undefined : bytes === 8 ? Number(body.readBigUInt64LE(at)) : body.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
  at += bytes;
  let blocks = 0;
  for (let last = false; !last; blocks += 1) {
    const header = body.readUIntLE(at, 3);
    last = (header & 1) === 1;
    at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  if (at > body.length) throw new RangeError('it ends early');
  return { end: at + ((descriptor & 4) !== 0 ? 4 : 0), window: single ? (contentSize ?? 0) : window, contentSize, blocks };
}
