import { ArrayColumn, MapColumn, type NativeColumn, NumberColumn, StringColumn } from '#store/native.js';
import { createColumnPool } from '../column-pool.js';
import { blockOf, type DecodedBlock } from '../outcome.js';
import type { KnownSeries } from '../series.js';
import { createSeriesColumns } from '../series-rows.js';

function createMetricColumns() {
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
export type MetricColumns = ReturnType<typeof createMetricColumns>;
export const metricColumns = createColumnPool(createMetricColumns, ({ series, samples, histograms, exemplars }) => [series, samples, histograms, exemplars].flatMap((part) => Object.values<NativeColumn>(part)));
export type SampleColumns = MetricColumns['samples'];

export function pushSample(samples: SampleColumns, series: KnownSeries, timeMs: number, value: number): void {
  samples.series.pushParts(series.low, series.high);
  samples.time.push(timeMs);
  samples.value.push(value);
}

/** Halves of the NaN that says, in Prometheus, that a series has ended. */
export const STALE_LOW = 2;
export const STALE_HIGH = 0x7ff0_0000;

export function pushStale(samples: SampleColumns, series: KnownSeries, timeMs: number): void {
  samples.series.pushParts(series.low, series.high);
  samples.time.push(timeMs);
  samples.value.pushParts(STALE_LOW, STALE_HIGH);
}

/** The columns as blocks of their tables. */
export function metricBlocks({ series, samples, histograms, exemplars }: MetricColumns): readonly DecodedBlock[] {
  return [blockOf('metric_series', Object.values(series)), blockOf('metric_samples', Object.values(samples)), blockOf('metric_histograms', Object.values(histograms)), blockOf('metric_exemplars', Object.values(exemplars))];
}
