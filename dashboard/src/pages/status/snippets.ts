import type { Sender } from './search.js';

export interface Endpoints {
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
}

/** What stands for the token of a sender, where one is asked for. */
const TOKEN = 'FAULTLINE_TOKEN';

export interface Instructions {
  readonly sender: Sender;
  readonly name: string;
  readonly note: string;
  readonly steps: readonly { readonly label: string; readonly text: string }[];
}

const ANYWHERE = new Set(['0.0.0.0', '[::]']);
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The endpoints as the viewer's machine reaches them: a name that means "here" becomes the one in the address bar. */
export function reachable(endpoints: Endpoints, host: string): Endpoints {
  const from = (text: string): string => {
    const url = new URL(text);
    if (ANYWHERE.has(url.hostname) || (LOOPBACK.has(url.hostname) && !LOOPBACK.has(host))) url.hostname = host;
    return url.href.replace(/\/$/, '');
  };
  return { otlpHttp: from(endpoints.otlpHttp), otlpGrpc: from(endpoints.otlpGrpc) };
}

/** The receiver says it is local while the viewer is not: other machines may not reach it. */
export function isHidden({ otlpHttp }: Endpoints, host: string): boolean {
  return LOOPBACK.has(new URL(otlpHttp).hostname) && !LOOPBACK.has(host);
}

/** How each kind of sender is told to send here. Every text works as it stands, once the token is there where one is asked for. */
export function instructions({ otlpHttp, otlpGrpc }: Endpoints, signIn = false): readonly Instructions[] {
  const isTls = otlpGrpc.startsWith('https:');
  const header = signIn ? `\nexport OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20$${TOKEN}"` : '';
  const env = `export OTEL_SERVICE_NAME=my-service
export OTEL_RESOURCE_ATTRIBUTES=service.version=1.0.0,deployment.environment.name=dev
export OTEL_EXPORTER_OTLP_ENDPOINT=${otlpHttp}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf${header}`;
  const all = `${env}
export OTEL_TRACES_EXPORTER=otlp OTEL_METRICS_EXPORTER=otlp OTEL_LOGS_EXPORTER=otlp`;
  return [
    {
      sender: 'env', name: 'Any SDK', note: 'Every OpenTelemetry SDK reads these. service.version lets a deploy be seen; without a service name all senders look like one.',
      steps: [{ label: 'Environment', text: all }, { label: 'The same over gRPC', text: `export OTEL_EXPORTER_OTLP_ENDPOINT=${otlpGrpc}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=grpc` }],
    },
    {
      sender: 'node', name: 'Node.js', note: 'Instruments HTTP, databases, queues and loggers without a change to the code.',
      steps: [{ label: 'Install', text: 'npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node' }, { label: 'Run', text: `${all}\nnode --require @opentelemetry/auto-instrumentations-node/register app.js` }],
    },
    {
      sender: 'python', name: 'Python', note: 'Finds the libraries that are installed and instruments them.',
      steps: [
        { label: 'Install', text: 'pip install opentelemetry-distro opentelemetry-exporter-otlp\nopentelemetry-bootstrap -a install' },
        { label: 'Run', text: `${all}\nexport OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED=true\nopentelemetry-instrument python app.py` },
      ],
    },
    {
      sender: 'java', name: 'Java', note: 'The agent instruments more than a hundred libraries, and the JVM itself.',
      steps: [
        { label: 'Download', text: 'curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar' },
        { label: 'Run', text: `${all}\njava -javaagent:./opentelemetry-javaagent.jar -jar app.jar` },
      ],
    },
    {
      sender: 'go', name: 'Go', note: 'The exporter reads the environment; handlers and clients are wrapped with the packages under contrib/instrumentation.',
      steps: [
        { label: 'Install', text: 'go get go.opentelemetry.io/otel/sdk go.opentelemetry.io/contrib/exporters/autoexport go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp' },
        { label: 'main.go', text: GO },
        { label: 'Run', text: `${env}\ngo run .` },
      ],
    },
    {
      sender: 'collector', name: 'Collector', note: 'Add the exporter to a Collector that already receives your telemetry, or start one with this.',
      steps: [{ label: 'otel-collector.yaml', text: collector(otlpHttp, signIn) }, { label: 'The exporter over gRPC instead', text: `exporters:\n  otlp/faultline:\n    endpoint: ${new URL(otlpGrpc).host}${isTls ? '' : '\n    tls:\n      insecure: true'}${credential(signIn)}` }],
    },
    {
      sender: 'curl', name: 'curl', note: 'One span, one log record: the shortest way to see something arrive.',
      steps: [{ label: 'A span', text: curlSpan(otlpHttp, signIn) }, { label: 'A log record', text: curlLog(otlpHttp, signIn) }],
    },
  ];
}

const GO = `package main

import (
	"context"
	"log"
	"net/http"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	ctx := context.Background()
	exporter, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	defer provider.Shutdown(ctx)
	otel.SetTracerProvider(provider)

	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("hello")) })
	log.Print(http.ListenAndServe("localhost:8000", otelhttp.NewHandler(hello, "hello")))
}`;

const credential = (signIn: boolean): string => (signIn ? `\n    headers:\n      authorization: Bearer \${env:${TOKEN}}` : '');

function collector(endpoint: string, signIn: boolean): string {
  const pipeline = (signal: string): string => `    ${signal}:
      receivers: [otlp]
      processors: [batch]
      exporters: [otlphttp/faultline]`;
  return `receivers:
  otlp:
    protocols:
      grpc:
      http:
processors:
  batch:
exporters:
  otlphttp/faultline:
    endpoint: ${endpoint}${credential(signIn)}
service:
  pipelines:
${['traces', 'metrics', 'logs'].map(pipeline).join('\n')}`;
}

const RESOURCE = '{"attributes":[{"key":"service.name","value":{"stringValue":"hello"}}]}';

const curlHeaders = (signIn: boolean): string => `-H 'content-type: application/json'${signIn ? ` -H "authorization: Bearer $${TOKEN}"` : ''}`;

function curlSpan(endpoint: string, signIn: boolean): string {
  return `NOW=$(date +%s)
id() { od -An -N$1 -tx1 /dev/urandom | tr -d ' \\n'; }
curl -sS ${endpoint}/v1/traces ${curlHeaders(signIn)} -d @- <<JSON
{"resourceSpans":[{"resource":${RESOURCE},
 "scopeSpans":[{"spans":[{"traceId":"$(id 16)","spanId":"$(id 8)","name":"GET /hello","kind":2,
  "startTimeUnixNano":"\${NOW}000000000","endTimeUnixNano":"\${NOW}120000000"}]}]}]}
JSON`;
}

function curlLog(endpoint: string, signIn: boolean): string {
  return `NOW=$(date +%s)
curl -sS ${endpoint}/v1/logs ${curlHeaders(signIn)} -d @- <<JSON
{"resourceLogs":[{"resource":${RESOURCE},
 "scopeLogs":[{"logRecords":[{"timeUnixNano":"\${NOW}000000000","severityNumber":9,"severityText":"INFO","body":{"stringValue":"hello"}}]}]}]}
JSON`;
}
