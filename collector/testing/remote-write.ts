import protobuf from 'protobufjs';
import { compressSync } from 'snappy';

/** The messages of Remote Write 1.0 and 2.0, for an encoder that shares nothing with our reader. */
const SCHEMA = `
syntax = "proto3";
message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
message MetricMetadata { uint32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
message BucketSpan { sint32 offset = 1; uint32 length = 2; }
message Histogram {
  oneof count { uint64 count_int = 1; double count_float = 2; } double sum = 3; sint32 schema = 4; double zero_threshold = 5; oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
  repeated BucketSpan negative_spans = 8; repeated sint64 negative_deltas = 9; repeated double negative_counts = 10; repeated BucketSpan positive_spans = 11; repeated sint64 positive_deltas = 12; repeated double positive_counts = 13;
  uint32 reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16; int64 start_timestamp = 17;
}
message RequestV2 { repeated string symbols = 4; repeated TimeSeriesV2 timeseries = 5; }
message TimeSeriesV2 { repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3; repeated ExemplarV2 exemplars = 4; Metadata metadata = 5; int64 created_timestamp = 6; }
message ExemplarV2 { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
message Metadata { uint32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }`;
const { root } = protobuf.parse(SCHEMA);

export const STALE = Symbol('stale marker');

/** One series in words of the test; labels are encoded in the order given. */
export interface TestSeries {
  readonly labels: readonly (readonly [string, string])[];
  /** Time in milliseconds and value. */
  readonly samples?: readonly (readonly [number, number | typeof STALE])[];
  readonly histograms?: readonly object[];
  readonly exemplars?: readonly { readonly labels: readonly (readonly [string, string])[]; readonly value: number; readonly timestamp: number }[];
  /** 2.0 alone. */
  readonly metadata?: { readonly type: number; readonly help: string; readonly unit: string };
  readonly startMs?: number;
}

/** A fixed double that no test value has, to be replaced by the stale marker's bits. */
const PLACEHOLDER = Buffer.from(new Float64Array([-8.123456789e-201]).buffer);
const STALE_BITS = Buffer.from([2, 0, 0, 0, 0, 0, 0xf0, 0x7f]);

export function encodeV1(series: readonly TestSeries[], metadata: readonly object[] = []): Buffer {
  const pairs = (labels: TestSeries['labels']): object[] => labels.map(([name, value]) => ({ name, value }));
  return encode('WriteRequest', {
    timeseries: series.map(({ labels, samples = [], histograms = [], exemplars = [] }) => ({ labels: pairs(labels), samples: samples.map(sample), histograms, exemplars: exemplars.map((one) => ({ ...one, labels: pairs(one.labels) })) })),
    metadata,
  });
}

export function encodeV2(series: readonly TestSeries[]): Buffer {
  const symbols: string[] = [''];
  const ref = (text: string): number => {
    const known = symbols.indexOf(text);
    return known >= 0 ? known : symbols.push(text) - 1;
  };
  const refs = (labels: TestSeries['labels']): number[] => labels.flatMap(([name, value]) => [ref(name), ref(value)]);
  const timeseries = series.map(({ labels, samples = [], histograms = [], exemplars = [], metadata, startMs }) => ({
    labelsRefs: refs(labels), samples: samples.map(sample), histograms, exemplars: exemplars.map((one) => ({ ...one, labelsRefs: refs(one.labels) })),
    ...(metadata && { metadata: { type: metadata.type, helpRef: ref(metadata.help), unitRef: ref(metadata.unit) } }), ...(startMs && { createdTimestamp: startMs }),
  }));
  return encode('RequestV2', { symbols, timeseries });
}

/** The type of a whole request. */
export const writeRequestType = (version: 1 | 2): protobuf.Type => root.lookupType(version === 1 ? 'WriteRequest' : 'RequestV2');

export const packed = (body: Uint8Array): Buffer => compressSync(Buffer.from(body));

const sample = ([timestamp, value]: readonly [number, number | typeof STALE]): object => ({ timestamp, value: value === STALE ? PLACEHOLDER.readDoubleLE() : value });

function encode(type: string, message: object): Buffer {
  const bytes = Buffer.from(root.lookupType(type).encode(message).finish());
  for (let at = bytes.indexOf(PLACEHOLDER); at >= 0; at = bytes.indexOf(PLACEHOLDER)) STALE_BITS.copy(bytes, at);
  return bytes;
}
