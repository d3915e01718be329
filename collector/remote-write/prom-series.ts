import type { Resource } from '../decode/resource.js';
import type { Timeline } from './recent-times.js';

/** One Prometheus series that was seen. Its labels are not kept: a request that must describe it has them. */
export class PromSeries implements Timeline {
  /** Halves of its id in `metric_series`. */
  readonly low: number;
  readonly high: number;
  readonly resource: Resource;
  readonly slot: number;
  count = 0;
  newestMs = 0;
  seenAt = 0;
  /** When and with what it was last described: see `createDescriber`. */
  writtenAt = 0;
  generation = 0;
  metadataKey = 0;
  isNative = false;
  /** What its owner should mend, when it was new. */
  warning: string | undefined;
  /** When it began to count, as far as was said. */
  startMs = 0;
  exemplarMs = 0;
  exemplarValue = 0;
  /** Series made from a native histogram: count, sum and, with custom bounds, buckets. */
  parts: readonly PromSeries[] = [];
  /** Bounds that `parts` were made for. */
  shape: string | undefined;

  constructor(low: number, high: number, resource: Resource, slot: number) {
    this.high = high;
    this.low = low;
    this.resource = resource;
    this.slot = slot;
  }

  /** Nothing of it is known to be stored. */
  forget(): void {
    this.count = 0;
    this.writtenAt = 0;
    this.startMs = 0;
    this.exemplarMs = 0;
    for (const part of this.parts) part.forget();
  }
}
