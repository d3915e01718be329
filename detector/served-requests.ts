import { BY_METRICS, hasStatus, isConvention, isFailed, requestsOf } from '#core/served.js';
import { seriesOf } from '#core/series.js';
import type { Series } from '#core/types.js';
import { Readings, type Measured } from './measured.js';
import { createServedRate, type ServedRate } from './served-rate.js';

/** Without a span for so long, what a service says by metrics is all there is. */
const TRACED_MS = 3_600_000;
const MS_OF: ReadonlyMap<string, number> = new Map(Object.entries({ s: 1000, ms: 1, us: 1e-3, ns: 1e-6 }));

/** What one metric of a service says of its requests, by slot. */
interface Family {
  readonly requests: Float64Array;
  readonly failed: Float64Array;
  /** Requests per second by instance; NaN where it does not tell. */
  readonly told: Map<string, Float64Array>;
  /** How surely it tells which failed. */
  tells: Tells;
}

/** By statuses among its labels; as by OpenTelemetry's conventions what has no error.type went well; or not at all. */
type Tells = 2 | 1 | 0;

/** Sums over all series of all services without spans, by slot. */
export interface Sums {
  readonly slots: number;
  readonly families: Map<string, Map<string, Family>>;
  readonly latencies: Map<string, Times>;
}

export const noSums = (slots: number): Sums => ({ slots, families: new Map(), latencies: new Map() });

/** What one service says of how long its requests take. */
interface Times {
  readonly count: Float64Array;
  readonly ms: Float64Array;
}

interface Count {
  readonly is: 'count';
  readonly service: string;
  readonly metric: string;
  readonly instance: string;
  /** Whether what it counts failed, and how surely it would say so. */
  readonly fails: boolean;
  readonly tells: Tells;
}

/** What a series has to do with requests: how many, or how long; or that spans tell of them. */
type Part =
  | { readonly is: 'traced'; readonly service: string }
  | Count
  | { readonly is: 'mean'; readonly service: string; readonly msPerUnit: number };

/**
 * Requests of services that send no spans: how many, their share of failures and mean latency, from metrics that count what was served by instance, path and status. Each such series is too small a part to say much by itself.
 */
export interface ServedRequests {
  /** Adds what was measured of metrics; spans that are among it are noted first. `at` is when the last slot ends. */
  collect(measured: Measured, at: number, stepSeconds: number, into: Sums): void;
  /** Puts the sums where the readings of spans would be, of slots that follow each other in time. */
  put(sums: Sums, at: number, stepSeconds: number, into: Readings): void;
}

export function createServedRequests(): ServedRequests {
  const tracedAt = new Map<string, number>();
  /** By service and metric. */
  const rates = new Map<string, { readonly of: ServedRate; at: number }>();
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

  /** Requests per second by slot, as the metric has them that counts most: others may count the same. */
  function ratesOf(service: string, own: ReadonlyMap<string, Family>, until: number, slots: number, stepMs: number): Float64Array | undefined {
    let most: { readonly level: number; readonly rates: Float64Array } | undefined;
    for (const [metric, { told }] of own) {
      const key = `${service}\u0000${metric}`;
      const known = rates.get(key) ?? { of: createServedRate(), at: until };
      rates.set(key, known);
      known.at = until;
      const found = known.of.take(told, until - slots * stepMs, slots, stepMs);
      if (!most || known.of.level() > most.level) most = { level: known.of.level(), rates: found };
    }
    return most?.rates;
  }

  return {
    collect({ series, slots, values, counts }, at, stepSeconds, into) {
      const parts = partsOf(series);
      for (const part of parts) if (part?.is === 'traced') tracedAt.set(part.service, at);
      for (const [service, seenAt] of tracedAt) if (at - seenAt > TRACED_MS) tracedAt.delete(service);
      for (let index = 0; index < parts.length; index += 1) {
        const part = parts[index];
        if (!part || part.is === 'traced' || tracedAt.has(part.service)) continue;
        const row = index * slots;
        if (part.is === 'mean') addTimes(timesOf(into, part.service), part.msPerUnit, values, counts, row);
        else addCounts(familyOf(into, part), part, values, row, stepSeconds);
      }
    },
    put({ slots, families, latencies }, until, stepSeconds, into) {
      for (const [service, own] of families) {
        const rate = seriesOf('rate', service, '', 'requests', '1/s', BY_METRICS);
        for (const [slot, perSecond] of ratesOf(service, own, until, slots, stepSeconds * 1000)?.entries() ?? []) if (perSecond >= 0) into.put(rate, slot, perSecond, perSecond * stepSeconds);
        const most = [...own.values()].filter(({ tells }) => tells > 0).toSorted((a, b) => b.tells - a.tells || sum(b.requests) - sum(a.requests))[0];
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
      for (const [key, { at }] of rates) if (until - at > TRACED_MS) rates.delete(key);
    },
  };
}

const sum = (all: Float64Array): number => all.reduce((total, one) => total + one, 0);

function partOf({ kind, service, metric, labels, unit }: Series): Part | undefined {
  if (kind === 'rate') return { is: 'traced', service };
  const what = kind === 'metric' && service !== '' ? requestsOf(metric) : undefined;
  if (what === 'count') return { is: 'count', service, metric, instance: labels['instance'] ?? '', fails: isFailed(labels), tells: hasStatus(labels) ? 2 : isConvention(metric) ? 1 : 0 };
  const msPerUnit = what === 'mean' ? MS_OF.get(unit) : undefined;
  return msPerUnit === undefined ? undefined : { is: 'mean', service, msPerUnit };
}

function familyOf({ slots, families }: Sums, { service, metric, tells }: Count): Family {
  const own = families.get(service) ?? new Map<string, Family>();
  families.set(service, own);
  const family = own.get(metric) ?? { requests: new Float64Array(slots), failed: new Float64Array(slots), told: new Map<string, Float64Array>(), tells: 0 };
  own.set(metric, family);
  if (tells > family.tells) family.tells = tells;
  return family;
}

function timesOf({ slots, latencies }: Sums, service: string): Times {
  const known = latencies.get(service) ?? { count: new Float64Array(slots), ms: new Float64Array(slots) };
  latencies.set(service, known);
  return known;
}

/** Adds the slots of a series that counts requests: how many per second is in `rates` from `row` on. */
function addCounts({ requests, failed, told }: Family, { instance, fails }: Count, rates: Float64Array, row: number, stepSeconds: number): void {
  const own = told.get(instance) ?? new Float64Array(requests.length).fill(Number.NaN);
  told.set(instance, own);
  for (let slot = 0; slot < requests.length; slot += 1) {
    const rate = rates[row + slot] ?? Number.NaN;
    if (!Number.isFinite(rate)) continue;
    const before = own[slot] ?? 0;
    own[slot] = rate + (before >= 0 ? before : 0);
    requests[slot] = (requests[slot] ?? 0) + rate * stepSeconds;
    if (fails) failed[slot] = (failed[slot] ?? 0) + rate * stepSeconds;
  }
}

/** Adds the slots of a series that says how long requests take in the mean, and how many there were, from `row` on. */
function addTimes({ count, ms }: Times, msPerUnit: number, means: Float64Array, counts: Float64Array, row: number): void {
  for (let slot = 0; slot < count.length; slot += 1) {
    const mean = means[row + slot] ?? Number.NaN;
    if (!Number.isFinite(mean)) continue;
    const requests = counts[row + slot] ?? 0;
    count[slot] = (count[slot] ?? 0) + requests;
    ms[slot] = (ms[slot] ?? 0) + requests * mean * msPerUnit;
  }
}
