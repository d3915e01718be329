/** Less is cheaper to make anew. */
const LEAST_BYTES = 16 * 1024;
/** Sizes that are told apart between a power of two and the next. */
const STEPS = 4;
/** Of all that lie idle. */
const MAX_IDLE_BYTES = 64 * 1024 * 1024;

/** By size, that used last behind. */
const idle = new Map<number, ArrayBufferLike[]>();
let idleBytes = 0;
/** What was given and did not come back yet. Small buffers lie in memory that Node shares between them: those are never kept. */
const lent = new WeakSet<ArrayBufferLike>();

/** Up to a quarter more than `bytes`, so that what is given back fits the next of about this size. */
function roomFor(bytes: number): number {
  const step = 2 ** Math.floor(Math.log2(bytes)) / STEPS;
  return Math.ceil(bytes / step) * step;
}

/** A buffer of so many bytes, whatever they were before. Memory outside the heap that comes and goes brings on sweeps of the whole heap; this is used again once it is given back. */
export function takeBuffer(bytes: number): Buffer {
  if (bytes < LEAST_BYTES) return Buffer.allocUnsafe(bytes);
  const room = roomFor(bytes);
  const kept = idle.get(room)?.pop();
  if (kept) idleBytes -= room;
  const buffer = kept ?? Buffer.allocUnsafeSlow(room).buffer;
  lent.add(buffer);
  return Buffer.from(buffer, 0, bytes);
}

/** Gives back what `takeBuffer` gave: nobody may look at it any more. Anything else, and what was given back before, is let be. */
export function giveBuffer({ buffer }: Buffer): void {
  if (!lent.delete(buffer)) return;
  const room = buffer.byteLength;
  const same = idle.get(room) ?? [];
  same.push(buffer);
  idle.delete(room);
  idle.set(room, same);
  idleBytes += room;
  for (const [size, buffers] of idle) {
    if (idleBytes <= MAX_IDLE_BYTES) return;
    while (idleBytes > MAX_IDLE_BYTES && buffers.pop()) idleBytes -= size;
    if (buffers.length === 0) idle.delete(size);
  }
}
