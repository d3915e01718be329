import type { Signal } from '../decode/decoder.js';
import type { Row } from './native-reader.js';
import type { Plain } from './otlp-schema.js';
import { metricRows } from './reference-metrics.js';
import { idText, inRange, long, message, messages, number, type Pairs, pairs, serviceOf, string, textOf } from './plain.js';
import { NOW } from './requests.js';

/** What a request should become: rows by table, and how many records were refused. */
export interface Expected {
  readonly tables: Readonly<Record<string, readonly Row[]>>;
  rejected: number;
}

/** The mapping of OTLP to columns, written once more over plain objects, for clarity and not for speed. */
export function reference(signal: Signal, request: Plain): Expected {
  const expected = { tables: { otel_traces: [] as Row[], otel_logs: [] as Row[], metric_series: [] as Row[], metric_samples: [] as Row[], metric_histograms: [] as Row[], metric_exemplars: [] as Row[] }, rejected: 0 };
  const [groups, scopes, records] = NAMES[signal];
  const metrics = metricRows(expected);
  for (const group of messages(request[groups])) {
    const resource = pairs(message(group['resource'])['attributes']);
    for (const scoped of messages(group[scopes])) {
      const scope = message(scoped['scope']);
      for (const record of messages(scoped[records])) {
        if (signal === 'metrics') metrics(record, resource, scope);
        else if (signal === 'traces') add(expected.tables.otel_traces, spanRow(record, resource, scope));
        else add(expected.tables.otel_logs, logRow(record, resource, scope, string(group['schemaUrl']), string(scoped['schemaUrl'])));
      }
    }
  }
  return expected;

  function add(rows: Row[], row: Row | undefined): void {
    if (row) rows.push(row);
    else expected.rejected += 1;
  }
}

const NAMES = { traces: ['resourceSpans', 'scopeSpans', 'spans'], logs: ['resourceLogs', 'scopeLogs', 'logRecords'], metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'] } as const;
function spanRow(span: Plain, resource: Pairs, scope: Plain): Row | undefined {
  const traceId = idText(span['traceId'], 16);
  const spanId = idText(span['spanId'], 8);
  const end = long(span['endTimeUnixNano']);
  const start = long(span['startTimeUnixNano']) || end;
  const last = end > start ? end : start;
  if (!traceId || !spanId || !inRange(Number(start) / 1e6) || !inRange(Number(last) / 1e6)) return undefined;
  const events = messages(span['events']);
  const links = messages(span['links']);
  return {
    Timestamp: start, TraceId: traceId, SpanId: spanId, ParentSpanId: idText(span['parentSpanId'], 8), TraceState: string(span['traceState']), SpanName: string(span['name']),
    SpanKind: ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'][number(span['kind'])] ?? 'Unspecified', ServiceName: serviceOf(resource), ResourceAttributes: resource, ScopeName: string(scope['name']), ScopeVersion: string(scope['version']),
    SpanAttributes: pairs(span['attributes']), Duration: last - start, StatusCode: ['Unset', 'Ok', 'Error'][number(message(span['status'])['code'])] ?? 'Unset', StatusMessage: string(message(span['status'])['message']),
    'Events.Timestamp': events.map((event) => long(event['timeUnixNano'])), 'Events.Name': events.map((event) => string(event['name'])), 'Events.Attributes': events.map((event) => pairs(event['attributes'])),
    'Links.TraceId': links.map((link) => idText(link['traceId'], 16)), 'Links.SpanId': links.map((link) => idText(link['spanId'], 8)), 'Links.TraceState': links.map((link) => string(link['traceState'])), 'Links.Attributes': links.map((link) => pairs(link['attributes'])),
  };
}

function logRow(record: Plain, resource: Pairs, scope: Plain, resourceSchema: string, scopeSchema: string): Row | undefined {
  const time = long(record['timeUnixNano']) || long(record['observedTimeUnixNano']) || BigInt(NOW) * 1_000_000n;
  if (!inRange(Number(time) / 1e6)) return undefined;
  const severity = number(record['severityNumber']);
  return {
    Timestamp: time, TraceId: idText(record['traceId'], 16), SpanId: idText(record['spanId'], 8), TraceFlags: number(record['flags']) % 256, SeverityText: string(record['severityText']), SeverityNumber: severity >= 1 && severity <= 24 ? severity : 0,
    ServiceName: serviceOf(resource), Body: textOf(message(record['body'])), ResourceSchemaUrl: resourceSchema, ResourceAttributes: resource, ScopeSchemaUrl: scopeSchema, ScopeName: string(scope['name']), ScopeVersion: string(scope['version']),
    ScopeAttributes: pairs(scope['attributes']), LogAttributes: pairs(record['attributes']), EventName: string(record['eventName']),
  };
}
