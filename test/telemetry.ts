import { randomBytes } from 'node:crypto';

/** What a small shop sends: `frontend` calls `checkout`, which calls `payment`. */
export interface Traffic {
  /** Epoch milliseconds of the first request and of the end, and requests in between, spread evenly. */
  readonly from: number;
  readonly to: number;
  readonly requests: number;
  /** Whether payment declines a request, by its number. */
  readonly fails: (request: number) => boolean;
}

const value = (text: string): object => ({ stringValue: text });
const attribute = (key: string, text: string): object => ({ key, value: value(text) });
const id = (bytes: number): string => randomBytes(bytes).toString('hex');
const nano = (ms: number): string => `${Math.round(ms * 1000)}000`;
const ERROR = 2;
const SERVER = 2;
const CLIENT = 3;

/** OTLP/JSON requests for the three signals. */
export function shopTelemetry({ from, to, requests, fails }: Traffic): { traces: object; logs: object; traceIds: string[] } {
  const spans: Record<string, object[]> = { frontend: [], checkout: [], payment: [] };
  const records: object[] = [];
  const traceIds: string[] = [];
  for (let request = 0; request < requests; request += 1) {
    const at = from + ((to - from) * request) / requests;
    const traceId = id(16);
    traceIds.push(traceId);
    const status = fails(request) ? { code: ERROR, message: 'card declined' } : {};
    let parentSpanId = '';
    for (const [depth, service] of ['frontend', 'checkout', 'payment'].entries()) {
      const spanId = id(8);
      const duration = (40 - depth * 10) * (1 + 0.2 * Math.sin(request * 1.7));
      const span = (kind: number, own: string, parent: string): object => ({
        traceId, spanId: own, parentSpanId: parent, name: `POST /${service}`, kind, startTimeUnixNano: nano(at + depth), endTimeUnixNano: nano(at + depth + duration), status,
        attributes: [attribute('http.request.method', 'POST'), attribute('http.route', `/${service}`), attribute('payment.provider', fails(request) ? 'acme' : 'other')],
      });
      spans[service]?.push(span(SERVER, spanId, parentSpanId));
      if (service === 'payment') break;
      parentSpanId = id(8);
      spans[service]?.push(span(CLIENT, parentSpanId, spanId));
    }
    if (fails(request)) records.push({ timeUnixNano: nano(at), severityNumber: 17, severityText: 'ERROR', body: value('card declined by acme'), traceId, spanId: id(8) });
  }
  const resource = (service: string): object => ({ attributes: [attribute('service.name', service), attribute('service.version', '1.4.2')] });
  return {
    traces: { resourceSpans: Object.entries(spans).map(([service, own]) => ({ resource: resource(service), scopeSpans: [{ scope: { name: 'test' }, spans: own }] })) },
    logs: { resourceLogs: [{ resource: resource('payment'), scopeLogs: [{ scope: { name: 'test' }, logRecords: records }] }] },
    traceIds,
  };
}

/** Posts one OTLP/JSON request and fails the test unless it was taken. */
export async function send(otlp: string, signal: 'traces' | 'metrics' | 'logs', body: object): Promise<void> {
  const response = await fetch(`${otlp}/v1/${signal}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (response.status !== 200) throw new Error(`${signal}: ${response.status} ${await response.text()}`);
}
