import { PipelineError } from '#core/errors.js';
import { Bytes } from '#store/native.js';
import { MAX_FIELDS } from './wide.js';
import type { Work } from './work.js';

/**
 * OTLP/JSON → OTLP/protobuf, so that both encodings reach the columns by one way.
 * Field numbers: https://github.com/open-telemetry/opentelemetry-proto; the JSON mapping: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * (ids in hexadecimal, enums as numbers, 64-bit integers as text or numbers, unknown fields ignored).
 */
export type Signal = 'traces' | 'metrics' | 'logs';

type Scalar = 'string' | 'bool' | 'double' | 'bytes' | 'id' | 'fixed64' | 'sfixed64' | 'fixed32' | 'int' | 'sint' | 'enum' | 'fixed64s' | 'doubles' | 'uints';
/** name → [field number, type, repeated] */
interface Message {
  readonly [name: string]: readonly [number, Scalar | (() => Message), boolean?];
}

const anyValue: Message = { stringValue: [1, 'string'], boolValue: [2, 'bool'], intValue: [3, 'int'], doubleValue: [4, 'double'], arrayValue: [5, () => arrayValue], kvlistValue: [6, () => kvlist], bytesValue: [7, 'bytes'] };
const arrayValue: Message = { values: [1, () => anyValue, true] };
const keyValue: Message = { key: [1, 'string'], value: [2, () => anyValue] };
const kvlist: Message = { values: [1, () => keyValue, true] };
const resource: Message = { attributes: [1, () => keyValue, true], droppedAttributesCount: [2, 'int'] };
const scope: Message = { name: [1, 'string'], version: [2, 'string'], attributes: [3, () => keyValue, true], droppedAttributesCount: [4, 'int'] };

const event: Message = { timeUnixNano: [1, 'fixed64'], name: [2, 'string'], attributes: [3, () => keyValue, true], droppedAttributesCount: [4, 'int'] };
const link: Message = { traceId: [1, 'id'], spanId: [2, 'id'], traceState: [3, 'string'], attributes: [4, () => keyValue, true], droppedAttributesCount: [5, 'int'], flags: [6, 'fixed32'] };
const status: Message = { message: [2, 'string'], code: [3, 'enum'] };
const span: Message = {
  traceId: [1, 'id'], spanId: [2, 'id'], traceState: [3, 'string'], parentSpanId: [4, 'id'], name: [5, 'string'], kind: [6, 'enum'], startTimeUnixNano: [7, 'fixed64'], endTimeUnixNano: [8, 'fixed64'],
  attributes: [9, () => keyValue, true], droppedAttributesCount: [10, 'int'], events: [11, () => event, true], droppedEventsCount: [12, 'int'], links: [13, () => link, true], droppedLinksCount: [14, 'int'],
  status: [15, () => status], flags: [16, 'fixed32'],
};

const logRecord: Message = {
  timeUnixNano: [1, 'fixed64'], severityNumber: [2, 'enum'], severityText: [3, 'string'], body: [5, () => anyValue], attributes: [6, () => keyValue, true], droppedAttributesCount: [7, 'int'], flags: [8, 'fixed32'],
  traceId: [9, 'id'], spanId: [10, 'id'], observedTimeUnixNano: [11, 'fixed64'], eventName: [12, 'string'],
};

