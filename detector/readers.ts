import { seriesOf } from '#core/series.js';
import type { Series, SeriesKind } from '#core/types.js';
import { LOGS_RENEWED_S, LOGS_SINCE } from '#store/logs-since.js';
import type { Store } from '#store/store.js';
import { createCatalogue } from './catalogue.js';
import { Readings, type Measured } from './measured.js';
import { createServedRequests, noSums } from './served-requests.js';
import { levelFor, TAIL_LEVELS } from './tail-level.js';
import { createMetricReader, putMeans, type Gains, type MetricRange, type MetricReader } from './metric-reader.js';
import { LOG_PATTERN_METRIC } from './words.js';

/** Reads what was measured. All times are epoch milliseconds and multiples of 5 s; ranges are `[from, to)` in slots of `stepMs`, and follow each other in time. */
export interface Reader {
  read(from: number, to: number, stepMs: number): Promise<Measured>;
  /** The same a day before what is read, without counts: only of series that were read since, metrics and spans. Not while something else is read. */
  readBefore(from: number, to: number, stepMs: number): Promise<Measured>;
  /** A long range, some series at a time: each is in one of the parts. */
  readHistory(from: number, to: number, stepMs: number): AsyncIterable<Measured>;
  /** What is stored of some series, minute by minute, as `stepMs` would have measured it; ranges of whole minutes. */
  past(wanted: readonly Series[], stepMs: number): { read(from: number, to: number): Promise<Measured> };
}

/** Values that are read at a time of what is long; more would hold up everything else, and be held twice. */
const PART_VALUES = 200_000;
/** Slots of spans and logs that are parsed at a time. */
const PIECE_SLOTS = 12;
const ID_BITS = 64n;
/** What is kept for long is kept by the minute. */
const PAST_STEP_MS = 60_000;

export function createReader(store: Store, ignored: readonly string[]): Reader {
  const catalogue = createCatalogue(store, ignored);
  const metrics = createMetricReader(store, catalogue, true);
  /** Counters are followed through time, so the day before has a reader of its own. */
  const metricsBefore = createMetricReader(store, catalogue, false);
  const requests = createServedRequests();
  /** Series of spans and logs are named by their parts in every step. */
  const named = createNames();

  const paramsOf = (from: number, to: number, stepMs: number): RangeParams => ({ origin: from / 1000, from: from / 1000, to: to / 1000, step: stepMs / 1000, ignored });

  async function readRest(params: RangeParams, into: Readings): Promise<void> {
    await Promise.all([readRed(store, params, into, named), readLogs(store, params, into, named), readPatterns(store, params, into)]);
  }

  /** Ranges of ids that hold about as many series each, so that none has more than PART_VALUES in these slots: ids are hashes. */
  function idRanges(slots: number): NonNullable<MetricRange['ids']>[] {
    let bits = 0n;
    while ((catalogue.size() * slots) / 2 ** Number(bits) > PART_VALUES) bits += 1n;
    const width = 1n << (ID_BITS - bits);
    return Array.from({ length: 2 ** Number(bits) }, (_, part) => ({ low: BigInt(part) * width, high: part + 1 < 2 ** Number(bits) ? BigInt(part + 1) * width : undefined }));
  }

  return {
    async read(from, to, stepMs) {
      await catalogue.refresh(to);
      const params = paramsOf(from, to, stepMs);
      const into = new Readings((to - from) / stepMs, catalogue.targets.length);
      const gains: Gains = new Map();
      await Promise.all([readRest(params, into), readInto(metrics, params, into, gains)]);
      putMeans(gains, catalogue, into);
      const served = noSums(into.slots);
      requests.collect(into, to, params.step, served);
      requests.put(served, to, params.step, into);
      return into;
    },
    async readBefore(from, to, stepMs) {
      const params = paramsOf(from, to, stepMs);
      const into = new Readings((to - from) / stepMs, catalogue.targets.length, false);
      const gains: Gains = new Map();
      await readRest(params, into);
      const places = catalogue.noPlaces();
      for await (const { range, bytes } of ahead(metricsBefore, params, idRanges(into.slots))) await metricsBefore.take(range, bytes, into, gains, { places });
      putMeans(gains, catalogue, into);
      return into;
    },
    past(wanted, stepMs) {
      const asked = wanted.filter(({ kind }) => kind !== 'metric');
      const services = [...new Set(asked.map(({ service }) => service))];
      const operations = [...new Set(asked.map(({ operation }) => operation))];
      const stored = catalogue.storedOf(new Set(wanted.map(({ id }) => id)));
      const own = createMetricReader(store, catalogue, false);
      return {
        async read(from, to) {
          const params = paramsOf(from, to, PAST_STEP_MS);
          const into = new Readings((to - from) / PAST_STEP_MS, wanted.length);
          const gains: Gains = new Map();
          await Promise.all([
            readAlive(store, params, into),
            services.length > 0 ? readRest({ ...params, past: { services, operations, steps: PAST_STEP_MS / stepMs } }, into) : undefined,
            stored.values.length + stored.counters.length > 0 ? readInto(own, { ...params, only: stored }, into, gains) : undefined,
          ]);
          putMeans(gains, catalogue, into);
          return into;
        },
      };
    },
    async *readHistory(from, to, stepMs) {
      await catalogue.refresh(to);
      const params = paramsOf(from, to, stepMs);
      const slots = (to - from) / stepMs;
      const rest = new Readings(slots);
      const piece = PIECE_SLOTS * params.step;
      for (let at = params.from; at < params.to; at += piece) await readRest({ ...params, from: at, to: Math.min(at + piece, params.to) }, rest);
      const served = noSums(slots);
      requests.collect(rest, to, params.step, served);
      yield rest;
      await catalogue.describeSampled(params.from, params.to);
      const ranges = idRanges(slots);
      const gains: Gains = new Map();
      const arrived = new Readings(slots);
      for await (const { range, bytes } of ahead(metrics, params, ranges)) {
        const into = new Readings(slots, Math.ceil(catalogue.size() / ranges.length));
        await metrics.take(range, bytes, into, gains, { arrived });
        requests.collect(into, to, params.step, served);
        yield into;
      }
      putMeans(gains, catalogue, arrived);
      requests.collect(arrived, to, params.step, served);
      yield arrived;
      const all = new Readings(slots);
      requests.put(served, to, params.step, all);
      yield all;
    },
  };
}

