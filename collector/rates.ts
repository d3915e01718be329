import type { Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import { sourceKey } from './source-key.js';

/** A source may send so many seconds' worth of its rate at once. */
const BURST_S = 10;
/** What was sent counts half as much after this. */
const HALF_LIFE_MS = 15_000;
/** Above this much of the queue, what is left is for those that send little. */
const NEARLY_FULL = 0.75;
/** Of an equal share of what arrives. */
const GREEDY = 1.5;
const IDLE_MS = 120_000;
const MAX_SOURCES = 10_000;
/** How often room is looked for where there is none. */
const LOOK_MS = 60_000;
/** How often those that still send are counted. */
const COUNT_MS = 1_000;
const GREEDY_RETRY_S = 10;

const OVER_SHARE = 'the queue is nearly full, and this source sends more than its share of what arrives';

/** Nothing of a request was taken, because all of it is of sources over a limit. */
export class RateLimited extends PipelineError {
  readonly retryAfterS: number;
  constructor(message: string, retryAfterS: number) {
    super('RATE_LIMITED', message);
    this.name = 'RateLimited';
    this.retryAfterS = retryAfterS;
  }
}

/** How much each source sends, and whether it may. A source is what its records call their service. */
export interface SourceRates {
  /** Why nothing of `service` is taken at present; undefined when it is. */
  refusal(service: string): string | undefined;
  /** Notes what one request held of it, and how much of that was taken. */
  count(service: string, offered: number, accepted: number): void;
  /** When it may send again, whole seconds. */
  retryAfterS(service: string): number;
}

export const UNLIMITED_RATES: SourceRates = { refusal: () => undefined, count: () => undefined, retryAfterS: () => 1 };

interface Flow {
  /** Items that may be taken at once; below 0 while a burst is paid back. */
  allowance: number;
  /** Items offered, those of long ago counting less. */
  offered: number;
  at: number;
}

export interface RateOptions {
  /** 0: no limit. */
  readonly itemsPerSecond: number;
  readonly clock: Clock;
  /** How full the queue is, 0..1. */
  readonly fullness: () => number;
  /** Is told of items that were not taken. */
  readonly limited: (reason: 'rate' | 'share', items: number) => void;
}

export function createSourceRates({ itemsPerSecond, clock, fullness, limited }: RateOptions): SourceRates {
  const flows = new Map<string, Flow>();
  const overRate = `this source sends more than ${itemsPerSecond} items a second (collector.limits.per_source.items_per_second)`;
  let total = 0;
  let totalAt = 0;
  let lookedAt = 0;
  /** Sources that are not idle, and when they were counted. */
  let active = 0;
  let activeAt = 0;
  /** Milliseconds; a clock that was set back passed none. */
  const passedSince = (time: number): number => Math.max(0, clock() - time);

  function hasRoom(): boolean {
    if (flows.size >= MAX_SOURCES && Math.abs(clock() - lookedAt) >= LOOK_MS) {
      lookedAt = clock();
      for (const [name, { at }] of flows) if (passedSince(at) > IDLE_MS) flows.delete(name);
    }
    return flows.size < MAX_SOURCES;
  }

  function activeSources(): number {
    if (Math.abs(clock() - activeAt) >= COUNT_MS) {
      activeAt = clock();
      active = 0;
      for (const { at } of flows.values()) if (passedSince(at) <= IDLE_MS) active += 1;
    }
    return active;
  }

  /** The flow of `service` as of now. */
  function flowOf(service: string): Flow {
    const key = sourceKey(service);
    const now = clock();
    const known = flows.get(key);
    const flow = known ?? { allowance: itemsPerSecond * BURST_S, offered: 0, at: now };
    if (!known && hasRoom()) {
      flows.set(key, flow);
      active += 1;
    }
    const passed = passedSince(flow.at);
    flow.allowance = Math.min(flow.allowance + (itemsPerSecond * passed) / 1000, itemsPerSecond * BURST_S);
    flow.offered *= 0.5 ** (passed / HALF_LIFE_MS);
    flow.at = now;
    return flow;
  }

  function sendsTooMuch(flow: Flow): boolean {
    if (fullness() < NEARLY_FULL) return false;
    const sources = activeSources();
    return sources > 1 && flow.offered > (GREEDY * total * 0.5 ** (passedSince(totalAt) / HALF_LIFE_MS)) / sources;
  }

  return {
    refusal(service) {
      const flow = flowOf(service);
      if (itemsPerSecond > 0 && flow.allowance <= 0) return overRate;
      return sendsTooMuch(flow) ? OVER_SHARE : undefined;
    },
    count(service, offered, accepted) {
      const flow = flowOf(service);
      flow.allowance -= accepted;
      flow.offered += offered;
      total = total * 0.5 ** (passedSince(totalAt) / HALF_LIFE_MS) + offered;
      totalAt = flow.at;
      if (accepted < offered) limited(itemsPerSecond > 0 && flow.allowance <= 0 ? 'rate' : 'share', offered - accepted);
    },
    retryAfterS(service) {
      const { allowance } = flowOf(service);
      return itemsPerSecond > 0 && allowance <= 0 ? Math.ceil(1 - allowance / itemsPerSecond) : GREEDY_RETRY_S;
    },
  };
}