const exemplar: Message = { timeUnixNano: [2, 'fixed64'], asDouble: [3, 'double'], spanId: [4, 'id'], traceId: [5, 'id'], asInt: [6, 'sfixed64'], filteredAttributes: [7, () => keyValue, true] };
const numberPoint: Message = { startTimeUnixNano: [2, 'fixed64'], timeUnixNano: [3, 'fixed64'], asDouble: [4, 'double'], exemplars: [5, () => exemplar, true], asInt: [6, 'sfixed64'], attributes: [7, () => keyValue, true], flags: [8, 'int'] };
const histogramPoint: Message = {
  startTimeUnixNano: [2, 'fixed64'], timeUnixNano: [3, 'fixed64'], count: [4, 'fixed64'], sum: [5, 'double'], bucketCounts: [6, 'fixed64s'], explicitBounds: [7, 'doubles'], exemplars: [8, () => exemplar, true],
  attributes: [9, () => keyValue, true], flags: [10, 'int'], min: [11, 'double'], max: [12, 'double'],
};
const buckets: Message = { offset: [1, 'sint'], bucketCounts: [2, 'uints'] };
const exponentialPoint: Message = {
  attributes: [1, () => keyValue, true], startTimeUnixNano: [2, 'fixed64'], timeUnixNano: [3, 'fixed64'], count: [4, 'fixed64'], sum: [5, 'double'], scale: [6, 'sint'], zeroCount: [7, 'fixed64'],
  positive: [8, () => buckets], negative: [9, () => buckets], flags: [10, 'int'], exemplars: [11, () => exemplar, true], min: [12, 'double'], max: [13, 'double'], zeroThreshold: [14, 'double'],
};
const quantile: Message = { quantile: [1, 'double'], value: [2, 'double'] };
const summaryPoint: Message = { startTimeUnixNano: [2, 'fixed64'], timeUnixNano: [3, 'fixed64'], count: [4, 'fixed64'], sum: [5, 'double'], quantileValues: [6, () => quantile, true], attributes: [7, () => keyValue, true], flags: [8, 'int'] };
const gauge: Message = { dataPoints: [1, () => numberPoint, true] };
const sum: Message = { dataPoints: [1, () => numberPoint, true], aggregationTemporality: [2, 'enum'], isMonotonic: [3, 'bool'] };
const histogram: Message = { dataPoints: [1, () => histogramPoint, true], aggregationTemporality: [2, 'enum'] };
const exponential: Message = { dataPoints: [1, () => exponentialPoint, true], aggregationTemporality: [2, 'enum'] };
const summary: Message = { dataPoints: [1, () => summaryPoint, true] };
const metric: Message = {
  name: [1, 'string'], description: [2, 'string'], unit: [3, 'string'], gauge: [5, () => gauge], sum: [7, () => sum], histogram: [9, () => histogram], exponentialHistogram: [10, () => exponential], summary: [11, () => summary],
};

const groups = (scopes: string, records: string, record: Message): Message => {
  const scoped: Message = { scope: [1, () => scope], [records]: [2, () => record, true], schemaUrl: [3, 'string'] };
  return { resource: [1, () => resource], [scopes]: [2, () => scoped, true], schemaUrl: [3, 'string'] };
};
const resourceSpans = groups('scopeSpans', 'spans', span);
const resourceLogs = groups('scopeLogs', 'logRecords', logRecord);
const resourceMetrics = groups('scopeMetrics', 'metrics', metric);
/** What holds records, or many points: written in slices. */
const CONTAINERS: ReadonlySet<Message> = new Set([
  ...[resourceSpans, resourceLogs, resourceMetrics].flatMap((group) => [group, ...Object.values(group).flatMap(([, type]) => (typeof type === 'function' && type() !== resource ? [type()] : []))]),
  metric, gauge, sum, histogram, exponential, summary,
]);
const requests: Readonly<Record<Signal, Message>> = {
  traces: { resourceSpans: [1, () => resourceSpans, true] },
  logs: { resourceLogs: [1, () => resourceLogs, true] },
  metrics: { resourceMetrics: [1, () => resourceMetrics, true] },
};