const readInto = async (reader: MetricReader, range: MetricRange, into: Readings, gains: Gains): Promise<void> => reader.take(range, await reader.fetch(range), into, gains);

/** What is fetched of each range of ids, in turn; the next one is fetched while one is looked at. */
async function* ahead(reader: MetricReader, params: RangeParams, ranges: readonly NonNullable<MetricRange['ids']>[]): AsyncIterable<{ readonly range: MetricRange; readonly bytes: Buffer }> {
  const fetch = (ids: MetricRange['ids']): { readonly range: MetricRange; readonly bytes: Promise<Buffer> } => {
    const range = { ...params, ...(ids && { ids }) };
    const bytes = reader.fetch(range);
    // That it failed matters when it is looked at.
    bytes.catch(() => undefined);
    return { range, bytes };
  };
  let next = fetch(ranges[0]);
  for (let index = 1; index <= ranges.length; index += 1) {
    const { range } = next;
    const bytes = await next.bytes;
    if (index < ranges.length) next = fetch(ranges[index]);
    yield { range, bytes };
  }
}

interface RangeParams {
  /** When the first slot begins, at `from` or before. */
  readonly origin: number;
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly ignored: readonly string[];
  /** Only of these services and operations, '' for a service as a whole; how many steps of the detector one slot stands for. */
  readonly past?: { readonly services: readonly string[]; readonly operations: readonly string[]; readonly steps: number };
}

const among = ({ past }: RangeParams): string => (past ? 'service IN {services:Array(String)}' : 'service NOT IN {ignored:Array(String)}');
/** As parameters of a statement. */
const given = ({ past, ...range }: RangeParams): Readonly<Record<string, unknown>> => ({ ...range, services: past?.services ?? [], operations: past?.operations ?? [] });

async function readRed(store: Store, params: RangeParams, into: Readings, named: Names): Promise<void> {
  const rows = await store.query<{ service: string; operation: string; slot: number; requests: string; failed: string; tail: readonly number[] }>(
    `SELECT service, operation, toInt32(intDiv(toUnixTimestamp(time) - {origin:UInt32}, {step:UInt32})) AS slot, sum(count) AS requests, sum(errors) AS failed, quantilesTDigestMerge(${TAIL_LEVELS.join(', ')})(duration) AS tail
     FROM ${params.past ? 'red_1m' : 'red_5s'} WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) AND kind IN ('Server', 'Consumer') AND ${among(params)}
     GROUP BY GROUPING SETS ((service, slot), (service, operation, slot))${params.past ? ' HAVING operation IN {operations:Array(String)}' : ''}`,
    { params: given(params) },
  );
  for (const { service, operation, slot, requests, failed, tail } of rows) {
    const count = Number(requests);
    into.alive[slot] = 1;
    into.put(named('rate', service, operation, 'requests', '1/s'), slot, count / params.step, count);
    into.put(named('errors', service, operation, 'error_ratio', '1'), slot, count > 0 ? Number(failed) / count : 0, count);
    into.put(named('latency', service, operation, 'p95', 'ms'), slot, tail[levelFor(count / (params.past?.steps ?? 1))] ?? 0, count);
  }
}

