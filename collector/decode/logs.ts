import type { Clock } from '#core/clock.js';
import { MapColumn, nativeBlock, NumberColumn, StringColumn, type NativeColumn } from '#store/native.js';
import { pushAnyValue, readAttribute } from './attributes.js';
import { type Decoded, type Limits, Tally, timeFault } from './outcome.js';
import { FIXED32, FIXED64, LENGTH, Reader, VARINT } from './reader.js';
import { readResource, readScope, type Resource, type Scope } from './resource.js';

function createColumns() {
  return {
    time: new NumberColumn('Timestamp', 'DateTime64(9)'),
    traceId: new StringColumn('TraceId'),
    spanId: new StringColumn('SpanId'),
    flags: new NumberColumn('TraceFlags', 'UInt8'),
    severityText: new StringColumn('SeverityText'),
    severityNumber: new NumberColumn('SeverityNumber', 'UInt8'),
    service: new StringColumn('ServiceName'),
    body: new StringColumn('Body'),
    resourceSchema: new StringColumn('ResourceSchemaUrl'),
    resource: new MapColumn('ResourceAttributes'),
    scopeSchema: new StringColumn('ScopeSchemaUrl'),
    scopeName: new StringColumn('ScopeName'),
    scopeVersion: new StringColumn('ScopeVersion'),
    scopeAttributes: new MapColumn('ScopeAttributes'),
    attributes: new MapColumn('LogAttributes'),
    eventName: new StringColumn('EventName'),
  };
}
type Columns = ReturnType<typeof createColumns>;

/** ExportLogsServiceRequest → one block of `otel_logs`. A record without a time gets its observed time, else now. */
export function decodeLogs(body: Buffer, limits: Limits, clock: Clock): Decoded {
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
          const fault = readRecord(scoped.message(), columns, resource, scope, limits, clock);
          if (fault === undefined) tally.accept(resource.service, resource.sdk);
          else tally.reject(fault);
        } else scoped.skip();
      }
    }
  }
  const all: NativeColumn[] = Object.values(columns);
  return tally.result([{ table: 'otel_logs', rows: columns.traceId.rows, native: tally.accepted > 0 ? nativeBlock(all) : Buffer.alloc(0) }]);
}

function readRecord(record: Reader, columns: Columns, resource: Resource, scope: Scope, limits: Limits, clock: Clock): string | undefined {
  const { bytes } = record;
  const from = record.pos;
  let low = 0, high = 0, seenLow = 0, seenHigh = 0, severity = 0, textAt = 0, textEnd = 0, flags = 0;
  let traceAt = 0, traceEnd = 0, spanAt = 0, spanEnd = 0, eventAt = 0, eventEnd = 0;
  let body: Reader | undefined;
  while (record.next()) {
    switch (record.field) {
      case 1: record.expect(FIXED64); record.fixed64(); low = record.low; high = record.high; break;
      case 2: record.expect(VARINT); severity = record.varint(); break;
      case 3: record.expect(LENGTH); record.range(); textAt = record.start; textEnd = record.stop; break;
      case 5: record.expect(LENGTH); body = record.message(); break;
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
    const now = BigInt(clock()) * 1_000_000n;
    low = Number(now & 0xffff_ffffn);
    high = Number(now >> 32n);
  }
  const fault = timeFault((high * 0x1_0000_0000 + low) / 1e6, limits, clock);
  if (fault) return fault;
  columns.time.pushParts(low, high);
  columns.traceId.pushHex(bytes, traceAt, traceEnd);
  columns.spanId.pushHex(bytes, spanAt, spanEnd);
  columns.flags.push(flags & 0xff);
  columns.severityText.pushBytes(bytes, textAt, textEnd);
  columns.severityNumber.push(Math.min(severity, 24));
  columns.service.push(resource.service);
  pushAnyValue(body, columns.body);
  columns.resourceSchema.push(resource.schemaUrl);
  columns.resource.pushAll(resource.attributes);
  columns.scopeSchema.push(scope.schemaUrl);
  columns.scopeName.push(scope.name);
  columns.scopeVersion.push(scope.version);
  columns.scopeAttributes.pushAll(scope.attributes);
  columns.eventName.pushBytes(bytes, eventAt, eventEnd);
  record.pos = from;
  while (record.next()) {
    if (record.field === 6) readAttribute(record, columns.attributes);
    else record.skip();
  }
  columns.attributes.endRow();
  return undefined;
}