const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
/** Names of enums, which the protocol forbids and some senders use in place of numbers. */
const ENUM_NAMES: ReadonlyMap<unknown, bigint> = new Map(
  [
    ...['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((name, value): [string, number] => [`SPAN_KIND_${name}`, value]),
    ...['UNSET', 'OK', 'ERROR'].map((name, value): [string, number] => [`STATUS_CODE_${name}`, value]),
    ...['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map((name, value): [string, number] => [`AGGREGATION_TEMPORALITY_${name}`, value]),
    ...['UNSPECIFIED', ...SEVERITIES.flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`])].map((name, value): [string, number] => [`SEVERITY_NUMBER_${name}`, value]),
  ].map(([name, value]) => [name, BigInt(value)]),
);
const MAX_DEPTH = 100;
/** Most messages are attributes. */
const SMALL = 64;
/** Bytes of JSON that are parsed whatever they hold. */
const UNSEEN = 1024 * 1024;
/** Of objects and lists in one another; a message of the deepest kind takes three of them. */
const MAX_BRACKETS = 4 * MAX_DEPTH;
/** Of one object or list; honest ones have three times as many and more. */
const LEAST_BYTES = 8;

const malformed = (what: string): PipelineError => new PipelineError('DECODE_FAILED', `not a valid OTLP/JSON body: ${what}`);

/** Throws PipelineError DECODE_FAILED naming the field. */
export function* jsonToProtobuf(signal: Signal, body: Buffer): Work<Buffer> {
  if (body.length > UNSEEN) requireSpacious(body);
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw malformed(String(error));
  }
  return (yield* encodeContainer(parsed, requests[signal], signal, 0)).view();
}

/** A few kilobytes of gzip become 20 MiB of brackets, which take seconds and half a gigabyte to parse, in one go. */
function requireSpacious(body: Buffer): void {
  const { length } = body;
  let depth = 0;
  let opened = 0;
  for (let at = 0; at < length; at += 1) {
    const byte = body[at];
    if (byte === 0x22) {
      for (at += 1; at < length && body[at] !== 0x22; at += 1) if (body[at] === 0x5c) at += 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      opened += 1;
      if (depth > MAX_BRACKETS) throw malformed(`it nests deeper than ${MAX_BRACKETS} brackets`);
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  if (opened > length / LEAST_BYTES) throw malformed(`it has more than a bracket for every ${LEAST_BYTES} bytes`);
}

/** The same as `encode`, with a pause after each item: of messages that may hold thousands. */
function* encodeContainer(value: unknown, message: Message, path: string, depth: number): Work<Bytes> {
  const out = new Bytes(Buffer.allocUnsafe(SMALL));
  for (const [name, content] of entriesOf(value, path, depth)) {
    const field = fieldOf(message, name, content);
    if (!field) continue;
    const [number, type] = field;
    const at = `${path}.${name}`;
    for (const item of itemsOf(field, content, at)) {
      if (typeof type !== 'function') scalar(out, number, type, item, at);
      else if (CONTAINERS.has(type())) delimited(out, number, (yield* encodeContainer(item, type(), at, depth + 1)).view());
      else delimited(out, number, encode(item, type(), at, depth + 1, { fields: MAX_FIELDS }).view());
      yield;
    }
  }
  return out;
}

/** What may still be written of one record. */
interface Left {
  fields: number;
}

/** Of what is too wide one field too many is written, which tells. */
function encode(value: unknown, message: Message, path: string, depth: number, left: Left): Bytes {
  const out = new Bytes(Buffer.allocUnsafe(SMALL));
  for (const [name, content] of entriesOf(value, path, depth)) {
    const field = fieldOf(message, name, content);
    if (!field) continue;
    const [number, type] = field;
    const at = `${path}.${name}`;
    if (typeof type !== 'function') {
      left.fields -= 1;
      scalar(out, number, type, content, at);
      continue;
    }
    for (const item of itemsOf(field, content, at)) {
      if (left.fields < 0) break;
      left.fields -= 1;
      delimited(out, number, encode(item, type(), at, depth + 1, left).view());
    }
  }
  return out;
}

function entriesOf(value: unknown, path: string, depth: number): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${path} is not an object`);
  if (depth > MAX_DEPTH) throw malformed(`it nests deeper than ${MAX_DEPTH}`);
  return Object.entries(value);
}

function fieldOf(message: Message, name: string, content: unknown): Message[string] | undefined {
  return content !== null && content !== undefined && Object.hasOwn(message, name) ? message[name] : undefined;
}

/** Those of a repeated message; a scalar, or a list of them, is one. */
function itemsOf([, type, repeated = false]: Message[string], content: unknown, path: string): readonly unknown[] {
  if (!repeated || typeof type !== 'function') return [content];
  if (!Array.isArray(content)) throw malformed(`${path} is not a list`);
  return content;
}

function tag(out: Bytes, number: number, wire: number): void {
  out.varint(number * 8 + wire);
}

function delimited(out: Bytes, number: number, bytes: Uint8Array): void {
  tag(out, number, 2);
  out.varint(bytes.length);
  out.copy(bytes, 0, bytes.length);
}

function scalar(out: Bytes, number: number, type: Scalar, value: unknown, path: string): void {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') throw malformed(`${path} is not text`);
      return delimited(out, number, Buffer.from(value));
    case 'bytes':
      if (typeof value !== 'string') throw malformed(`${path} is not base64 text`);
      return delimited(out, number, Buffer.from(value, 'base64'));
    case 'id':
      if (typeof value !== 'string') throw malformed(`${path} is not hexadecimal text`);
      // One that is odd is none, as one of the wrong length is: what needs it is refused alone.
      return delimited(out, number, Buffer.from(value.length % 2 === 0 && /^[0-9a-f]*$/i.test(value) ? value : '', 'hex'));
    case 'bool':
      if (typeof value !== 'boolean') throw malformed(`${path} is not true or false`);
      tag(out, number, 0);
      return out.varint(value ? 1 : 0);
    case 'enum':
      tag(out, number, 0);
      return varint64(out, ENUM_NAMES.get(value) ?? integer(value, path));
    case 'int':
      tag(out, number, 0);
      return varint64(out, signedInteger(value, path));
    case 'sint': {
      const signed = signedInteger(value, path);
      tag(out, number, 0);
      return varint64(out, signed < 0n ? -signed * 2n - 1n : signed * 2n);
    }
    case 'double':
      tag(out, number, 1);
      return double(out, value, path);
    case 'fixed32':
      tag(out, number, 5);
      return fixed32(out, integer(value, path));
    case 'fixed64':
      tag(out, number, 1);
      return fixed(out, integer(value, path));
    case 'sfixed64':
      tag(out, number, 1);
      return fixed(out, signedInteger(value, path));
    case 'fixed64s':
    case 'doubles':
    case 'uints': {
      if (!Array.isArray(value)) throw malformed(`${path} is not a list`);
      const packed = new Bytes(Buffer.allocUnsafe(SMALL));
      const items = value as unknown[];
      for (const item of items.length > MAX_FIELDS ? items.slice(0, MAX_FIELDS) : items) {
        if (type === 'doubles') double(packed, item, path);
        else if (type === 'uints') varint64(packed, integer(item, path));
        else fixed(packed, integer(item, path));
      }
      return delimited(out, number, packed.view());
    }
  }
}

const DOUBLE = /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const NOT_FINITE: ReadonlyMap<unknown, number> = new Map([['NaN', Number.NaN], ['Infinity', Infinity], ['-Infinity', -Infinity]]);

function double(out: Bytes, value: unknown, path: string): void {
  const number = typeof value === 'number' ? value : typeof value === 'string' && DOUBLE.test(value) ? Number(value) : NOT_FINITE.get(value);
  if (number === undefined) throw malformed(`${path} is not a number`);
  const at = out.reserve(8);
  out.buffer.writeDoubleLE(number, at);
}

function fixed(out: Bytes, value: bigint): void {
  const at = out.reserve(8);
  out.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at);
}

function varint64(out: Bytes, value: bigint): void {
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    out.byte(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.byte(Number(rest));
}

/** Of 64 bits, signed or not. A text of more digits is refused before it costs anything. A number at the very end has been rounded to the first that does not fit. */
function integer(value: unknown, path: string, ends = 2n ** 64n): bigint {
  const exact = typeof value === 'number' ? Number.isInteger(value) : typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  const number = exact ? BigInt(value as number | string) : undefined;
  if (number === ends && typeof value === 'number') return ends - 1n;
  if (number === undefined || number < -(2n ** 63n) || number >= ends) throw malformed(`${path} is not an integer of 64 bits`);
  return number;
}

const signedInteger = (value: unknown, path: string): bigint => integer(value, path, 2n ** 63n);

function fixed32(out: Bytes, value: bigint): void {
  const at = out.reserve(4);
  out.buffer.writeUInt32LE(Number(BigInt.asUintN(32, value)), at);
}
