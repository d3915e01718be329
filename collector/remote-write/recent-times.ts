/** How many times of a series are remembered. A sender that repeats a request repeats the newest. */
const REMEMBERED = 32;
const CHUNK = 4096;

/** Of so many series that stand in a row. */
class Chunk {
  /** Milliseconds modulo 2^32 (49 days): 128 bytes a series. */
  readonly times = new Uint32Array(CHUNK * REMEMBERED);
  /** Samples so far; 0 when nothing is known. */
  readonly counts = new Uint32Array(CHUNK);
  readonly newestMs = new Float64Array(CHUNK);
}

/**
 * The newest times of every series, to store a sample once that arrives twice. Late samples are told from repeated ones as long as the times between are remembered; after that they count as new,
 * because a sample stored twice is read once, and one lost is lost.
 */
export class RecentTimes {
  readonly #chunks: Chunk[] = [];

  /** Notes the time; false when it is known already. */
  add(row: number, timeMs: number): boolean {
    const { times, counts, newestMs } = this.#chunkOf(row);
    const slot = row % CHUNK;
    const count = counts[slot] ?? 0;
    const from = slot * REMEMBERED;
    const short = timeMs >>> 0;
    if (count === 0 || timeMs > (newestMs[slot] ?? 0)) newestMs[slot] = timeMs;
    else {
      const end = from + Math.min(count, REMEMBERED);
      for (let at = from; at < end; at += 1) if (times[at] === short) return false;
    }
    times[from + (count % REMEMBERED)] = short;
    counts[slot] = count + 1;
    return true;
  }

  /** The newest time that was noted; 0 when none was. */
  newest(row: number): number {
    const { counts, newestMs } = this.#chunkOf(row);
    return counts[row % CHUNK] === 0 ? 0 : (newestMs[row % CHUNK] ?? 0);
  }

  forget(row: number): void {
    this.#chunkOf(row).counts[row % CHUNK] = 0;
  }

  #chunkOf(row: number): Chunk {
    return (this.#chunks[Math.floor(row / CHUNK)] ??= new Chunk());
  }
}
