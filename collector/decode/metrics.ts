import type { Clock } from '#core/clock.js';
import { ArrayColumn, MapColumn, nativeBlock, NumberColumn, StringColumn, type NativeColumn } from '#store/native.js';
import { entries, readAttribute } from './attributes.js';
import { type Decoded, type Limits, Tally, timeFault } from './outcome.js';
import { prometheusName } from './prometheus-name.js';
import { FIXED64, LENGTH, Reader, VARINT } from './reader.js';
import { readResource, readScope } from './resource.js';
import { createSeriesCache, createSeriesColumns, type ChildSpec, type Family, type KnownSeries, type Metric, type SeriesCache } from './series.js';

const NO_RECORDED_VALUE = 1;
const TYPE_OF_FIELD: Readonly<Record<number, Metric['type']>> = { 5: 'gauge', 7: 'counter', 9: 'histogram', 10: 'exponential_histogram', 11: 'summary' };
const TEMPORALITY = ['', 'delta', 'cumulative'] as const;

function createColumns() {
  return {
    series: createSeriesColumns(),
    samples: { series: new NumberColumn('series', 'UInt64'), time: new NumberColumn('time', 'DateTime64(3)'), value: new NumberColumn('value', 'Float64') },
    histograms: {
      series: new NumberColumn('series', 'UInt64'), time: new NumberColumn('time', 'DateTime64(3)'), start: new NumberColumn('start', 'DateTime64(3)'), count: new NumberColumn('count', 'UInt64'), sum: new NumberColumn('sum', 'Float64'),
      min: new NumberColumn('min', 'Float64'), max: new NumberColumn('max', 'Float64'), scale: new NumberColumn('scale', 'Int32'), zeroCount: new NumberColumn('zero_count', 'UInt64'), zeroThreshold: new NumberColumn('zero_threshold', 'Float64'),
      positiveOffset: new NumberColumn('positive_offset', 'Int32'), positiveCounts: new ArrayColumn('positive_counts', new NumberColumn('', 'UInt64')),
      negativeOffset: new NumberColumn('negative_offset', 'Int32'), negativeCounts: new ArrayColumn('negative_counts', new NumberColumn('', 'UInt64')),
    },
    exemplars: { series: new NumberColumn('series', 'UInt64'), time: new NumberColumn('time', 'DateTime64(3)'), value: new NumberColumn('value', 'Float64'), traceId: new StringColumn('trace_id'), spanId: new StringColumn('span_id'), attributes: new MapColumn('attributes') },
  };
}
type Columns = ReturnType<typeof createColumns>;

/** The fields of any data point; each metric type uses some. Reused from point to point. */
class Point {
  startMs = 0;
  timeMs = 0;
  value = 0;
  count = 0;
  sum = 0;
  min = 0;
  max = 0;
  scale = 0;
  zeroCount = 0;
  zeroThreshold = 0;
  flags = 0;
  bucketCounts: number[] = [];
  bounds: number[] = [];
  positive = { offset: 0, counts: [] as number[] };
  negative = { offset: 0, counts: [] as number[] };
  quantiles: { quantile: number; value: number }[] = [];
  attributes = new MapColumn('');
  /** The attribute bytes as text: equal for equal attributes in equal order. */
  key = '';
  exemplars: Reader[] = [];
}

/** Field numbers of the same thing differ between the point messages. */
const ATTRIBUTES: Readonly<Record<Metric['type'], number>> = { gauge: 7, counter: 7, histogram: 9, exponential_histogram: 1, summary: 7 };
const FLAGS: Readonly<Record<Metric['type'], number>> = { gauge: 8, counter: 8, histogram: 10, exponential_histogram: 10, summary: 8 };
const EXEMPLARS: Readonly<Record<Metric['type'], number>> = { gauge: 5, counter: 5, histogram: 8, exponential_histogram: 11, summary: 0 };

