import { createServer } from 'node:http';
import { parse } from 'protobufjs';
import { closeNow, listen } from './backing/http.js';

/** The part of the OTLP protocol that the shop's tests look at; other fields are skipped. */
const PROTOCOL = parse(`syntax = "proto3";
message Traces { repeated ResourceSpans groups = 1; }  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopes = 2; }  message ScopeSpans { repeated Span items = 2; }
message Metrics { repeated ResourceMetrics groups = 1; }  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scopes = 2; }  message ScopeMetrics { repeated Metric items = 2; }
message Logs { repeated ResourceLogs groups = 1; }  message ResourceLogs { Resource resource = 1; repeated ScopeLogs scopes = 2; }  message ScopeLogs { repeated LogRecord items = 2; }
message Resource { repeated KeyValue attributes = 1; }  message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string text = 1; bool flag = 2; int64 whole = 3; double number = 4; } }
message Span { bytes traceId = 1; bytes spanId = 2; bytes parentSpanId = 4; string name = 5; int32 kind = 6; fixed64 start = 7; fixed64 end = 8; repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15; }
message Link { bytes traceId = 1; bytes spanId = 2; }  message Status { int32 code = 3; }
message Metric { string name = 1; Points gauge = 5; Points sum = 7; Histogram histogram = 9; }  message Points { repeated Point points = 1; }
message Point { double number = 4; sfixed64 whole = 6; repeated KeyValue attributes = 7; }
message Histogram { repeated HistogramPoint points = 1; }  message HistogramPoint { fixed64 whole = 4; repeated KeyValue attributes = 9; }
message LogRecord { int32 severity = 2; AnyValue body = 5; bytes traceId = 9; bytes spanId = 10; }`).root;

type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SeenSpan {
  readonly resource: Attributes;
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly failed: boolean;
  readonly startMs: number;
  readonly durationMs: number;
  readonly attributes: Attributes;
  readonly links: readonly string[];
}

export interface SeenPoint {
  readonly service: string;
  readonly name: string;
  readonly attributes: Attributes;
  readonly value: number;
  readonly at: number;
}

export interface SeenLog {
  readonly service: string;
  readonly severity: number;
  readonly body: string;
  readonly traceId: string;
  readonly spanId: string;
}

export interface Sink {
  readonly url: string;
  readonly spans: readonly SeenSpan[];
  readonly points: readonly SeenPoint[];
  readonly logs: readonly SeenLog[];
  close(): void;
}

interface KeyValue {
  readonly key: string;
  readonly value?: { readonly text?: string; readonly flag?: boolean; readonly whole?: string; readonly number?: number };
}
interface Group {
  readonly resource?: { readonly attributes?: readonly KeyValue[] };
  readonly scopes?: readonly { readonly items?: readonly Item[] }[];
}
type Point = Readonly<{ number?: number; whole?: string; attributes?: readonly KeyValue[] }>;
type Item = Readonly<Partial<Record<'traceId' | 'spanId' | 'parentSpanId' | 'name' | 'start' | 'end', string>>> &
  Readonly<Partial<Record<'gauge' | 'sum' | 'histogram', { readonly points?: readonly Point[] }>>> & {
    readonly kind?: number;
    readonly severity?: number;
    readonly body?: KeyValue['value'];
    readonly status?: { readonly code?: number };
    readonly attributes?: readonly KeyValue[];
    readonly links?: readonly { readonly spanId?: string }[];
  };

/** An OTLP/HTTP receiver that keeps what it was sent, decoded. */
export async function startSink(): Promise<Sink> {
  const spans: SeenSpan[] = [];
  const points: SeenPoint[] = [];
  const logs: SeenLog[] = [];

  function take(path: string, body: Buffer): void {
    const type = { '/v1/traces': 'Traces', '/v1/metrics': 'Metrics', '/v1/logs': 'Logs' }[path];
    if (type === undefined) return;
    const message = PROTOCOL.lookupType(type);
    const { groups = [] } = message.toObject(message.decode(body), { longs: String, bytes: String }) as { groups?: readonly Group[] };
    for (const group of groups) {
      const resource = record(group.resource?.attributes);
      const service = String(resource['service.name']);
      for (const item of group.scopes?.flatMap((scope) => scope.items ?? []) ?? []) {
        const { traceId = '', spanId = '', parentSpanId = '', name = '', start = '0', end = '0', kind = 0, severity = 0, body: text, status, links = [], attributes } = item;
        if (type === 'Traces') {
          const startMs = Number(start) / 1e6;
          spans.push({ resource, service, traceId, spanId, parentSpanId, name, kind, failed: status?.code === 2, startMs, durationMs: Number(end) / 1e6 - startMs, attributes: record(attributes), links: links.map((link) => link.spanId ?? '') });
        } else if (type === 'Logs') logs.push({ service, severity, body: text?.text ?? '', traceId, spanId });
        else for (const point of (item.gauge ?? item.sum ?? item.histogram)?.points ?? []) points.push({ service, name, attributes: record(point.attributes), value: point.number ?? Number(point.whole ?? 0), at: Date.now() });
      }
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      take(request.url ?? '', Buffer.concat(chunks));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  return { url: `http://127.0.0.1:${await listen(server, '127.0.0.1', 0)}`, spans, points, logs, close: () => closeNow(server) };
}

function record(attributes: readonly KeyValue[] = []): Attributes {
  return Object.fromEntries(attributes.map(({ key, value = {} }) => [key, value.text ?? value.flag ?? (value.whole === undefined ? (value.number ?? '') : Number(value.whole))]));
}
