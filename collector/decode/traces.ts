import type { Clock } from '#core/clock.js';
import { ArrayColumn, MapArrayColumn, MapColumn, nativeBlock, NumberColumn, StringColumn, type NativeColumn } from '#store/native.js';
import { readAttribute } from './attributes.js';
import { type Decoded, type Limits, Tally, timeFault } from './outcome.js';
import { FIXED64, LENGTH, Reader, VARINT } from './reader.js';
import { readResource, readScope, type Resource, type Scope } from './resource.js';

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const STATUSES = ['Unset', 'Ok', 'Error'];
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
/** Nanoseconds in a millisecond, for halves of a 64-bit time. */
const msOf = (low: number, high: number): number => (high * 0x1_0000_0000 + low) / 1e6;

function createColumns() {
  return {
    time: new NumberColumn('Timestamp', 'DateTime64(9)'),
    traceId: new StringColumn('TraceId'),
    spanId: new StringColumn('SpanId'),
    parentId: new StringColumn('ParentSpanId'),
    state: new StringColumn('TraceState'),
    name: new StringColumn('SpanName'),
    kind: new StringColumn('SpanKind'),
    service: new StringColumn('ServiceName'),
    resource: new MapColumn('ResourceAttributes'),
    scopeName: new StringColumn('ScopeName'),
    scopeVersion: new StringColumn('ScopeVersion'),
    attributes: new MapColumn('SpanAttributes'),
    duration: new NumberColumn('Duration', 'UInt64'),
    status: new StringColumn('StatusCode'),
    statusMessage: new StringColumn('StatusMessage'),
    eventTimes: new ArrayColumn('Events.Timestamp', new NumberColumn('', 'DateTime64(9)')),
    eventNames: new ArrayColumn('Events.Name', new StringColumn('')),
    eventAttributes: new MapArrayColumn('Events.Attributes'),
    linkTraces: new ArrayColumn('Links.TraceId', new StringColumn('')),
    linkSpans: new ArrayColumn('Links.SpanId', new StringColumn('')),
    linkStates: new ArrayColumn('Links.TraceState', new StringColumn('')),
    linkAttributes: new MapArrayColumn('Links.Attributes'),
  };
}
type Columns = ReturnType<typeof createColumns>;

/** ExportTraceServiceRequest → one block of `otel_traces`. A span without valid ids, or far from now, is rejected alone. */
export function decodeTraces(body: Buffer, limits: Limits, clock: Clock): Decoded {
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
          const fault = readSpan(scoped.message(), columns, resource, scope, limits, clock);
          if (fault === undefined) tally.accept(resource.service, resource.sdk);
          else tally.reject(fault);
        } else scoped.skip();
      }
    }
  }
  const all: NativeColumn[] = Object.values(columns);
  return tally.result([{ table: 'otel_traces', rows: columns.traceId.rows, native: tally.accepted > 0 ? nativeBlock(all) : Buffer.alloc(0) }]);
}

