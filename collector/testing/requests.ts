import fc from 'fast-check';
import type { Signal } from '../decode/decoder.js';
import type { Plain } from './otlp-schema.js';

/** The time of all random requests. */
export const NOW = 1_790_000_000_000;
const MINUTE_NS = 60_000_000_000n;
const NOW_NS = BigInt(NOW) * 1_000_000n;

const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint32 = fc.nat(0xffff_ffff);
const near = fc.bigInt({ min: -40n * MINUTE_NS, max: 40n * MINUTE_NS }).map((offset) => NOW_NS + offset);
const time = fc.oneof({ weight: 12, arbitrary: near }, { weight: 1, arbitrary: fc.constantFrom(0n, 1n, NOW_NS - 16n * 1440n * MINUTE_NS, NOW_NS + 120n * MINUTE_NS, 2n ** 64n - 1n) }, { weight: 1, arbitrary: uint64 });
const bytes = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });
const id = (size: number): fc.Arbitrary<Uint8Array> => fc.oneof({ weight: 10, arbitrary: bytes(size) }, { weight: 1, arbitrary: fc.constant(new Uint8Array(size)) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) });
const some = <T extends Record<string, fc.Arbitrary<unknown>>>(fields: T): fc.Arbitrary<Plain> => fc.record(fields, { requiredKeys: [] });
const list = <T>(items: fc.Arbitrary<T>, maxLength = 3): fc.Arbitrary<T[]> => fc.array(items, { maxLength });

const { anyValue, keyValue } = fc.letrec<{ anyValue: Plain; keyValue: Plain }>((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'value' },
    fc.record({ stringValue: text }),
    fc.constant({}),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64 }),
    fc.record({ doubleValue: fc.double() }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 5 }) }),
    fc.record({ arrayValue: fc.record({ values: list(tie('anyValue')) }) }),
    fc.record({ kvlistValue: fc.record({ values: list(tie('keyValue')) }) }),
  ),
  keyValue: some({ key: fc.oneof(text, fc.constantFrom('a.b', 'a_b', '__proto__', 'le')), value: tie('anyValue') }),
}));
const attributes = list(keyValue);
const serviceName = fc.constantFrom({ key: 'service.name', value: { stringValue: 'checkout' } }, { key: 'service.name', value: { stringValue: 'unknown_service:node' } }, { key: 'service.instance.id', value: { stringValue: 'i-1' } }, { key: 'service.namespace', value: { stringValue: 'shop' } }, { key: 'telemetry.sdk.language', value: { stringValue: 'go' } });
const resource = some({ attributes: list(fc.oneof(serviceName, keyValue)), droppedAttributesCount: uint32 });
const scope = some({ name: text, version: text, attributes, droppedAttributesCount: uint32 });

const grouped = (groups: string, scopes: string, records: string, record: fc.Arbitrary<Plain>): fc.Arbitrary<Plain> =>
  some({ [groups]: list(some({ resource, [scopes]: list(some({ scope, [records]: list(record, 4), schemaUrl: text }), 2), schemaUrl: text }), 2) });

const span = some({
  traceId: id(16), spanId: id(8), traceState: text, parentSpanId: id(8), name: text, kind: fc.integer({ min: -1, max: 7 }), startTimeUnixNano: time, endTimeUnixNano: time, attributes, droppedAttributesCount: uint32,
  events: list(some({ timeUnixNano: time, name: text, attributes, droppedAttributesCount: uint32 })), droppedEventsCount: uint32,
  links: list(some({ traceId: id(16), spanId: id(8), traceState: text, attributes, droppedAttributesCount: uint32, flags: uint32 })), droppedLinksCount: uint32,
  status: some({ message: text, code: fc.integer({ min: -1, max: 4 }) }), flags: uint32,
});
const logRecord = some({
  timeUnixNano: time, observedTimeUnixNano: time, severityNumber: fc.integer({ min: -1, max: 26 }), severityText: text, body: anyValue, attributes, droppedAttributesCount: uint32, flags: uint32, traceId: id(16), spanId: id(8), eventName: text,
});

