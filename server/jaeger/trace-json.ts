import type { ApiSpan, ApiTrace } from '#core/api/traces.js';
import type { Labels } from '#core/types.js';

/** Traces in the JSON of Jaeger's query service. Times and durations are microseconds. Source: https://www.jaegertracing.io/docs/1.76/architecture/apis/#http-json */

interface Tag {
  readonly key: string;
  readonly type: 'string' | 'bool';
  readonly value: string | boolean;
}

interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly { readonly refType: 'CHILD_OF' | 'FOLLOWS_FROM'; readonly traceID: string; readonly spanID: string }[];
  readonly startTime: number;
  readonly duration: number;
  readonly tags: readonly Tag[];
  readonly logs: readonly { readonly timestamp: number; readonly fields: readonly Tag[] }[];
  readonly processID: string;
  readonly flags: number;
  readonly warnings: null;
}

interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags: readonly Tag[] }>>;
  readonly warnings: readonly string[] | null;
}

const micros = (nanos: string): number => Number(BigInt(nanos) / 1000n);
const tag = (key: string, value: string): Tag => ({ key, type: 'string', value });
const tagsOf = (attributes: Labels): Tag[] => Object.entries(attributes).map(([key, value]) => tag(key, value));

/** One trace; `left` is how many were found after it and have no room in the answer. */
export function jaegerTrace({ traceId: traceID, spans, cut }: ApiTrace, left = 0): JaegerTrace {
  const processes: Record<string, { serviceName: string; tags: Tag[] }> = {};
  const known = new Map<string, string>();
  const processOf = ({ service, resource }: ApiSpan): string => {
    const key = JSON.stringify([service, resource]);
    const id = known.get(key) ?? `p${known.size + 1}`;
    known.set(key, id);
    processes[id] ??= { serviceName: service, tags: tagsOf(resource).filter((one) => one.key !== 'service.name') };
    return id;
  };
  const warnings = [...(cut === null ? [] : [`the first ${spans.length} of ${cut} spans`]), ...(left > 0 ? [`the last trace that is shown; older ones (${left}) were found too: search for fewer or a shorter time`] : [])];
  return { traceID, spans: spans.map((span) => jaegerSpan(span, processOf(span))), processes, warnings: warnings.length > 0 ? warnings : null };
}

function jaegerSpan(span: ApiSpan, processID: string): JaegerSpan {
  const parent = span.parentSpanId === '' ? [] : [{ refType: 'CHILD_OF' as const, traceID: span.traceId, spanID: span.parentSpanId }];
  return {
    traceID: span.traceId, spanID: span.spanId, operationName: span.name, processID, flags: 1, warnings: null,
    references: [...parent, ...span.links.map(({ traceId, spanId }) => ({ refType: 'FOLLOWS_FROM' as const, traceID: traceId, spanID: spanId }))],
    startTime: micros(span.startTimeUnixNano), duration: Math.round(span.durationNs / 1000),
    tags: [...tagsOf(span.attributes), ...ownTags(span)],
    logs: span.events.map(({ timeUnixNano, name, attributes }) => ({ timestamp: micros(timeUnixNano), fields: [tag('event', name), ...tagsOf(attributes)] })),
  };
}

/** What Jaeger says in tags and OpenTelemetry in fields. */
function ownTags({ kind, status, statusMessage }: ApiSpan): Tag[] {
  const own: Tag[] = [];
  if (kind !== '' && kind !== 'Unspecified') own.push(tag('span.kind', kind.toLowerCase()));
  if (status === 'Error') own.push({ key: 'error', type: 'bool', value: true });
  if (status === 'Ok' || status === 'Error') own.push(tag('otel.status_code', status.toUpperCase()));
  if (statusMessage !== '') own.push(tag('otel.status_description', statusMessage));
  return own;
}
