import { BY_METRICS, hasStatus, isFailed, requestsOf } from '#core/served.js';
import { seriesOf } from '#core/series.js';
import type { Series } from '#core/types.js';
import { Readings, type Measured } from './measured.js';

/** Without a span for so long, what a service says by metrics is all there is. */
const TRACED_MS = 3_600_000;
const MS_OF: Readonly<Record<string, number>> = { s: 1000, ms: 1, us: 1e-3, ns: 1e-6 };

/** What one metric of a service says of its requests, by slot. */
interface Family {
  readonly requests: Float64Array;
  readonly failed: Float64Array;
  /** Whether it tells by their status which failed. */
  tells: boolean;
}

/** Sums over all series of all services without spans, by slot. */
export interface Sums {
  readonly slots: number;
  readonly families: Map<string, Map<string, Family>>;
  readonly latencies: Map<string, { readonly count: Float64Array; readonly ms: Float64Array }>;
}

export const noSums = (slots: number): Sums => ({ slots, families: new Map(), latencies: new Map() });

/** What a series has to do with requests: how many, or how long; or that spans tell of them. */
type Part =
  | { readonly is: 'traced'; readonly service: string }
  | { readonly is: 'count'; readonly service: string; readonly metric: string; readonly fails: boolean; readonly tells: boolean }
  | { readonly is: 'mean'; readonly service: string; readonly msPerUnit: number };

/**
 * Requests of services that send no spans: their share of failures and mean latency, from metrics that count what was served by instance, path and status. Each such series is too small a part to say much by itself.
 */
export interface ServedRequests {
  /** Adds what was measured of metrics; spans that are among it are noted first. `at` is the time of the last slot. */
  collect(measured: Measured, at: number, stepSeconds: number, into: Sums): void;
  /** Puts the sums where the readings of spans would be. */
  put(sums: Sums, stepSeconds: number, into: Readings): void;
}

export function createServedRequests(): ServedRequests {
  const tracedAt = new Map<string, number>();
  /** Of the measurements before: most series come in the same places again, and each that is looked at is a wait for memory. */
  let last: { readonly series: readonly Series[]; readonly parts: readonly (Part | undefined)[] } = { series: [], parts: [] };

  /** By the place of each; more may be put behind them since. */
  function partsOf(all: readonly Series[]): readonly (Part | undefined)[] {
    const { series: before, parts } = last;
    let same = 0;
    while (same < all.length && same < parts.length && all[same] === before[same]) same += 1;
    last = { series: all, parts: same === all.length && same === parts.length ? parts : all.map((series, index) => (index < parts.length && series === before[index] ? parts[index] : partOf(series))) };
    return last.parts;
  }

  return {
    collect({ series, slots, values, counts }, at, stepSeconds, into) {
      const parts = partsOf(series);
      for (const part of parts) if (part?.is === 'traced') tracedAt.set(part.service, at);
      for (const [service, seenAt] of tracedAt) if (at - seenAt > TRACED_MS) tracedAt.delete(service);
      for (let index = 0; index < parts.length; index += 1) {
        const part = parts[index];
        if (!part || part.is === 'traced' || tracedAt.has(part.service)) continue;
        const [all, some, factor] = part.is === 'count' ? countsOf(into, part) : timesOf(into, part);
        for (let slot = 0; slot < slots; slot += 1) {
          const value = values[index * slots + slot] ?? Number.NaN;
          if (!Number.isFinite(value)) continue;
          const requests = part.is === 'count' ? value * stepSeconds : (counts[index * slots + slot] ?? 0);
          all[slot] = (all[slot] ?? 0) + requests;
          some[slot] = (some[slot] ?? 0) + requests * (part.is === 'count' ? factor : factor * value);
        }
      }
    },
    put({ slots, families, latencies }, stepSeconds, into) {
      for (const [service, own] of families) {
        const most = [...own.values()].filter(({ tells }) => tells).toSorted((a, b) => sum(b.requests) - sum(a.requests))[0];
        if (!most) continue;
        const errors = seriesOf('errors', service, '', 'error_ratio', '1', BY_METRICS);
        for (let slot = 0; slot < slots; slot += 1) {
          const requests = most.requests[slot] ?? 0;
          if (requests > 0) into.put(errors, slot, Math.min(1, (most.failed[slot] ?? 0) / requests), requests);
        }
      }
      for (const [service, { count, ms }] of latencies) {
        const latency = seriesOf('latency', service, '', 'mean', 'ms', BY_METRICS);
        for (let slot = 0; slot < slots; slot += 1) {
          const requests = count[slot] ?? 0;
          if (requests > 0) into.put(latency, slot, (ms[slot] ?? 0) / requests, requests);
        }
      }
    },
  };
}

const sum = (all: Float64Array): number => all.reduce((total, one) => total + one, 0);

function partOf({ kind, service, metric, labels, unit }: Series): Part | undefined {
  if (kind === 'rate') return { is: 'traced', service };
  const what = kind === 'metric' && service !== '' ? requestsOf(metric) : undefined;
  if (what === 'count') return { is: 'count', service, metric, fails: isFailed(labels), tells: hasStatus(labels) };
  const msPerUnit = what === 'mean' ? MS_OF[unit] : undefined;
  return msPerUnit === undefined ? undefined : { is: 'mean', service, msPerUnit };
}

/** Where a series adds its requests, and with what factor to those that matter. */
type Into = readonly [all: Float64Array, some: Float64Array, factor: number];

function countsOf({ slots, families }: Sums, { service, metric, fails, tells }: Extract<Part, { is: 'count' }>): Into {
  const own = families.get(service) ?? new Map<string, Family>();
  families.set(service, own);
  const family = own.get(metric) ?? { requests: new Float64Array(slots), failed: new Float64Array(slots), tells: false };
  own.set(metric, family);
  family.tells ||= tells;
  return [family.requests, family.failed, fails ? 1 : 0];
}

function timesOf({ slots, latencies }: Sums, { service, msPerUnit }: Extract<Part, { is: 'mean' }>): Into {
  const known = latencies.get(service) ?? { count: new Float64Array(slots), ms: new Float64Array(slots) };
  latencies.set(service, known);
  return [known.count, known.ms, msPerUnit];
}
