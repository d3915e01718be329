import protobuf from 'protobufjs';
import { compressSync } from 'snappy';
import { DOUBLE, LENGTH, tag, type Body } from './bodies.js';

const { Writer } = protobuf;
type Writer = InstanceType<typeof Writer>;

const NAMESPACES = ['shop', 'payments', 'search', 'platform', 'data'];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

export const SERIES_PER_REQUEST = 2_000;

/** Eight labels beside the name, in the order of their names. */
function labelsOf(series: number): readonly (readonly [string, string])[] {
  const pod = Math.floor(series / 100);
  const namespace = NAMESPACES[pod % NAMESPACES.length] ?? 'shop';
  return [
    ['__name__', `http_server_requests_${series % 25}_total`], ['cluster', 'eu-central-1'], ['endpoint', `/api/v1/resource/${Math.floor(series / 25) % 4}`], ['instance', `10.2.${pod >> 8}.${pod & 255}:9090`], ['job', `${namespace}-api`],
    ['method', METHODS[series % METHODS.length] ?? 'GET'], ['namespace', namespace], ['pod', `${namespace}-api-7c9d8b6f5-${pod.toString(36).padStart(5, 'x')}`], ['status', series % 10 === 0 ? '500' : '200'],
  ];
}

/** prometheus.WriteRequests, packed, that hold one sample of each of `count` series; `valueOf` gives the sample. */
export function remoteWriteBodies(count: number, timeMs: number, valueOf: (series: number) => number): Body[] {
  const bodies: Body[] = [];
  for (let from = 0; from < count; from += SERIES_PER_REQUEST) {
    const to = Math.min(count, from + SERIES_PER_REQUEST);
    const writer = Writer.create();
    for (let series = from; series < to; series += 1) writeSeries(writer, labelsOf(series), [[timeMs, valueOf(series)]]);
    bodies.push({ bytes: compressSync(Buffer.from(writer.finish())), items: to - from });
  }
  return bodies;
}

/** One TimeSeries of a prometheus.WriteRequest. */
export function writeSeries(writer: Writer, labels: readonly (readonly [string, string])[], samples: readonly (readonly [number, number])[]): void {
  writer.uint32(tag(1, LENGTH)).fork();
  for (const [name, value] of labels) writer.uint32(tag(1, LENGTH)).fork().uint32(tag(1, LENGTH)).string(name).uint32(tag(2, LENGTH)).string(value).ldelim();
  for (const [timeMs, value] of samples) writer.uint32(tag(2, LENGTH)).fork().uint32(tag(1, DOUBLE)).double(value).uint32(tag(2, 0)).int64(timeMs).ldelim();
  writer.ldelim();
}

export const REMOTE_WRITE_HEADERS = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0', 'user-agent': 'faultline-bench' };
