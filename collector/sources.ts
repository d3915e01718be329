import type { ApiSource } from '#core/api.js';
import type { Clock } from '#core/clock.js';
import type { Decoded, Signal } from './decode/decoder.js';
import { UNKNOWN_SERVICE } from './decode/resource.js';

const BUCKET_MS = 5_000;
const BUCKETS = 12;
const FORGET_MS = 24 * 3_600_000;
const MAX_SOURCES = 5_000;

interface Flow {
  readonly counts: Float64Array;
  bucket: number;
  lastSeenAt: number;
}

interface Source {
  sdk: string;
  readonly flows: Map<Signal, Flow>;
}

/** What arrives and from whom, over the last minute. */
export interface Sources {
  seen(signal: Signal, decoded: Decoded): void;
  list(): ApiSource[];
}

export function createSources(clock: Clock): Sources {
  const sources = new Map<string, Source>();

  /** Moves a flow's ring to the present, zeroing what it skips. */
  function advance(flow: Flow): number {
    const bucket = Math.floor(clock() / BUCKET_MS);
    for (let at = Math.max(flow.bucket + 1, bucket - BUCKETS + 1); at <= bucket; at += 1) flow.counts[at % BUCKETS] = 0;
    flow.bucket = bucket;
    return bucket % BUCKETS;
  }

  return {
    seen(signal, decoded) {
      for (const { service, sdk, count } of decoded.sources) {
        if (!sources.has(service) && sources.size >= MAX_SOURCES) continue;
        const source = sources.get(service) ?? { sdk, flows: new Map<Signal, Flow>() };
        sources.set(service, source);
        if (sdk !== '') source.sdk = sdk;
        const flow = source.flows.get(signal) ?? { counts: new Float64Array(BUCKETS), bucket: 0, lastSeenAt: 0 };
        source.flows.set(signal, flow);
        const at = advance(flow);
        flow.counts[at] = (flow.counts[at] ?? 0) + count;
        flow.lastSeenAt = clock();
      }
    },
    list() {
      const now = clock();
      for (const [service, { flows }] of sources) if ([...flows.values()].every((flow) => now - flow.lastSeenAt > FORGET_MS)) sources.delete(service);
      return [...sources].map(([service, { sdk, flows }]) => ({
        service,
        sdk,
        signals: [...flows].map(([signal, flow]) => {
          advance(flow);
          return { signal, perSecond: flow.counts.reduce((sum, count) => sum + count, 0) / ((BUCKETS * BUCKET_MS) / 1000), lastSeenAt: flow.lastSeenAt };
        }),
        problems: service === UNKNOWN_SERVICE ? ['it does not say its name: set OTEL_SERVICE_NAME'] : [],
      }));
    },
  };
}
