import type { Clock } from '#core/clock.js';

/** One Native block for one table. */
export interface DecodedBlock {
  readonly table: string;
  readonly rows: number;
  readonly native: Buffer;
}

/** What one body held: blocks to store, and what of it was refused and why. */
export interface Decoded {
  readonly blocks: readonly DecodedBlock[];
  readonly accepted: number;
  readonly rejected: number;
  /** A sentence for the sender; '' when nothing was rejected. */
  readonly reason: string;
  readonly sources: readonly { readonly service: string; readonly sdk: string; readonly count: number }[];
}

export interface Limits {
  /** Records older than this are refused: their partitions would be dropped at once. */
  readonly maxAgeMs: number;
  /** Records further ahead of this machine's clock are refused. */
  readonly maxAheadMs: number;
  /** Metric series remembered at a time. */
  readonly maxSeries: number;
}

const HOUR = 3_600_000;
export const DEFAULT_LIMITS: Limits = { maxAgeMs: 30 * 24 * HOUR, maxAheadMs: HOUR, maxSeries: 1_000_000 };

/** Counts what one body gave while it is decoded. */
export class Tally {
  accepted = 0;
  rejected = 0;
  readonly #reasons = new Map<string, number>();
  readonly #sources = new Map<string, { service: string; sdk: string; count: number }>();

  accept(service: string, sdk: string): void {
    this.accepted += 1;
    const source = this.#sources.get(service);
    if (source) source.count += 1;
    else this.#sources.set(service, { service, sdk, count: 1 });
  }

  reject(reason: string, count = 1): void {
    this.rejected += count;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + count);
  }

  result(blocks: readonly DecodedBlock[]): Decoded {
    const reason = [...this.#reasons].map(([text, count]) => `${count} rejected: ${text}`).join('; ');
    return { blocks: blocks.filter((block) => block.rows > 0), accepted: this.accepted, rejected: this.rejected, reason, sources: [...this.#sources.values()] };
  }
}

/** Says why a record of `timeMs` cannot be stored, or nothing. */
export function timeFault(timeMs: number, limits: Limits, clock: Clock): string | undefined {
  const age = clock() - timeMs;
  if (age > limits.maxAgeMs) return `time stamp older than ${limits.maxAgeMs / (24 * HOUR)} days`;
  if (-age > limits.maxAheadMs) return `time stamp more than ${limits.maxAheadMs / HOUR} h ahead of this machine's clock`;
  return undefined;
}
