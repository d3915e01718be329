import type { Clock } from '#core/clock.js';
import { ArrayColumn, DictionaryColumn, MapArrayColumn, MapColumn, NumberColumn, SharedMapColumn, StringColumn } from '#store/native.js';
import { readAttribute } from './attributes.js';
import { createColumnPool } from './column-pool.js';
import { isId, pushId, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.js';
import { type Decoded, type Limits, Tally } from './outcome.js';
import { FIXED64, LENGTH, type Reader } from './reader.js';
import type { Origin } from './records.js';
import { decodeRows } from './rows.js';
import { ATTRIBUTE, type Parts } from './wide.js';
import type { Work } from './work.js';

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const STATUSES = ['Unset', 'Ok', 'Error'];
const PARTS: Parts = { 9: ATTRIBUTE, 11: { 3: ATTRIBUTE }, 13: { 4: ATTRIBUTE }, 15: {} };
/** What an event or a link takes without its texts, however short it was sent. */
const EVENT_BYTES = 24;
const LINK_BYTES = 12;
/** Nanoseconds in a millisecond, for halves of a 64-bit time. */
const msOf = (low: number, high: number): number => (high * 0x1_0000_0000 + low) / 1e6;

function createColumns() {
  return {
    time: new NumberColumn('Timestamp', 'DateTime64(9)'),
    traceId: new StringColumn('TraceId'),
    spanId: new StringColumn('SpanId'),
    parentId: new StringColumn('ParentSpanId'),
    state: new StringColumn('TraceState'),
    name: new DictionaryColumn('SpanName'),
    kind: new DictionaryColumn('SpanKind'),
    service: new DictionaryColumn('ServiceName'),
    resource: new SharedMapColumn('ResourceAttributes'),
    scopeName: new StringColumn('ScopeName'),
    scopeVersion: new StringColumn('ScopeVersion'),
    attributes: new MapColumn('SpanAttributes'),
    duration: new NumberColumn('Duration', 'UInt64'),
    status: new DictionaryColumn('StatusCode'),
    statusMessage: new StringColumn('StatusMessage'),
    eventTimes: new ArrayColumn('Events.Timestamp', new NumberColumn('', 'DateTime64(9)')),
    eventNames: new ArrayColumn('Events.Name', new DictionaryColumn('')),
    eventAttributes: new MapArrayColumn('Events.Attributes'),
    linkTraces: new ArrayColumn('Links.TraceId', new StringColumn('')),
    linkSpans: new ArrayColumn('Links.SpanId', new StringColumn('')),
    linkStates: new ArrayColumn('Links.TraceState', new StringColumn('')),
    linkAttributes: new MapArrayColumn('Links.Attributes'),
  };
}
type Columns = ReturnType<typeof createColumns>;
const pool = createColumnPool(createColumns, (columns) => Object.values(columns));

/** ExportTraceServiceRequest → one block of `otel_traces`. A span without valid ids, or far from now, is rejected alone. */
export function decodeTraces(body: Buffer, limits: Limits, clock: Clock): Work<Decoded> {
  const tally = new Tally(limits, 'traces', clock());
  return decodeRows('otel_traces', body, tally, pool, PARTS, (record, columns, origin) => readSpan(record, columns, origin, tally));
}

/** Reads the fields once for what decides, then again for lists, so that a rejected span leaves no half row. */
function readSpan(span: Reader, columns: Columns, { resource, scope, source }: Origin, tally: Tally): string | undefined {
  const { bytes } = span;
  let listsAt = -1;
  let traceAt = 0, traceEnd = 0, spanAt = 0, spanEnd = 0, parentAt = 0, parentEnd = 0, stateAt = 0, stateEnd = 0, nameAt = 0, nameEnd = 0;
  let startLow = 0, startHigh = 0, endLow = 0, endHigh = 0, kind = 0, status = 0, messageAt = 0, messageEnd = 0;
  for (let at = span.pos; span.next(); at = span.pos) {
    switch (span.field) {
      case 1: span.expect(LENGTH); span.range(); traceAt = span.start; traceEnd = span.stop; break;
      case 2: span.expect(LENGTH); span.range(); spanAt = span.start; spanEnd = span.stop; break;
      case 3: span.expect(LENGTH); span.range(); stateAt = span.start; stateEnd = span.stop; break;
      case 4: span.expect(LENGTH); span.range(); parentAt = span.start; parentEnd = span.stop; break;
      case 5: span.expect(LENGTH); span.range(); nameAt = span.start; nameEnd = span.stop; break;
      case 6: kind = span.int32(); break;
      case 7: span.expect(FIXED64); span.fixed64(); startLow = span.low; startHigh = span.high; break;
      case 8: span.expect(FIXED64); span.fixed64(); endLow = span.low; endHigh = span.high; break;
      case 15: {
        const inner = span.message();
        while (inner.next()) {
          if (inner.field === 2) { inner.expect(LENGTH); inner.range(); messageAt = inner.start; messageEnd = inner.stop; }
          else if (inner.field === 3) status = inner.int32();
          else inner.skip();
        }
        break;
      }
      default:
        if (listsAt < 0) listsAt = at;
        span.skip();
    }
  }
  if (!isId(bytes, traceAt, traceEnd, TRACE_ID_BYTES)) return 'trace_id is not 16 bytes or all zero';
  if (!isId(bytes, spanAt, spanEnd, SPAN_ID_BYTES)) return 'span_id is not 8 bytes or all zero';
  if (startLow === 0 && startHigh === 0) { startLow = endLow; startHigh = endHigh; }
  const startMs = msOf(startLow, startHigh);
  const endMs = Math.max(startMs, msOf(endLow, endHigh));
  // Rollups go by the end of a span, so both ends must make sense.
  const fault = tally.timeFault(startMs) ?? tally.timeFault(endMs);
  if (fault) return fault;
  tally.repeat(resource.size + scope.size);
  source.accept(endMs);
  columns.time.pushParts(startLow, startHigh);
  columns.traceId.pushHex(bytes, traceAt, traceEnd);
  columns.spanId.pushHex(bytes, spanAt, spanEnd);
  pushId(columns.parentId, bytes, parentAt, parentEnd, SPAN_ID_BYTES);
  columns.state.pushBytes(bytes, stateAt, stateEnd);
  columns.name.pushBytes(bytes, nameAt, nameEnd);
  columns.kind.push(KINDS[kind] ?? 'Unspecified');
  columns.service.push(resource.service);
  columns.resource.push(resource.attributes);
  columns.scopeName.push(scope.name);
  columns.scopeVersion.push(scope.version);
  pushDuration(columns.duration, startLow, startHigh, endLow, endHigh);
  columns.status.push(STATUSES[status] ?? 'Unset');
  columns.statusMessage.pushBytes(bytes, messageAt, messageEnd);
  if (listsAt >= 0) span.pos = listsAt;
  while (span.next()) {
    if (span.field === 9) readAttribute(span, columns.attributes);
    else if (span.field === 11) {
      tally.repeat(EVENT_BYTES);
      readEvent(span, columns);
    } else if (span.field === 13) {
      tally.repeat(LINK_BYTES);
      readLink(span, columns);
    } else span.skip();
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
  const event = span.message();
  let low = 0, high = 0, nameAt = 0, nameEnd = 0;
  while (event.next()) {
    if (event.field === 1) { event.expect(FIXED64); event.fixed64(); low = event.low; high = event.high; }
    else if (event.field === 2) { event.expect(LENGTH); event.range(); nameAt = event.start; nameEnd = event.stop; }
    else if (event.field === 3) readAttribute(event, columns.eventAttributes.items);
    else event.skip();
  }
  columns.eventTimes.items.pushParts(low, high);
  columns.eventNames.items.pushBytes(event.bytes, nameAt, nameEnd);
  columns.eventAttributes.items.endRow();
}

function readLink(span: Reader, columns: Columns): void {
  const link = span.message();
  let traceAt = 0, traceEnd = 0, spanAt = 0, spanEnd = 0, stateAt = 0, stateEnd = 0;
  while (link.next()) {
    if (link.field === 1) { link.expect(LENGTH); link.range(); traceAt = link.start; traceEnd = link.stop; }
    else if (link.field === 2) { link.expect(LENGTH); link.range(); spanAt = link.start; spanEnd = link.stop; }
    else if (link.field === 3) { link.expect(LENGTH); link.range(); stateAt = link.start; stateEnd = link.stop; }
    else if (link.field === 4) readAttribute(link, columns.linkAttributes.items);
    else link.skip();
  }
  pushId(columns.linkTraces.items, link.bytes, traceAt, traceEnd, TRACE_ID_BYTES);
  pushId(columns.linkSpans.items, link.bytes, spanAt, spanEnd, SPAN_ID_BYTES);
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
