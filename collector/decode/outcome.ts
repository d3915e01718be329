import { PipelineError } from '#core/errors.js';
import type { UnixMs } from '#core/types.js';
import { nativeBlock, type NativeColumn } from '#store/native.js';
import { takeBuffer } from '../kept-buffers.js';
import { ANY_SERIES, type NewSeries } from '../new-series.js';
import { RateLimited, type SourceRates, UNLIMITED_RATES } from '../rates.js';
import type { Signal } from './json.js';
import type { Resource } from './resource.js';

/** One Native block for one table, in a kept buffer: give it back. */
export interface DecodedBlock {
  readonly table: string;
  readonly rows: number;
  readonly native: Buffer;
}

/** What `columns` hold, all the same number of rows, as a block of `table`. */
export function blockOf(table: string, columns: readonly NativeColumn[]): DecodedBlock {
  const rows = columns[0]?.rows ?? 0;
  return { table, rows, native: rows > 0 ? nativeBlock(columns, takeBuffer) : Buffer.alloc(0) };
}

/** What one service sent in one body. */
export interface SourceReport {
  readonly service: string;
  readonly sdk: string;
  readonly accepted: number;
  readonly refused: number;
  /** Of the accepted, log records that say nothing of how bad they are. */
  readonly unrated: number;
  /** How old the newest of what is accepted is, milliseconds. */
  readonly ageMs: number;
  /** What its owner should mend, each a sentence. */
  readonly problems: readonly string[];
  /** What its processes say of themselves: one for each group of the body, at most RESOURCES. */
  readonly resources: readonly Resource['record'][];
}

/** What one body held: blocks to store, and what of it was refused and why. */
export interface Decoded {
  readonly blocks: readonly DecodedBlock[];
  readonly accepted: number;
  readonly rejected: number;
  /** For the sender: what was refused, and what is wrong with what was taken; '' when there is nothing to say. */
  readonly message: string;
  readonly sources: readonly SourceReport[];
  /** To be called when the blocks were not kept, so that what is written once is written again. */
  undo(): void;
  /** Set when all of it is of sources over a limit: nothing was taken, and the sender is to try again. */
  readonly limited: RateLimited | undefined;
}

export interface Limits {
  /** Records of a signal that are older than this are refused: they would be dropped at once. */
  readonly maxAgeMs: Readonly<Record<Signal, number>>;
  /** Records further ahead of this machine's clock are refused. */
  readonly maxAheadMs: number;
  /** Metric series remembered at a time. */
  readonly maxSeries: number;
  /** Bytes that one body may become: every row repeats its resource, so that a large resource over many small records is a bomb; so are many empty events, exemplars and buckets. */
  readonly maxExpandedBytes: number;
  readonly rates: SourceRates;
  readonly newSeries: NewSeries;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The default retention. */
const MAX_AGE_MS = 15 * DAY;
export const DEFAULT_LIMITS: Limits = { maxAgeMs: { traces: MAX_AGE_MS, logs: MAX_AGE_MS, metrics: MAX_AGE_MS }, maxAheadMs: HOUR, maxSeries: 1_000_000, maxExpandedBytes: 128 * 1024 * 1024, rates: UNLIMITED_RATES, newSeries: ANY_SERIES };
const CLOCK_TOLERANCE_MS = 600_000;
/** A start of a counter that is older says nothing a query could use. */
export const MAX_START_AGE_MS = 3_600_000;

export const NO_NAME = 'it does not say its name: set OTEL_SERVICE_NAME';
export const CLOCK_OFF = "its newest time stamp is more than 10 minutes from this machine's clock: check both clocks";
export const SHARED_SERIES = 'several processes send the same series: give each its own service.instance.id';
export const SHARED_BY_SCOPES = 'several instrumentation scopes send the same series: give one of them another metric name, or an attribute of its own';
export const NOT_FINITE = 'a delta is NaN or infinite and counts as 0: mend what is added to the counter or recorded';
export const MAY_FALL = 'deltas of a sum that may fall are added up from 0 whenever Faultline starts: send them as monotonic where they are (statsd receiver: is_monotonic_counter: true)';
export const NO_START = 'it sends deltas without a start time, so that a lost one is not noticed: set start_time_unix_nano';

/** Groups of a body may be millions. */
const RESOURCES = 256;

/** What one service sent, while it is counted. */
export class Source {
  readonly resource: Resource;
  readonly resources: Resource['record'][] = [];
  accepted = 0;
  /** Log records without a severity. */
  unrated = 0;
  /** Of the accepted records. */
  newestMs = 0;
  readonly rejections = new Map<string, number>();
  readonly warnings = new Set<string>();
  /** Why nothing of it is taken. */
  readonly refusal: string | undefined;
  constructor(resource: Resource, refusal: string | undefined) {
    this.resource = resource;
    this.refusal = refusal;
  }
  accept(timeMs: UnixMs): void {
    this.accepted += 1;
    if (timeMs > this.newestMs) this.newestMs = timeMs;
  }
  reject(reason: string, count = 1): void {
    this.rejections.set(reason, (this.rejections.get(reason) ?? 0) + count);
  }
}

/** Counts what one body gave while it is decoded. */
export class Tally {
  readonly now: UnixMs;
  readonly #limits: Limits;
  readonly #maxAgeMs: number;
  readonly #sources = new Map<string, Source>();
  #expanded = 0;
  /** What is said of times that cannot be stored: of each there may be millions. */
  readonly #tooOld: string;
  readonly #tooFarAhead: string;