/** Few keys and values, so that points meet again in the same series. */
const pointAttributes = list(fc.record({ key: fc.constantFrom('a.b', 'a_b', 'route', '9', '__proto__'), value: fc.constantFrom({ stringValue: 'x' }, { intValue: 1n }, {}) }), 2);
const flags = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(1, 3) }, { weight: 1, arbitrary: fc.constant(2) });
const pointTime = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(NOW_NS, NOW_NS + 20_000n, NOW_NS - MINUTE_NS, NOW_NS + MINUTE_NS) }, { weight: 1, arbitrary: time });
const exemplars = list(fc.oneof(some({ timeUnixNano: time, asDouble: fc.double(), spanId: id(8), traceId: id(16), filteredAttributes: attributes }), some({ timeUnixNano: time, asInt: int64 })), 2);
const base = { startTimeUnixNano: pointTime, timeUnixNano: pointTime, attributes: pointAttributes, flags, exemplars };
const numberPoint = fc.oneof(some({ ...base, asDouble: fc.double() }), some({ ...base, asInt: int64 }));
const bounds = fc.constantFrom([], [1], [0.5, 1, 2.5], [-1, 0], [2, 1], [1, Infinity]);
const histogramPoint = bounds.chain((explicitBounds) =>
  some({ ...base, count: uint64, sum: fc.double(), min: fc.double(), max: fc.double(), explicitBounds: fc.constant(explicitBounds), bucketCounts: fc.oneof({ weight: 5, arbitrary: fc.array(uint64, { minLength: explicitBounds.length + 1, maxLength: explicitBounds.length + 1 }) }, { weight: 1, arbitrary: list(uint64) }) }),
);
const buckets = some({ offset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), bucketCounts: list(uint64, 5) });
const exponentialPoint = some({ ...base, count: uint64, sum: fc.double(), scale: fc.integer({ min: -10, max: 20 }), zeroCount: uint64, positive: buckets, negative: buckets, min: fc.double(), max: fc.double(), zeroThreshold: fc.double() });
const summaryPoint = some({ ...base, exemplars: fc.constant(undefined), count: uint64, sum: fc.double(), quantileValues: fc.constantFrom([], [0.5], [0, 0.99], [2]).chain((quantiles) => fc.tuple(...quantiles.map((quantile) => fc.record({ quantile: fc.constant(quantile), value: fc.double() })))) });
const aggregationTemporality = fc.constantFrom(1, 2, 1, 2, 0);
const named = { name: fc.oneof({ weight: 6, arbitrary: fc.constantFrom('orders', 'http.server.duration', 'jobs_total') }, { weight: 1, arbitrary: text }), description: text, unit: fc.constantFrom('', '1', 's', 'By/s', '{order}') };
const metric = fc.oneof(
  some({ ...named, gauge: some({ dataPoints: list(numberPoint, 4) }) }),
  some({ ...named, sum: some({ dataPoints: list(numberPoint, 4), aggregationTemporality, isMonotonic: fc.boolean() }) }),
  some({ ...named, histogram: some({ dataPoints: list(histogramPoint, 4), aggregationTemporality }) }),
  some({ ...named, exponentialHistogram: some({ dataPoints: list(exponentialPoint, 4), aggregationTemporality }) }),
  some({ ...named, summary: some({ dataPoints: list(summaryPoint, 4) }) }),
);

/** Export requests of every shape the schema allows, good and bad. */
export const requests: Readonly<Record<Signal, fc.Arbitrary<Plain>>> = {
  traces: grouped('resourceSpans', 'scopeSpans', 'spans', span),
  logs: grouped('resourceLogs', 'scopeLogs', 'logRecords', logRecord),
  metrics: grouped('resourceMetrics', 'scopeMetrics', 'metrics', metric),
};