/** ExportMetricsServiceRequest → `metric_series`, `metric_samples`, `metric_histograms`, `metric_exemplars`. Deltas are summed up per series. */
export function createMetricsDecoder(limits: Limits, clock: Clock): { decode(body: Buffer): Decoded } {
  const cache = createSeriesCache(limits.maxSeries, clock);
  return {
    decode(body) {
      const columns = createColumns();
      const tally = new Tally();
      const request = new Reader(body);
      while (request.next()) {
        if (request.field !== 1) {
          request.skip();
          continue;
        }
        request.expect(LENGTH);
        const group = request.message();
        const resource = readResource(group);
        const resourceKey = JSON.stringify(resource.record);
        while (group.next()) {
          if (group.field !== 2) {
            group.skip();
            continue;
          }
          group.expect(LENGTH);
          const scoped = group.message();
          const scope = readScope(scoped);
          while (scoped.next()) {
            if (scoped.field === 2) {
              scoped.expect(LENGTH);
              readMetric(scoped.message(), { resource, scope }, resourceKey, { columns, tally, cache, limits, clock });
            } else scoped.skip();
          }
        }
      }
      const block = (table: string, part: Readonly<Record<string, NativeColumn>>) => {
        const all = Object.values(part);
        const rows = all[0]?.rows ?? 0;
        return { table, rows, native: rows > 0 ? nativeBlock(all) : Buffer.alloc(0) };
      };
      return tally.result([block('metric_series', columns.series), block('metric_samples', columns.samples), block('metric_histograms', columns.histograms), block('metric_exemplars', columns.exemplars)]);
    },
  };
}

interface Sink {
  readonly columns: Columns;
  readonly tally: Tally;
  readonly cache: SeriesCache;
  readonly limits: Limits;
  readonly clock: Clock;
}

function readMetric(message: Reader, origin: Pick<Metric, 'resource' | 'scope'>, resourceKey: string, sink: Sink): void {
  let name = '', description = '', unit = '';
  let type: Metric['type'] | undefined;
  let data: Reader | undefined;
  while (message.next()) {
    if (message.field === 1 && message.wire === LENGTH) name = message.text();
    else if (message.field === 2 && message.wire === LENGTH) description = message.text();
    else if (message.field === 3 && message.wire === LENGTH) unit = message.text();
    else if (message.wire === LENGTH && TYPE_OF_FIELD[message.field]) {
      type = TYPE_OF_FIELD[message.field];
      data = message.message();
    } else message.skip();
  }
  if (!type || !data) return;
  let temporality = 0, monotonic = type !== 'gauge';
  if (type === 'counter') monotonic = false;
  const points: Reader[] = [];
  while (data.next()) {
    if (data.field === 1 && data.wire === LENGTH) points.push(data.message());
    else if (data.field === 2 && data.wire === VARINT) temporality = data.varint();
    else if (data.field === 3 && data.wire === VARINT) monotonic = data.varint() !== 0;
    else data.skip();
  }
  if (name === '') {
    sink.tally.reject('a metric without a name', points.length);
    return;
  }
  const metric: Metric = { ...origin, name, description, unit, type: type === 'counter' && !monotonic ? 'gauge' : type, temporality: TEMPORALITY[temporality] ?? '', monotonic };
  for (const reader of points) {
    const point = readPoint(reader, type);
    if ((point.flags & NO_RECORDED_VALUE) !== 0) continue;
    if (point.timeMs === 0) point.timeMs = sink.clock();
    const fault = timeFault(point.timeMs, sink.limits, sink.clock);
    if (fault) {
      sink.tally.reject(fault);
      continue;
    }
    const attributes = (): Record<string, string> => entries(point.attributes);
    const key = `${resourceKey}\0${name}\0${unit}\0${metric.type}\0${point.bounds.join()}\0${point.quantiles.map((entry) => entry.quantile).join()}\0${point.key}`;
    const family = sink.cache.find(key, metric, attributes, () => childrenOf(metric, point));
    if (!family) {
      sink.tally.reject(`more than ${sink.limits.maxSeries} metric series`);
      continue;
    }
    sink.cache.describe(family, metric, attributes, sink.columns.series);
    writePoint(family, metric, point, sink.columns);
    writeExemplars(family, point, sink.columns);
    sink.tally.accept(origin.resource.service, origin.resource.sdk);
  }
}

