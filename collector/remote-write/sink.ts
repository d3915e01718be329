import { metricBlocks, metricColumns, STALE_HIGH, STALE_LOW } from '../decode/metrics/columns.js';
import { type DecodedBlock, MAX_START_AGE_MS, type Source, Tally } from '../decode/outcome.js';
import { FIXED64, LENGTH, Reader } from '../decode/reader.js';
import type { Resource } from '../decode/resource.js';
import { STRIDE_BYTES, type Work } from '../decode/work.js';
import { describe, describePart } from './describe.js';
import { pushExemplar, readExemplar } from './exemplars.js';
import type { Families } from './families.js';
import { partsOf, pushHistogram, resolveParts } from './histograms.js';
import { int64, NativeHistogram } from './native-histogram.js';
import { LabelRanges } from './label-ranges.js';
import { REFUSED, type Refusal } from './refusal.js';
import type { Registry } from './registry.js';
import { ITEMS_A_STEP, type SeriesMessage } from './series-message.js';
import { NO_TARGET, type SeriesTable } from './series-table.js';

/** A byte of a label that is new takes as long as so many bytes that are copied. */
const LABEL_COST = 3;

const isStale = (low: number, high: number): boolean => low === STALE_LOW && high === STALE_HIGH;

/** Whether what a message holds fits any kind of series: markers that one ended, or exemplars alone. Of very many the first decide. */
function saysNothing({ body, from, to, fields, samples, histograms }: SeriesMessage): boolean {
  if (histograms > 0) return false;
  const reader = new Reader(body, from, to);
  for (let left = samples > 0 ? ITEMS_A_STEP : 0; left > 0 && reader.next(); left -= 1) {
    if (reader.field !== fields.samples) {
      reader.skip();
      continue;
    }
    reader.expect(LENGTH);
    const sample = reader.message();
    let low = 0, high = 0;
    while (sample.next()) {
      if (sample.field === 1) {
        sample.expect(FIXED64);
        sample.fixed64();
        low = sample.low;
        high = sample.high;
      } else sample.skip();
    }
    if (!isStale(low, high)) return false;
  }
  return true;
}

/** What was taken, stored now or already there, and what was not. */
export class Counts {
  samples = 0;
  histograms = 0;
  exemplars = 0;
  /** Of these, how many were there before. */
  duplicates = 0;
  readonly refused = new Map<Refusal['code'], number>();
}

/** Where the series of one request go: the columns, and the count of them. */
export class Sink {
  readonly columns = metricColumns.take();
  readonly counts = new Counts();
  readonly #registry: Registry;
  readonly #families: Families;
  readonly #tally: Tally;
  readonly #table: SeriesTable;
  readonly #touched: number[] = [];
  readonly #exemplarLabels = new LabelRanges();
  #labelBytes = 0;
  readonly #reader = new Reader(Buffer.alloc(0));
  /** Of the series before: those of one target come in a row. */
  #resource: Resource | undefined;
  #source: Source | undefined;

  constructor(registry: Registry, families: Families, tally: Tally) {
    this.#registry = registry;
    this.#table = registry.series;
    this.#families = families;
    this.#tally = tally;
  }