/** Reads the fields once for what decides, then again for lists, so that a rejected span leaves no half row. */
function readSpan(span: Reader, columns: Columns, resource: Resource, scope: Scope, limits: Limits, clock: Clock): string | undefined {
  const { bytes } = span;
  const from = span.pos;
  let traceAt = 0, traceEnd = 0, spanAt = 0, spanEnd = 0, parentAt = 0, parentEnd = 0, stateAt = 0, stateEnd = 0, nameAt = 0, nameEnd = 0;
  let startLow = 0, startHigh = 0, endLow = 0, endHigh = 0, kind = 0, status = 0, messageAt = 0, messageEnd = 0;
  while (span.next()) {
    switch (span.field) {
      case 1: span.expect(LENGTH); span.range(); traceAt = span.start; traceEnd = span.stop; break;
      case 2: span.expect(LENGTH); span.range(); spanAt = span.start; spanEnd = span.stop; break;
      case 3: span.expect(LENGTH); span.range(); stateAt = span.start; stateEnd = span.stop; break;
      case 4: span.expect(LENGTH); span.range(); parentAt = span.start; parentEnd = span.stop; break;
      case 5: span.expect(LENGTH); span.range(); nameAt = span.start; nameEnd = span.stop; break;
      case 6: span.expect(VARINT); kind = span.varint(); break;
      case 7: span.expect(FIXED64); span.fixed64(); startLow = span.low; startHigh = span.high; break;
      case 8: span.expect(FIXED64); span.fixed64(); endLow = span.low; endHigh = span.high; break;
      case 15: {
        span.expect(LENGTH);
        const inner = span.message();
        while (inner.next()) {
          if (inner.field === 2 && inner.wire === LENGTH) { inner.range(); messageAt = inner.start; messageEnd = inner.stop; }
          else if (inner.field === 3 && inner.wire === VARINT) status = inner.varint();
          else inner.skip();
        }
        break;
      }
      default: span.skip();
    }
  }
  if (traceEnd - traceAt !== TRACE_ID_BYTES || isZero(bytes, traceAt, traceEnd)) return 'trace_id is not 16 bytes or all zero';
  if (spanEnd - spanAt !== SPAN_ID_BYTES || isZero(bytes, spanAt, spanEnd)) return 'span_id is not 8 bytes or all zero';
  if (startLow === 0 && startHigh === 0) { startLow = endLow; startHigh = endHigh; }
  const fault = timeFault(msOf(startLow, startHigh), limits, clock);
  if (fault) return fault;
  columns.time.pushParts(startLow, startHigh);
  columns.traceId.pushHex(bytes, traceAt, traceEnd);
  columns.spanId.pushHex(bytes, spanAt, spanEnd);
  if (parentEnd - parentAt === SPAN_ID_BYTES && !isZero(bytes, parentAt, parentEnd)) columns.parentId.pushHex(bytes, parentAt, parentEnd);
  else columns.parentId.push('');
  columns.state.pushBytes(bytes, stateAt, stateEnd);
  columns.name.pushBytes(bytes, nameAt, nameEnd);
  columns.kind.push(KINDS[kind] ?? 'Unspecified');
  columns.service.push(resource.service);
  columns.resource.pushAll(resource.attributes);
  columns.scopeName.push(scope.name);
  columns.scopeVersion.push(scope.version);
  pushDuration(columns.duration, startLow, startHigh, endLow, endHigh);
  columns.status.push(STATUSES[status] ?? 'Unset');
  columns.statusMessage.pushBytes(bytes, messageAt, messageEnd);
  span.pos = from;
  while (span.next()) {
    if (span.field === 9) readAttribute(span, columns.attributes);
    else if (span.field === 11) readEvent(span, columns);
    else if (span.field === 13) readLink(span, columns);
    else span.skip();
  }
  columns.attributes.endRow();
  columns.eventTimes.endRow();
  columns.eventNames.endRow();
  columns.eventAttributes.endRow();
  columns.linkTraces.endRow();
  columns.linkSpans.endRow();
  columns.linkStates.endRow();
  columns.linkAttributes.endRow();
  return undefined;
}

function readEvent(span: Reader, columns: Columns): void {
  span.expect(LENGTH);
  const event = span.message();
  let low = 0, high = 0, nameAt = 0, nameEnd = 0;
  while (event.next()) {
    if (event.field === 1 && event.wire === FIXED64) { event.fixed64(); low = event.low; high = event.high; }
    else if (event.field === 2 && event.wire === LENGTH) { event.range(); nameAt = event.start; nameEnd = event.stop; }
    else if (event.field === 3) readAttribute(event, columns.eventAttributes.items);
    else event.skip();
  }
  columns.eventTimes.items.pushParts(low, high);
  columns.eventNames.items.pushBytes(event.bytes, nameAt, nameEnd);
  columns.eventAttributes.items.endRow();
}

function readLink(span: Reader, columns: Columns): void {
  span.expect(LENGTH);
  const link = span.message();
  let traceAt = 0, traceEnd = 0, spanAt = 0, spanEnd = 0, stateAt = 0, stateEnd = 0;
  while (link.next()) {
    if (link.field === 1 && link.wire === LENGTH) { link.range(); traceAt = link.start; traceEnd = link.stop; }
    else if (link.field === 2 && link.wire === LENGTH) { link.range(); spanAt = link.start; spanEnd = link.stop; }
    else if (link.field === 3 && link.wire === LENGTH) { link.range(); stateAt = link.start; stateEnd = link.stop; }
    else if (link.field === 4) readAttribute(link, columns.linkAttributes.items);
    else link.skip();
  }
  columns.linkTraces.items.pushHex(link.bytes, traceAt, traceEnd);
  columns.linkSpans.items.pushHex(link.bytes, spanAt, spanEnd);
  columns.linkStates.items.pushBytes(link.bytes, stateAt, stateEnd);
  columns.linkAttributes.items.endRow();
}

/** End minus start in nanoseconds; an end before its start counts as 0. */
function pushDuration(column: NumberColumn, startLow: number, startHigh: number, endLow: number, endHigh: number): void {
  if (endHigh < startHigh || (endHigh === startHigh && endLow < startLow)) {
    column.pushParts(0, 0);
    return;
  }
  column.pushParts(endLow - startLow, endHigh - startHigh - (endLow < startLow ? 1 : 0));
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0) return false;
  return true;
}