  constructor(limits: Limits, signal: Signal, now: UnixMs) {
    this.#limits = limits;
    this.#maxAgeMs = limits.maxAgeMs[signal];
    this.now = now;
    this.#tooOld = `time stamp older than ${this.#maxAgeMs % DAY === 0 && this.#maxAgeMs > DAY ? `${this.#maxAgeMs / DAY} days` : `${this.#maxAgeMs / HOUR} h`}`;
    this.#tooFarAhead = `time stamp more than ${limits.maxAheadMs / HOUR} h ahead of this machine's clock`;
  }

  source(resource: Resource): Source {
    const source = this.#sources.get(resource.service) ?? new Source(resource, this.#limits.rates.refusal(resource.service));
    this.#sources.set(resource.service, source);
    if (source.resources.length < RESOURCES) source.resources.push(resource.record);
    return source;
  }

  /** Counts bytes that a row repeats, or takes beyond those it was sent in. Throws BODY_TOO_LARGE when the body becomes too many. */
  repeat(bytes: number): void {
    this.#expanded += bytes;
    if (this.#expanded > this.#limits.maxExpandedBytes) {
      throw new PipelineError('BODY_TOO_LARGE', `the request becomes more than ${this.#limits.maxExpandedBytes} bytes, because every record repeats its resource and what is short as sent takes more; send smaller batches or fewer resource attributes`);
    }
  }

  /** Says why a record of `timeMs` cannot be stored, or nothing. */
  timeFault(timeMs: UnixMs): string | undefined {
    const { maxAheadMs } = this.#limits;
    const age = this.now - timeMs;
    if (age > this.#maxAgeMs) return this.#tooOld;
    return -age > maxAheadMs ? this.#tooFarAhead : undefined;
  }

  result(blocks: readonly DecodedBlock[], undo: () => void = () => undefined): Decoded {
    const reasons = new Map<string, number>();
    const warnings = new Set<string>();
    let accepted = 0;
    let rejected = 0;
    const sources = [...this.#sources.values()].map((source): SourceReport => {
      const { resource } = source;
      if (source.accepted > 0 && !resource.named) source.warnings.add(NO_NAME);
      if (source.accepted > 0 && Math.abs(this.now - source.newestMs) > CLOCK_TOLERANCE_MS) source.warnings.add(CLOCK_OFF);
      let refused = 0;
      for (const [reason, count] of source.rejections) {
        reasons.set(reason, (reasons.get(reason) ?? 0) + count);
        refused += count;
      }
      for (const warning of source.warnings) warnings.add(warning);
      accepted += source.accepted;
      rejected += refused;
      this.#limits.rates.count(resource.service, source.accepted + refused, source.accepted + refused - (source.refusal === undefined ? 0 : refused));
      return { service: resource.service, sdk: resource.sdk, accepted: source.accepted, refused, unrated: source.unrated, ageMs: this.now - source.newestMs, resources: source.resources, problems: [...source.warnings, ...[...source.rejections.keys()].map((reason) => `some of it is refused: ${reason}`)] };
    });
    const message = [...[...reasons].map(([reason, count]) => `${count} rejected: ${reason}`), ...warnings].join('; ');
    const over = [...this.#sources.values()].filter(({ refusal }) => refusal !== undefined);
    const limited = accepted === 0 && rejected > 0 && over.length === this.#sources.size ? new RateLimited(message, Math.max(...over.map(({ resource }) => this.#limits.rates.retryAfterS(resource.service)))) : undefined;
    return { blocks: blocks.filter((block) => block.rows > 0), accepted, rejected, message, sources, undo, limited };
  }
}
