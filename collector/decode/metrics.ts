import { createHash } from 'node:crypto';
import type { Clock } from '#core/clock.js';
import type { UnixMs } from '#core/types.js';
import { fillsGap, noteOrder, reopenGap } from './delta-order.js';
import { metricBlocks, metricColumns, type MetricColumns, pushSample, pushStale } from './metrics/columns.js';
import { writeExemplars } from './metrics/exemplars.js';
import { createEncodings } from './metrics/encodings.js';
import { ExponentialPoint } from './metrics/exponential-point.js';
import { HistogramPoint } from './metrics/histogram-point.js';
import { NumberPoint } from './metrics/number-point.js';
import type { Point } from './metrics/point.js';
import { SummaryPoint } from './metrics/summary-point.js';
import { type Decoded, type Limits, MAX_START_AGE_MS, MAY_FALL, NO_START, NOT_FINITE, SHARED_BY_SCOPES, SHARED_SERIES, type Source, Tally } from './outcome.js';
import { LENGTH, Reader, VARINT } from './reader.js';
import { type Origin, records } from './records.js';
import type { Work } from './work.js';
import type { Resource, Scope } from './resource.js';
import { createSeriesCache, type Family, type Metric, type Sender, type SharedState } from './series.js';
import { describe } from './series-rows.js';

const TEMPORALITY = ['', 'delta', 'cumulative'] as const;
/** Families that take turns within this write one series at the same time; one that follows another is a restart. */
const TURNS_MS = 600_000;
const LATE_DELTA = 'a delta point is of a time that was counted: it came twice, or every process needs its own service.instance.id';

/** Fields of Metric's `data`. */
const KINDS: Readonly<Record<number, Metric['type']>> = { 5: 'gauge', 7: 'counter', 9: 'histogram', 10: 'exponential_histogram', 11: 'summary' };
/** Those of more than a number. */
const POINTS: Partial<Record<Metric['type'], () => Point>> = { histogram: () => new HistogramPoint(), exponential_histogram: () => new ExponentialPoint(), summary: () => new SummaryPoint() };

/**
 * ExportMetricsServiceRequest → `metric_series`, `metric_samples`, `metric_histograms`, `metric_exemplars`.
 * Deltas of sums and histograms are summed up per series, so that every counter is stored as a running total.
 */
