import type { Clock } from '#core/clock.js';
import { DictionaryColumn, MapColumn, NumberColumn, SharedMapColumn, StringColumn } from '#store/native.js';
import { pushAnyValue, readAttribute } from './attributes.js';
import { createColumnPool } from './column-pool.js';
import { pushId, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.js';
import type { PatternMiner } from '../patterns/miner.js';
import { type Decoded, type Limits, Tally } from './outcome.js';
import { FIXED32, FIXED64, LENGTH, Reader } from './reader.js';
import type { Origin } from './records.js';
import { decodeRows } from './rows.js';
import { saidSeverity } from './said-severity.js';
import { severityOf } from './severity.js';
import { ATTRIBUTE, type Parts, VALUE } from './wide.js';
import type { Work } from './work.js';

const MAX_SEVERITY = 24;
const PARTS: Parts = { 5: VALUE, 6: ATTRIBUTE };

function createColumns() {
  return {
    time: new NumberColumn('Timestamp', 'DateTime64(9)'),
    traceId: new StringColumn('TraceId'),
    spanId: new StringColumn('SpanId'),
    flags: new NumberColumn('TraceFlags', 'UInt8'),
    severityText: new DictionaryColumn('SeverityText'),
    severityNumber: new NumberColumn('SeverityNumber', 'UInt8'),
    service: new DictionaryColumn('ServiceName'),
    body: new StringColumn('Body'),
    resourceSchema: new DictionaryColumn('ResourceSchemaUrl'),
    resource: new SharedMapColumn('ResourceAttributes'),
    scopeSchema: new DictionaryColumn('ScopeSchemaUrl'),
    scopeName: new StringColumn('ScopeName'),
    scopeVersion: new DictionaryColumn('ScopeVersion'),
    scopeAttributes: new SharedMapColumn('ScopeAttributes'),
    attributes: new MapColumn('LogAttributes'),
    eventName: new StringColumn('EventName'),
    pattern: new NumberColumn('PatternId', 'UInt64'),
  };
}
type Columns = ReturnType<typeof createColumns>;
const pool = createColumnPool(createColumns, (columns) => Object.values(columns));

/** ExportLogsServiceRequest → one block of `otel_logs`. A record without a time gets its observed time, else now. */
export function decodeLogs(body: Buffer, limits: Limits, clock: Clock, patterns: PatternMiner): Work<Decoded> {
  const tally = new Tally(limits, 'logs', clock());
  return decodeRows('otel_logs', body, tally, pool, PARTS, (record, columns, origin) => readRecord(record, columns, origin, tally, patterns));
}

function readRecord(record: Reader, columns: Columns, { resource, scope, source }: Origin, tally: Tally, patterns: PatternMiner): string | undefined {
  const { bytes } = record;
  const from = record.pos;
  let low = 0, high = 0, seenLow = 0, seenHigh = 0, severity = 0, textAt = 0, textEnd = 0, flags = 0;
  let traceAt = 0, traceEnd = 0, spanAt = 0, spanEnd = 0, eventAt = 0, eventEnd = 0;
  let bodies: Reader[] | undefined;
  while (record.next()) {
    switch (record.field) {
      case 1: record.expect(FIXED64); record.fixed64(); low = record.low; high = record.high; break;
      case 2: severity = record.int32(); break;
      case 3: record.expect(LENGTH); record.range(); textAt = record.start; textEnd = record.stop; break;
      case 5: (bodies ??= []).push(record.message()); break;
      case 8: record.expect(FIXED32); flags = record.fixed32(); break;
      case 9: record.expect(LENGTH); record.range(); traceAt = record.start; traceEnd = record.stop; break;
      case 10: record.expect(LENGTH); record.range(); spanAt = record.start; spanEnd = record.stop; break;
      case 11: record.expect(FIXED64); record.fixed64(); seenLow = record.low; seenHigh = record.high; break;
      case 12: record.expect(LENGTH); record.range(); eventAt = record.start; eventEnd = record.stop; break;
      default: record.skip();
    }
  }
  if (low === 0 && high === 0) { low = seenLow; high = seenHigh; }
  if (low === 0 && high === 0) {
    const now = BigInt(Math.floor(tally.now)) * 1_000_000n;
    low = Number(now & 0xffff_ffffn);
    high = Number(now >> 32n);
  }
  const timeMs = (high * 0x1_0000_0000 + low) / 1e6;
  const fault = tally.timeFault(timeMs);
  if (fault) return fault;
  tally.repeat(resource.size + scope.size);
  source.accept(timeMs);
  columns.time.pushParts(low, high);
  pushId(columns.traceId, bytes, traceAt, traceEnd, TRACE_ID_BYTES);
  pushId(columns.spanId, bytes, spanAt, spanEnd, SPAN_ID_BYTES);
  columns.flags.push(flags & 0xff);
  columns.severityText.pushBytes(bytes, textAt, textEnd);
  columns.service.push(resource.service);
  const bodyAt = columns.body.bytes.length;
  pushAnyValue(bodies && bodies.length > 1 ? Reader.joined(bodies) : bodies?.[0], columns.body);
  const text = columns.body.bytes;
  const saidAt = bodyAt + prefixOf(text.length - bodyAt);
  const pattern = patterns.match(resource.service, text.buffer, saidAt, text.length);
  columns.pattern.pushParts(pattern.low, pattern.high);
  const isSaid = severity !== 0 || textAt !== textEnd;
  const rating = !isSaid ? (pattern.severity ??= saidSeverity(text.buffer, saidAt, text.length)) : severity > 0 && severity <= MAX_SEVERITY ? severity : severityOf(bytes, textAt, textEnd);
  columns.severityNumber.push(rating);
  if (rating === 0) source.unrated += 1;
  columns.resourceSchema.push(resource.schemaUrl);
  columns.resource.push(resource.attributes);
  columns.scopeSchema.push(scope.schemaUrl);
  columns.scopeName.push(scope.name);
  columns.scopeVersion.push(scope.version);
  columns.scopeAttributes.push(scope.attributes);
  columns.eventName.pushBytes(bytes, eventAt, eventEnd);
  record.pos = from;
  while (record.next()) {
    if (record.field === 6) readAttribute(record, columns.attributes);
    else record.skip();
  }
  columns.attributes.endRow();
  return undefined;
}

/** Bytes of the varint before a text that takes `size` bytes with it. */
function prefixOf(size: number): number {
  let bytes = 1;
  while (size - bytes >= 0x80 ** bytes) bytes += 1;
  return bytes;
}