/** When anything was asked of anybody. */
async function readAlive(store: Store, params: RangeParams, into: Readings): Promise<void> {
  const rows = await store.query<{ slot: number }>(
    `SELECT DISTINCT toInt32(intDiv(toUnixTimestamp(time) - {origin:UInt32}, {step:UInt32})) AS slot FROM red_1m
     WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) AND kind IN ('Server', 'Consumer') AND service NOT IN {ignored:Array(String)}`,
    { params: given(params) },
  );
  for (const { slot } of rows) into.alive[slot] = 1;
}

/** Nobody knows how many errors there were among records without a severity while none was looked for in their bodies. */
async function readLogs(store: Store, params: RangeParams, into: Readings, named: Names): Promise<void> {
  const rows = await store.query<{ service: string; slot: number; records: string }>(
    `SELECT service, toInt32(intDiv(toUnixTimestamp(time) - {origin:UInt32}, {step:UInt32})) AS slot, sumIf(count, severity = 'error') AS records
     FROM log_rates WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) AND ${among(params)} GROUP BY service, slot
     HAVING countIf(severity = 'unset') = 0 OR min(toUnixTimestamp(time)) >= ${LOGS_SINCE}`,
    { params: given(params) },
  );
  for (const { service, slot, records } of rows) into.put(named('logs', service, '', 'error_logs', '1/s'), slot, Number(records) / params.step, Number(records));
}

/** What services complain of: warnings and errors by what they say. */
async function readPatterns(store: Store, params: RangeParams, into: Readings): Promise<void> {
  const rows = await store.query<{ service: string; pattern: string; template: string; renewed: number; slot: number; records: string }>(
    `WITH rates AS (
       SELECT service, pattern, toInt32(intDiv(toUnixTimestamp(time) - {origin:UInt32}, {step:UInt32})) AS slot, sum(count) AS records FROM log_pattern_rates
       WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) AND severity IN ('error', 'warn') AND ${among(params)} GROUP BY service, pattern, slot)
     SELECT r.service AS service, toString(r.pattern) AS pattern, p.template AS template, p.renewed AS renewed, r.slot AS slot, r.records AS records FROM rates AS r
     LEFT JOIN (SELECT id, service, argMax(template, updated_at) AS template, toUnixTimestamp(min(first_seen)) < ${LOGS_SINCE} AND {from:UInt32} < ${LOGS_SINCE} + ${LOGS_RENEWED_S} AND {to:UInt32} > ${LOGS_SINCE} AS renewed FROM log_patterns WHERE (service, id) IN (SELECT service, pattern FROM rates) GROUP BY id, service) AS p ON p.id = r.pattern AND p.service = r.service`,
    { params: given(params) },
  );
  for (const { service, pattern, template, renewed, slot, records } of rows) {
    const series = patternSeries(service, pattern, template);
    if (renewed === 1) into.renewed.add(series.id);
    into.put(series, slot, Number(records) / params.step, Number(records));
  }
}

/** A pattern keeps its series while its template grows more general. */
function patternSeries(service: string, pattern: string, template: string): Series {
  return { ...seriesOf('logs', service, '', LOG_PATTERN_METRIC, '1/s', { pattern }), labels: { pattern: template || pattern } };
}

type Names = (kind: SeriesKind, service: string, operation: string, metric: string, unit: string) => Series;

/** Operations may come without end, so what is remembered of them begins anew beyond this. */
const MAX_NAMES = 200_000;

/** `seriesOf`, remembered. */
function createNames(): Names {
  const known = new Map<string, Series>();
  return (kind, service, operation, metric, unit) => {
    const key = `${kind}\u0000${service}\u0000${operation}`;
    const found = known.get(key);
    if (found) return found;
    const made = seriesOf(kind, service, operation, metric, unit);
    if (known.size >= MAX_NAMES) known.clear();
    known.set(key, made);
    return made;
  };
}