function readPoint(reader: Reader, type: Metric['type']): Point {
  const point = new Point();
  const isNumber = type === 'gauge' || type === 'counter';
  const exponential = type === 'exponential_histogram';
  while (reader.next()) {
    const { field } = reader;
    if (field === ATTRIBUTES[type]) {
      const from = reader.pos;
      readAttribute(reader, point.attributes);
      point.key += reader.bytes.toString('latin1', from, reader.pos);
    } else if (field === FLAGS[type] && reader.wire === VARINT) point.flags = reader.varint();
    else if (field === EXEMPLARS[type] && reader.wire === LENGTH) point.exemplars.push(reader.message());
    else if (field === 2 && reader.wire === FIXED64) point.startMs = fixedMs(reader);
    else if (field === 3 && reader.wire === FIXED64) point.timeMs = fixedMs(reader);
    else if (field === 4 && reader.wire === FIXED64) {
      if (isNumber) point.value = reader.double();
      else point.count = fixedNumber(reader);
    } else if (isNumber && field === 6 && reader.wire === FIXED64) {
      reader.fixed64();
      point.value = (reader.high | 0) * 0x1_0000_0000 + reader.low;
    } else if (!isNumber && field === 5 && reader.wire === FIXED64) point.sum = reader.double();
    else if (type === 'histogram' && field === 6) point.bucketCounts.push(...fixedList(reader, fixedNumber));
    else if (type === 'histogram' && field === 7) point.bounds.push(...fixedList(reader, (inner) => inner.double()));
    else if ((type === 'histogram' && field === 11) || (exponential && field === 12)) point.min = reader.double();
    else if ((type === 'histogram' && field === 12) || (exponential && field === 13)) point.max = reader.double();
    else if (exponential && field === 6 && reader.wire === VARINT) point.scale = zigzag(reader.varint());
    else if (exponential && field === 7 && reader.wire === FIXED64) point.zeroCount = fixedNumber(reader);
    else if (exponential && field === 8 && reader.wire === LENGTH) point.positive = readBuckets(reader.message());
    else if (exponential && field === 9 && reader.wire === LENGTH) point.negative = readBuckets(reader.message());
    else if (exponential && field === 14 && reader.wire === FIXED64) point.zeroThreshold = reader.double();
    else if (type === 'summary' && field === 6 && reader.wire === LENGTH) point.quantiles.push(readQuantile(reader.message()));
    else reader.skip();
  }
  return point;
}

const zigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

function fixedNumber(reader: Reader): number {
  reader.fixed64();
  return reader.high * 0x1_0000_0000 + reader.low;
}

function fixedMs(reader: Reader): number {
  return Math.round(fixedNumber(reader) / 1e6);
}

/** Repeated 8-byte values, packed or one by one. */
function fixedList(reader: Reader, read: (reader: Reader) => number): number[] {
  if (reader.wire === FIXED64) return [read(reader)];
  reader.expect(LENGTH);
  const packed = reader.message();
  const values: number[] = [];
  while (packed.pos < packed.end) values.push(read(packed));
  return values;
}

function readBuckets(reader: Reader): { offset: number; counts: number[] } {
  let offset = 0;
  const counts: number[] = [];
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === VARINT) offset = zigzag(reader.varint());
    else if (reader.field === 2 && reader.wire === VARINT) counts.push(reader.varint());
    else if (reader.field === 2 && reader.wire === LENGTH) {
      const packed = reader.message();
      while (packed.pos < packed.end) counts.push(packed.varint());
    } else reader.skip();
  }
  return { offset, counts };
}

function readQuantile(reader: Reader): { quantile: number; value: number } {
  const found = { quantile: 0, value: 0 };
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === FIXED64) found.quantile = reader.double();
    else if (reader.field === 2 && reader.wire === FIXED64) found.value = reader.double();
    else reader.skip();
  }
  return found;
}

/** The Prometheus series of a point, in the order `writePoint` fills them. */
function childrenOf({ name, unit, type, monotonic }: Metric, point: Point): ChildSpec[] {
  switch (type) {
    case 'gauge':
      return [{ name: prometheusName(name, unit, 'gauge'), type }];
    case 'counter':
      return [{ name: prometheusName(name, unit, monotonic ? 'counter' : 'gauge'), type }];
    case 'histogram': {
      const base = prometheusName(name, unit, 'other');
      const buckets = [...point.bounds.map(String), '+Inf'].map((le): ChildSpec => ({ name: `${base}_bucket`, type: 'histogram', labels: { le } }));
      return [{ name: `${base}_count`, type: 'counter' }, { name: `${base}_sum`, type: 'counter' }, ...buckets];
    }
    case 'exponential_histogram': {
      const base = prometheusName(name, unit, 'other');
      return [{ name: `${base}_count`, type: 'counter' }, { name: `${base}_sum`, type: 'counter' }, { name: base, type }];
    }
    case 'summary': {
      const base = prometheusName(name, unit, 'other');
      return [{ name: `${base}_count`, type: 'counter' }, { name: `${base}_sum`, type: 'counter' }, ...point.quantiles.map(({ quantile }): ChildSpec => ({ name: base, type, labels: { quantile: String(quantile) } }))];
    }
  }
}