  /** Forgets what this request stored, because it was not kept. */
  undo(): void {
    for (const row of this.#touched) this.#registry.forget(row);
  }

  /** Ends the request: what it stored, as blocks, after which nothing more can be taken. */
  finish(): readonly DecodedBlock[] {
    const blocks = metricBlocks(this.columns);
    metricColumns.give(this.columns);
    return blocks;
  }

  /** Leaves out a series that another replica of its sender sends too. */
  leave({ samples, histograms, exemplars }: SeriesMessage): undefined {
    this.counts.samples += samples;
    this.counts.histograms += histograms;
    this.counts.exemplars += exemplars;
    this.counts.duplicates += samples + histograms + exemplars;
  }

  /** Takes a series; what it returns is what is left of it, to be done before the next one. */
  take(message: SeriesMessage): Work<void> | undefined {
    const items = message.samples + message.histograms + message.exemplars;
    if (items === 0) return undefined;
    const row = this.#registry.find(message.low, message.high, this.#tally.now, message.labels);
    if (message.labelBytes > this.#labelBytes) {
      this.#tally.repeat(LABEL_COST * (message.labelBytes - this.#labelBytes));
      this.#labelBytes = message.labelBytes;
    }
    if (typeof row !== 'number') return this.#refuse(row.resource ?? NO_TARGET, row, items);
    const table = this.#table;
    const resource = table.resource(row);
    if (message.samples > 0 && message.histograms > 0) return this.#refuse(resource, REFUSED.mixedSeries, items);
    const { refusal } = this.#sourceOf(resource);
    if (refusal !== undefined) return this.#refuse(resource, { code: 'rate', reason: refusal }, items);
    const warning = table.warnings.get(row);
    if (warning !== undefined) {
      this.#sourceOf(resource).warnings.add(warning);
      table.warnings.delete(row);
    }
    this.#touched.push(row);
    const isNew = table.writtenAt[row] === 0;
    const wasNative = table.isNative[row] === 1;
    const isMute = (isNew || wasNative) && saysNothing(message);
    const native = message.histograms > 0 || (wasNative && isMute);
    const described = isNew && isMute ? 0 : describe(table, row, message, native, this.#families, this.columns.series, this.#tally.now);
    if (described > 0) this.#tally.repeat(described);
    const reader = this.#reader;
    reader.bytes = message.body;
    reader.pos = message.from;
    reader.end = message.to;
    return this.#takeSome(message, row, resource) ? this.#takeRest(message, row, resource) : undefined;
  }

  *#takeRest(message: SeriesMessage, row: number, resource: Resource): Work<void> {
    do yield STRIDE_BYTES;
    while (this.#takeSome(message, row, resource));
  }

  /** Takes the next items; whether there may be more. */
  #takeSome(message: SeriesMessage, row: number, resource: Resource): boolean {
    const reader = this.#reader;
    const { samples, histograms, exemplars } = message.fields;
    for (let left = ITEMS_A_STEP; left > 0; left -= 1) {
      if (!reader.next()) return false;
      const { field } = reader;
      if (field !== samples && field !== histograms && field !== exemplars) {
        reader.skip();
        continue;
      }
      reader.expect(LENGTH);
      reader.range();
      const { start, stop } = reader;
      if (field === samples) this.#takeSample(reader, start, stop, message.createdMs, row, resource);
      else if (field === histograms) this.#takeHistogram(new NativeHistogram().read(new Reader(message.body, start, stop)), message, row, resource);
      else this.#takeExemplar(message, start, stop, row, resource);
    }
    return true;
  }

  #takeSample(reader: Reader, start: number, stop: number, createdMs: number, row: number, resource: Resource): void {
    const { end } = reader;
    reader.pos = start;
    reader.end = stop;
    let low = 0, high = 0, timeMs = 0, startMs = createdMs;
    while (reader.next()) {
      if (reader.field === 1) {
        reader.expect(FIXED64);
        // As bits: a double in between might not keep which NaN it was.
        reader.fixed64();
        low = reader.low;
        high = reader.high;
      } else if (reader.field === 2) timeMs = int64(reader);
      else if (reader.field === 3) startMs = int64(reader);
      else reader.skip();
    }
    reader.pos = stop;
    reader.end = end;
    const fault = this.#tally.timeFault(timeMs);
    if (fault !== undefined) return this.#refuse(resource, { code: 'time', reason: fault }, 1);
    if (startMs > 0) this.#begin(row, startMs, timeMs);
    this.counts.samples += 1;
    this.#accept(resource, timeMs);
    if (!this.#registry.times.add(row, timeMs)) {
      this.counts.duplicates += 1;
      return;
    }
    this.#push(row, timeMs, low, high);
    if (isStale(low, high)) this.#endParts(row, timeMs);
  }

  /** With a native histogram its parts end, which have no marker of their own. */
  #endParts(row: number, timeMs: number): void {
    for (const part of this.#table.parts.get(row)?.rows ?? []) if (this.#registry.times.add(part, timeMs)) this.#push(part, timeMs, STALE_LOW, STALE_HIGH);
  }

