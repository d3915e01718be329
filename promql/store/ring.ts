import { chunkLast, viewsOf, type Views } from './chunk.js';

const SLAB_BYTES = 1024 ** 2;

/** Chunks in the order they were written, in slabs of a megabyte; the oldest slab makes room for the newest. A position is good until its slab is gone. */
export class Ring {
  /** Every chunk that was dropped ends at or before this. */
  droppedUpTo = -Infinity;
  readonly #slabs: Views[] = [];
  /** The latest end of the chunks in each slab. */
  readonly #latest: number[] = [];
  #firstSlab = 0;
  #used = SLAB_BYTES;

  /** Where the next chunk of `size` bytes lies; at most `maxBytes` are held. */
  reserve(size: number, maxBytes: number): number {
    if (this.#used + size > SLAB_BYTES) {
      const mostSlabs = Math.max(1, Math.floor(maxBytes / SLAB_BYTES));
      let free: Views | undefined;
      while (this.#slabs.length >= mostSlabs) {
        free = this.#slabs.shift();
        this.droppedUpTo = Math.max(this.droppedUpTo, this.#latest.shift() ?? -Infinity);
        this.#firstSlab += 1;
      }
      this.#slabs.push(free ?? viewsOf(SLAB_BYTES));
      this.#latest.push(-Infinity);
      this.#used = 0;
    }
    const position = (this.#firstSlab + this.#slabs.length - 1) * SLAB_BYTES + this.#used;
    this.#used += size;
    return position;
  }

  /** Call once the chunk is written. */
  note(position: number): void {
    const views = this.at(position);
    const slab = this.#latest.length - 1;
    if (views) this.#latest[slab] = Math.max(this.#latest[slab] ?? -Infinity, chunkLast(views, position % SLAB_BYTES));
  }

  /** undefined when what lay there is gone. */
  at(position: number): Views | undefined {
    return position < 0 ? undefined : this.#slabs[Math.floor(position / SLAB_BYTES) - this.#firstSlab];
  }

  offset(position: number): number {
    return position % SLAB_BYTES;
  }
}