function writePoint({ children }: Family, metric: Metric, point: Point, columns: Columns): void {
  const delta = metric.temporality === 'delta';
  // A delta that arrives again would count twice.
  const repeated = delta && (children[0]?.lastMs ?? 0) >= point.timeMs;
  const put = (index: number, value: number, cumulates = true): void => {
    const child = children[index];
    if (!child) return;
    sample(columns, child, point.timeMs, delta && cumulates ? accumulate(child, repeated ? 0 : value, point.timeMs) : value);
  };
  switch (metric.type) {
    case 'gauge':
    case 'counter':
      put(0, point.value);
      return;
    case 'histogram': {
      put(0, point.count);
      put(1, point.sum);
      let running = 0;
      for (let bucket = 0; bucket <= point.bounds.length; bucket += 1) {
        running += point.bucketCounts[bucket] ?? (point.bounds.length === 0 ? point.count : 0);
        put(bucket + 2, running);
      }
      return;
    }
    case 'exponential_histogram':
      put(0, point.count);
      put(1, point.sum);
      if (children[2]) writeHistogram(columns, children[2], point);
      return;
    case 'summary':
      put(0, point.count);
      put(1, point.sum);
      for (const [index, { value }] of point.quantiles.entries()) put(index + 2, value, false);
      return;
  }
}

function accumulate(series: KnownSeries, value: number, timeMs: number): number {
  series.total += value;
  series.lastMs = timeMs;
  return series.total;
}

function sample(columns: Columns, series: KnownSeries, timeMs: number, value: number): void {
  columns.samples.series.pushBigInt(series.id);
  columns.samples.time.push(timeMs);
  columns.samples.value.push(value);
}

function writeHistogram({ histograms }: Columns, series: KnownSeries, point: Point): void {
  histograms.series.pushBigInt(series.id);
  histograms.time.push(point.timeMs);
  histograms.start.push(point.startMs);
  histograms.count.push(point.count);
  histograms.sum.push(point.sum);
  histograms.min.push(point.min);
  histograms.max.push(point.max);
  histograms.scale.push(point.scale);
  histograms.zeroCount.push(point.zeroCount);
  histograms.zeroThreshold.push(point.zeroThreshold);
  histograms.positiveOffset.push(point.positive.offset);
  for (const count of point.positive.counts) histograms.positiveCounts.items.push(count);
  histograms.positiveCounts.endRow();
  histograms.negativeOffset.push(point.negative.offset);
  for (const count of point.negative.counts) histograms.negativeCounts.items.push(count);
  histograms.negativeCounts.endRow();
}

function writeExemplars({ children }: Family, point: Point, { exemplars }: Columns): void {
  const [first] = children;
  if (!first) return;
  for (const reader of point.exemplars) {
    let timeMs = point.timeMs, value = 0, traceAt = 0, traceEnd = 0, spanAt = 0, spanEnd = 0;
    while (reader.next()) {
      if (reader.field === 2 && reader.wire === FIXED64) timeMs = fixedMs(reader);
      else if (reader.field === 3 && reader.wire === FIXED64) value = reader.double();
      else if (reader.field === 4 && reader.wire === LENGTH) { reader.range(); spanAt = reader.start; spanEnd = reader.stop; }
      else if (reader.field === 5 && reader.wire === LENGTH) { reader.range(); traceAt = reader.start; traceEnd = reader.stop; }
      else if (reader.field === 6 && reader.wire === FIXED64) { reader.fixed64(); value = (reader.high | 0) * 0x1_0000_0000 + reader.low; }
      else if (reader.field === 7 && reader.wire === LENGTH) readAttribute(reader, exemplars.attributes);
      else reader.skip();
    }
    exemplars.series.pushBigInt(first.id);
    exemplars.time.push(timeMs);
    exemplars.value.push(value);
    exemplars.traceId.pushHex(reader.bytes, traceAt, traceEnd);
    exemplars.spanId.pushHex(reader.bytes, spanAt, spanEnd);
    exemplars.attributes.endRow();
  }
}