  /** A counter was 0 when it began, as far as nothing older or newer is known: its first increase is then counted. Of one that began before us something may be stored, at that very time too. */
  #begin(row: number, startMs: number, timeMs: number): void {
    const { times, begunMs } = this.#registry;
    if (this.#table.counts[row] === 0 || startMs < begunMs || startMs <= (this.#table.startMs[row] ?? 0)) return;
    this.#table.startMs[row] = startMs;
    if (startMs >= timeMs || startMs <= times.newest(row) || this.#tally.now - startMs > MAX_START_AGE_MS) return;
    if (times.add(row, startMs)) this.#push(row, startMs, 0, 0);
  }

  #push(row: number, timeMs: number, valueLow: number, valueHigh: number): void {
    const { samples } = this.columns;
    samples.series.pushParts(this.#table.low[row] ?? 0, this.#table.high[row] ?? 0);
    samples.time.push(timeMs);
    samples.value.pushParts(valueLow, valueHigh);
  }

  #takeHistogram(histogram: NativeHistogram, message: SeriesMessage, row: number, resource: Resource): void {
    const { timeMs } = histogram;
    const isEnd = isStale(histogram.sumLow, histogram.sumHigh);
    const time = this.#tally.timeFault(timeMs);
    const fault = time === undefined ? (isEnd ? undefined : histogram.fault()) : ({ code: 'time', reason: time } as const);
    if (fault) return this.#refuse(resource, fault, 1);
    if (!isEnd && !this.#prepareParts(histogram, message, row, resource)) return;
    this.counts.histograms += 1;
    this.#accept(resource, timeMs);
    const { times } = this.#registry;
    if (!times.add(row, timeMs)) {
      this.counts.duplicates += 1;
      return;
    }
    if (isEnd) {
      this.#push(row, timeMs, STALE_LOW, STALE_HIGH);
      this.#endParts(row, timeMs);
      return;
    }
    if (!histogram.hasCustomBounds) {
      this.#tally.repeat(8 * (histogram.positive.counts.length + histogram.negative.counts.length));
      histogram.startMs ||= message.createdMs;
      pushHistogram(this.columns, this.#table.low[row] ?? 0, this.#table.high[row] ?? 0, histogram);
    }
  }

  /** Stores `_count`, `_sum` and the buckets with custom bounds. False when there is no room for such series. */
  #prepareParts(histogram: NativeHistogram, message: SeriesMessage, row: number, resource: Resource): boolean {
    const labels = message.labels();
    if ('reason' in labels) {
      this.#refuse(resource, labels, 1);
      return false;
    }
    const specs = partsOf(histogram, labels);
    const { now } = this.#tally;
    this.#tally.repeat(24 * specs.length + labels.bytes);
    const shape = histogram.bounds.join();
    const known = this.#table.parts.get(row);
    const parts = known?.shape === shape ? known.rows : resolveParts(specs, this.#registry, now);
    if ('reason' in parts) {
      this.#refuse(resource, parts, 1);
      return false;
    }
    if (parts !== known?.rows) this.#table.parts.set(row, { rows: parts, shape });
    const value = Buffer.alloc(8);
    for (const [index, part] of parts.entries()) {
      const spec = specs[index];
      if (!spec) continue;
      this.#table.seenAt[part] = now;
      this.#tally.repeat(describePart(this.#table, part, spec.labels, labels.name, this.columns.series, now));
      value.writeDoubleLE(spec.value);
      if (this.#registry.times.add(part, histogram.timeMs)) this.#push(part, histogram.timeMs, value.readUInt32LE(0), value.readUInt32LE(4));
    }
    return true;
  }

  #takeExemplar(message: SeriesMessage, start: number, stop: number, row: number, resource: Resource): void {
    const exemplar = readExemplar(message, start, stop, this.#exemplarLabels);
    const { timeMs, value, labels } = exemplar;
    const time = this.#tally.timeFault(timeMs);
    if (time !== undefined) return this.#refuse(resource, { code: 'time', reason: time }, 1);
    if (!labels) return this.#refuse(resource, REFUSED.exemplarLabels, 1);
    this.counts.exemplars += 1;
    // They come in the order of time; Prometheus itself drops those that do not.
    const table = this.#table;
    const newestMs = table.exemplarMs[row] ?? 0;
    if (timeMs < newestMs || (timeMs === newestMs && Object.is(value, table.exemplarValue[row]))) {
      this.counts.duplicates += 1;
      return;
    }
    table.exemplarMs[row] = timeMs;
    table.exemplarValue[row] = value;
    pushExemplar(this.columns, table.low[row] ?? 0, table.high[row] ?? 0, message.body, exemplar, labels);
  }

  /** Time stamps of the past are no fault: a sender that was cut off catches up. Those of the future are. */
  #accept(resource: Resource, timeMs: number): void {
    this.#sourceOf(resource).accept(Math.max(timeMs, this.#tally.now));
  }

  #refuse(resource: Resource, { code, reason }: Refusal, count: number): undefined {
    this.#sourceOf(resource).reject(reason, count);
    this.counts.refused.set(code, (this.counts.refused.get(code) ?? 0) + count);
  }

  #sourceOf(resource: Resource): Source {
    if (!this.#source || resource !== this.#resource) {
      this.#resource = resource;
      this.#source = this.#tally.source(resource);
    }
    return this.#source;
  }
}