export function createMetricsDecoder(limits: Limits, clock: Clock): { decode(body: Buffer): Work<Decoded> } {
  const encodings = createEncodings(limits.maxSeries * 2);
  const cache = createSeriesCache(limits, clock, () => encodings.sweep());
  const begunMs = clock();

  function takePoint(point: Point, metric: Metric, prefix: string, { columns, tally, undos, added }: Sink, source: Source): void {
    if (point.timeMs === 0) {
      point.timeMs = Math.floor(tally.now);
      point.timeNs = point.timeMs * 1e6;
    }
    const fault = tally.timeFault(point.timeMs) ?? (point.isStale ? undefined : point.fault());
    if (fault) return source.reject(fault);
    if (point.isStale) {
      for (const child of cache.known(prefix + point.key)?.children ?? []) pushStale(columns.samples, child, point.timeMs);
      return source.accept(point.timeMs);
    }
    const shape = point.shape();
    const family = encodings.find(prefix, point, shape, tally.now) ?? familyOf(point, shape, metric, prefix, source);
    if (typeof family === 'string') return source.reject(family);
    encodings.keep(prefix, point, family);
    const delta = metric.temporality === 'delta';
    if (delta && point.startMs === 0) source.warnings.add(NO_START);
    if (delta && metric.type === 'gauge') source.warnings.add(MAY_FALL);
    if (delta && !takesDelta(family, point, undos)) return source.reject(LATE_DELTA);
    if (!delta && point.startMs > 0) {
      if (point.startMs < family.startMs) source.warnings.add(SHARED_SERIES);
      else family.startMs = point.startMs;
    }
    if (family.isShared) warnOfOthers(family, delta, source, tally.now);
    const isNew = family.writtenAt === 0;
    const described = describe(family, metric, point.record, columns.series, tally.now);
    if (described > 0) {
      undos.push(() => (family.writtenAt = 0));
      tally.repeat(described);
    }
    if (point instanceof ExponentialPoint) {
      tally.repeat(point.expanded);
      // Its rows are added up where they are read.
      if (delta && !Number.isFinite(point.sum ?? 0)) {
        point.sum = 0;
        source.warnings.add(NOT_FINITE);
      }
    }
    if (isNew && wasNothing(point, metric, family, tally.now)) writeStart(family, point, columns);
    if (delta) writeDelta(family, point, columns, added, source);
    else if (point instanceof NumberPoint) point.writeTo(columns.samples, family.children[0]);
    else {
      point.write((index, value) => {
        const child = family.children[index];
        if (child) pushSample(columns.samples, child, point.timeMs, value);
        return point.timeMs;
      }, family.children, columns);
    }
    if (point.exemplars.length > 0) writeExemplars(family.children, point, columns, tally);
    source.accept(point.timeMs);
  }

  /** Whether a new family was 0 at its start, and nothing of it may be stored since. SDKs count from there, but for counters that they ask for (what a machine did since it started), which are no histograms; receivers that ask others what they counted often say when they began to ask. */
  function wasNothing(point: Point, { temporality, resource }: Metric, { isShared }: Family, now: UnixMs): boolean {
    const { startMs, timeMs } = point;
    if (startMs <= begunMs || startMs >= timeMs || now - startMs > MAX_START_AGE_MS) return false;
    return temporality === 'delta' || (!isShared && resource.sdk !== '' && !(point instanceof NumberPoint));
  }

  /** The slow way: by the attributes themselves. */
  function familyOf(point: Point, shape: string, metric: Metric, prefix: string, source: Source): Family | string {
    return cache.find(prefix + point.key, shape, metric, point.record, () => point.children(metric), (text) => source.warnings.add(text));
  }

  return {
    *decode(body) {
      const columns = metricColumns.take();
      const tally = new Tally(limits, 'metrics', clock());
      const undos: (() => void)[] = [];
      const added = new Added();
      const undo = (): void => {
        for (const step of undos.toReversed()) step();
        added.undo();
      };
      const sink = { columns, tally, undos, added };
      const resourceKeys = new Map<Resource, string>();
      const senders = new Map<Scope, Sender>();
      const senderOf = (resource: Resource, scope: Scope): Sender => {
        const known = senders.get(scope);
        if (known) return known;
        const resourceKey = resourceKeys.get(resource) ?? digest(resource.record);
        resourceKeys.set(resource, resourceKey);
        const sender = { resource: resourceKey, scope: keyOf(scope) };
        senders.set(scope, sender);
        return sender;
      };
      const number = new NumberPoint();
      try {
        for (const found of records(body, tally)) {
          yield;
          if (!found) continue;
          const { record, origin } = found;
          const { source } = origin;
          const sender = senderOf(origin.resource, origin.scope);
          const { metric, points } = yield* readMetric(record, origin, sender);
          if (source.refusal !== undefined) source.reject(source.refusal, points.length / 2);
          else if (metric.name === '') source.reject('a metric without a name', points.length / 2);
          else if (points.length > 0) {
            const prefix = `${sender.resource}${sender.scope}${metric.name.length}:${metric.name}${metric.unit.length}:${metric.unit}${metric.type}${metric.isSum ? '+' : ''}:`;
            const reader = new Reader(record.bytes);
            for (let at = 0; at < points.length; at += 2) {
              reader.pos = points[at] ?? 0;
              reader.end = points[at + 1] ?? 0;
              const point = POINTS[metric.type]?.() ?? number;
              const size = reader.end - reader.pos;
              takePoint(point.read(reader), metric, prefix, sink, source);
              yield size;
            }
          }
        }
        return tally.result(metricBlocks(columns), undo);
      } catch (error) {
        undo();
        throw error;
      } finally {
        metricColumns.give(columns);
      }
    },
  };
}

interface Sink {
  readonly columns: MetricColumns;
  readonly tally: Tally;
  readonly undos: (() => void)[];
  readonly added: Added;
}

/** What deltas added to totals, and what they replaced; in lists, as there are many. */
class Added {
  readonly #families: Family[] = [];
  readonly #states: SharedState[] = [];
  /** Of each: `lastNs` of the family, what was added, and `lastMs`. */
  readonly #numbers: number[] = [];

  push(family: Family, lastNs: number, shared: SharedState, value: number): void {
    this.#families.push(family);
    this.#states.push(shared);
    this.#numbers.push(lastNs, value, shared.lastMs);
  }

