/** How many times of a series are remembered. A sender that repeats a request repeats the newest. */
const REMEMBERED = 32;
const CHUNK = 4096;

/** What `RecentTimes` keeps beside the times themselves. */
export interface Timeline {
  /** Where its times are. */
  readonly slot: number;
  /** Samples so far; 0 when nothing is known. */
  count: number;
  newestMs: number;
}

/**
 * The newest times of every series, to store a sample once that arrives twice. Late samples are told from repeated ones as long as the times between are remembered; after that they count as new,
 * because a sample stored twice is read once, and one lost is lost.
 */
export class RecentTimes {
  /** Milliseconds modulo 2^32 (49 days): 128 bytes a series. */
  readonly #chunks: Uint32Array[] = [];
  readonly #free: number[] = [];
  #slots = 0;

  take(): number {
    const slot = this.#free.pop() ?? this.#slots++;
    this.#chunks[Math.floor(slot / CHUNK)] ??= new Uint32Array(CHUNK * REMEMBERED);
    return slot;
  }

  release(slot: number): void {
    this.#free.push(slot);
  }

  /** Notes the time; false when it is known already. */
  add(line: Timeline, timeMs: number): boolean {
    const chunk = this.#chunks[Math.floor(line.slot / CHUNK)];
    if (!chunk) return true;
    const from = (line.slot % CHUNK) * REMEMBERED;
    const short = timeMs >>> 0;
    if (line.count > 0 && timeMs <= line.newestMs) {
      const end = from + Math.min(line.count, REMEMBERED);
      for (let at = from; at < end; at += 1) if (chunk[at] === short) return false;
    }
    chunk[from + (line.count % REMEMBERED)] = short;
    line.newestMs = line.count > 0 ? Math.max(line.newestMs, timeMs) : timeMs;
    line.count += 1;
    return true;
  }
}