  undo(): void {
    for (let at = this.#states.length - 1; at >= 0; at -= 1) {
      const [family, shared] = [this.#families[at], this.#states[at]];
      const [lastNs = 0, value = 0, lastMs = 0] = this.#numbers.slice(3 * at, 3 * at + 3);
      if (!family || !shared) continue;
      // Another body may be undone after one that it followed: it saw what is no more.
      family.lastNs = Math.min(family.lastNs, lastNs);
      shared.total -= value;
      shared.lastMs = Math.min(shared.lastMs, lastMs);
    }
  }
}

/** Resources can be long and every series keeps its key. */
function digest(part: object): string {
  return createHash('sha256').update(JSON.stringify(part)).digest('base64');
}

/** So can scopes, but they seldom are. */
const SHORT = 100;

function keyOf({ name, version }: Scope): string {
  const key = `${name.length}:${name}${version.length}:${version}`;
  return key.length > SHORT ? digest([name, version]) : key;
}

/** Fields that are looked at without a pause: millions of empty points, or parts without any, fit into one metric. */
const STRIDE = 4_096;

/** A metric, and where each of its points begins and ends. */
function* readMetric(message: Reader, { resource, scope }: Origin, sender: Sender): Work<{ readonly metric: Metric; readonly points: readonly number[] }> {
  let name = '', description = '', unit = '', kind = 0, temporality = 0, monotonic = false;
  let points: number[] = [];
  let fields = 0;
  while (message.next()) {
    const { field } = message;
    fields += 1;
    if (fields % STRIDE === 0) yield;
    if (field >= 1 && field <= 3) {
      message.expect(LENGTH);
      const text = message.text();
      if (field === 1) name = text;
      else if (field === 2) description = text;
      else unit = text;
    } else if (KINDS[field]) {
      const data = message.message();
      // Of several kinds the last counts; parts of one kind are one.
      if (kind !== field) { points = []; temporality = 0; monotonic = false; }
      kind = field;
      while (data.next()) {
        fields += 1;
        if (fields % STRIDE === 0) yield;
        if (data.field === 1) {
          data.expect(LENGTH);
          data.range();
          points.push(data.start, data.stop);
        } else if (data.field === 2) temporality = data.int32();
        else if (data.field === 3) {
          data.expect(VARINT);
          monotonic = data.varint() !== 0;
        } else data.skip();
      }
    } else message.skip();
  }
  const found = KINDS[kind] ?? 'gauge';
  const type = found === 'counter' && !monotonic ? 'gauge' : found;
  const metric: Metric = { resource, scope, sender, name, description, unit, type, isSum: found === 'counter', temporality: TEMPORALITY[temporality] ?? '', monotonic: monotonic || type !== 'gauge' };
  return { metric, points };
}

/** Deltas of several scopes add up to what is meant; whatever else several send in turns does not. */
function warnOfOthers(family: Family, isDelta: boolean, { warnings }: Source, now: UnixMs): void {
  const shared = family.children[0]?.shared;
  const other = shared?.owner;
  if (!shared || other === family) return;
  if (other && family.ownerAt > 0 && now - other.ownerAt <= TURNS_MS) {
    if (other.sender.resource !== family.sender.resource) warnings.add(SHARED_SERIES);
    else if (!isDelta && other.sender.scope !== family.sender.scope) warnings.add(SHARED_BY_SCOPES);
  }
  family.ownerAt = now;
  // A delta's time depends on who wrote before it.
  if (!isDelta) shared.owner = family;
}

/** Writes that what counts was 0 when it began, so that its first value is an increase. */
function writeStart({ children }: Family, point: Point, columns: MetricColumns): void {
  if (point instanceof ExponentialPoint && children[0]?.shared.lastMs === 0) point.writeStart(children, columns);
  for (const child of children) {
    const counts = child.type === 'counter' || child.type === 'histogram';
    if (counts && child.shared.lastMs === 0) pushSample(columns.samples, child, point.startMs, 0);
  }
}

/** Whether a delta is of a time of which nothing was counted, or the last once more. */
function takesDelta(family: Family, { startMs, timeMs, timeNs }: Point, undos: (() => void)[]): boolean {
  if (timeNs === family.lastNs) return true;
  if (timeNs > family.lastNs) {
    noteOrder(family, startMs);
    return true;
  }
  const isTaken = fillsGap(family, startMs, timeMs);
  if (isTaken) undos.push(() => reopenGap(family, startMs, timeMs));
  return isTaken;
}

/** Adds a delta to the running totals. One that arrives again, because its acknowledgement was lost, adds nothing; nor does what would leave a total that is no number for good. */
function writeDelta(family: Family, point: Point, columns: MetricColumns, added: Added, { warnings }: Source): void {
  const { lastNs } = family;
  const repeated = lastNs === point.timeNs;
  family.lastNs = Math.max(lastNs, point.timeNs);
  point.write((index, value, cumulates = true) => {
    const child = family.children[index];
    if (!child) return undefined;
    if (!cumulates) {
      pushSample(columns.samples, child, point.timeMs, value);
      return point.timeMs;
    }
    const { shared } = child;
    const { lastMs } = shared;
    const isFinite = Number.isFinite(shared.total + value);
    if (!isFinite) warnings.add(NOT_FINITE);
    const gain = isFinite && !repeated ? value : 0;
    added.push(family, lastNs, shared, gain);
    shared.total += gain;
    // One total has one value at a time: what comes later is stored as later.
    shared.lastMs = Math.max(point.timeMs, repeated && shared.owner === family ? lastMs : lastMs + 1);
    shared.owner = family;
    pushSample(columns.samples, child, shared.lastMs, shared.total);
    return repeated ? undefined : shared.lastMs;
  }, family.children, columns);
}
