import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { promisify } from 'node:util';
import { deflateSync, gzipSync } from 'node:zlib';
import { Client, compressionAlgorithms, credentials, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { PipelineError } from '#core/errors.js';
import { Registry } from '#core/metrics.js';
import { type Admission, createAdmission } from './admission.js';
import { collectorMetrics } from './collector-metrics.js';
import { collectorConfig } from './config.js';
import type { Decoded } from './decode/decoder.js';
import type { Ingest } from './ingest.js';
import { createOtlpGrpc } from './otlp-grpc.js';
import { RateLimited } from './rates.js';

const whole: Decoded = { blocks: [], accepted: 1, rejected: 0, message: '', sources: [], undo: () => undefined, limited: undefined };
let received: Buffer | undefined;
let outcome: () => Promise<Decoded> = () => Promise.resolve(whole);
const ingest: Ingest = (_signal, _encoding, _transport, body) => {
  received = Buffer.from(body);
  return outcome();
};
/** As they were counted. */
const grown: number[] = [];
const all = createAdmission(8 * 1024 * 1024);
const admission: Admission = {
  requests: () => all.requests(),
  open(peer) {
    const lease = all.open(peer);
    return {
      release: () => lease.release(),
      grow(size) {
        grown.push(size);
        lease.grow(size);
      },
    };
  },
};
const server = createOtlpGrpc({ host: '127.0.0.1', port: 0, config: collectorConfig.parse({ max_body: '1MiB' }), admission, ingest, metrics: collectorMetrics(new Registry()) });
let client: Client;
beforeAll(async () => {
  await server.start();
  client = new Client(`127.0.0.1:${server.port()}`, credentials.createInsecure(), { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip });
});
afterAll(async () => {
  client.close();
  await server.stop();
});

const bytes = (value: Buffer): Buffer => value;
const call = promisify((body: Buffer, done: (error: ServiceError | null, answer?: Buffer) => void) => client.makeUnaryRequest('/opentelemetry.proto.collector.trace.v1.TraceService/Export', bytes, bytes, body, done));
const failure = async (body = Buffer.alloc(0)): Promise<ServiceError> => call(body).then(() => Promise.reject(new Error('it was accepted')), (error: unknown) => error as ServiceError);
const details = (metadata: Metadata): string => metadata.get('grpc-status-details-bin').map((value) => Buffer.from(value).toString('latin1')).join();

it('names an IPv6 address that it cannot have in brackets', async () => {
  const elsewhere = createOtlpGrpc({ host: '2001:db8::1', port: 4317, config: collectorConfig.parse({}), admission: createAdmission(1024), ingest, metrics: collectorMetrics(new Registry()) });
  await expect(elsewhere.start()).rejects.toThrow('[2001:db8::1]:4317 cannot be bound');
  await elsewhere.stop();
});

it('takes a gzipped request and answers with what was refused of it', async () => {
  outcome = () => Promise.resolve({ ...whole, rejected: 2, message: 'two' });
  expect((await call(Buffer.from('request')))?.toString('hex')).toBe('0a0708021203' + '74776f');
  expect(received?.toString()).toBe('request');
});

it.each([
  ['DECODE_FAILED', status.INVALID_ARGUMENT],
  ['BODY_TOO_LARGE', status.RESOURCE_EXHAUSTED],
] as const)('a request that can never be taken (%s) is not to be repeated', async (code, expected) => {
  outcome = () => Promise.reject(new PipelineError(code, 'why', { retryable: false }));
  const error = await failure();
  expect([error.code, error.details, details(error.metadata)]).toEqual([expected, 'why', '']);
});

it('a message over the limit is RESOURCE_EXHAUSTED, also when only its content is', async () => {
  outcome = () => Promise.resolve(whole);
  const error = await failure(Buffer.alloc(1024 * 1024 + 1));
  expect([error.code, details(error.metadata)]).toEqual([status.RESOURCE_EXHAUSTED, '']);
});

it.each(['QUEUE_FULL', 'SHUTTING_DOWN'] as const)('a request that comes at a bad time (%s) may be repeated in five seconds', async (code) => {
  outcome = () => Promise.reject(new PipelineError(code, 'later', { retryable: true }));
  const error = await failure();
  expect([error.code, error.details]).toEqual([status.UNAVAILABLE, 'later']);
  // google.rpc.Status { code: 14, message: "later", details: [Any { type_url, value: RetryInfo { retry_delay: 5s } }] }
  expect(details(error.metadata)).toBe('\b\u000e\u0012\u0005later\u001a0\n(type.googleapis.com/google.rpc.RetryInfo\u0012\u0004\n\u0002\b\u0005');
});

it('a source over its limit is told when to come again, as RESOURCE_EXHAUSTED with RetryInfo', async () => {
  outcome = () => Promise.reject(new RateLimited('slower', 7));
  const error = await failure();
  expect([error.code, error.details]).toEqual([status.RESOURCE_EXHAUSTED, 'slower']);
  expect(details(error.metadata)).toContain('google.rpc.RetryInfo\u0012\u0004\n\u0002\b\u0007');
});

const HEADERS = { ':method': 'POST', ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'content-type': 'application/grpc', te: 'trailers' };
const sessions: ClientHttp2Session[] = [];
afterEach(() => sessions.splice(0).forEach((session) => session.destroy()));
/** A message of `size` bytes of which `content` comes, and what it is answered with. */
async function framed(encoding: string, flag: number, content: Buffer, size = content.length): Promise<string> {
  const session = connect(`http://127.0.0.1:${server.port()}`).on('error', () => undefined);
  sessions.push(session);
  const stream = session.request({ ...HEADERS, ...(encoding && { 'grpc-encoding': encoding }) });
  const answer = new Promise<string>((resolve) => {
    for (const event of ['response', 'trailers'] as const) stream.on(event, (headers) => headers['grpc-status'] !== undefined && resolve(`${String(headers['grpc-status'])} ${decodeURIComponent(String(headers['grpc-message']))}`));
  });
  const head = Buffer.alloc(5);
  head.writeUInt8(flag);
  head.writeUInt32BE(size, 1);
  stream.on('error', () => undefined).resume().write(Buffer.concat([head, content]));
  if (size === content.length) stream.end();
  return answer;
}

it.each([
  ['gzip', 1, gzipSync('request'), '0', 'request'],
  ['deflate', 1, deflateSync('request'), '0', 'request'],
  ['gzip', 0, Buffer.from('request'), '0', 'request'],
  ['', 0, Buffer.from('request'), '0', 'request'],
  ['gzip', 1, Buffer.from('garbage'), `${status.INVALID_ARGUMENT} the body is not valid gzip`, undefined],
  ['snappy', 1, Buffer.from('x'), `${status.UNIMPLEMENTED} content-encoding snappy is not supported`, undefined],
])('a message of encoding "%s" that says %d', async (encoding, flag, content, answer, read) => {
  outcome = () => Promise.resolve(whole);
  received = undefined as Buffer | undefined;
  expect(await framed(encoding, flag, content)).toContain(answer);
  expect(received?.toString()).toBe(read);
});

it('is counted as it comes and as it is unpacked, and refused where it would not fit', async () => {
  outcome = () => Promise.resolve(whole);
  grown.length = 0;
  await call(Buffer.alloc(1024 * 1024));
  expect([Math.max(...grown) <= 64 * 1024, grown.reduce((sum, size) => sum + size) > 1024 * 1024]).toEqual([true, true]);
  const unfinished = Buffer.alloc(1024 * 1024 - 1);
  const answers: string[] = [];
  const sent = Array.from({ length: 7 }, async () => void answers.push(await framed('', 0, unfinished, 1024 * 1024)));
  // Three quarters of what may be under way are the most of one address.
  await Promise.race(sent);
  expect(answers).toEqual([expect.stringContaining(`${status.UNAVAILABLE} too many requests at a time from this address`)]);
  sessions.splice(0).forEach((session) => session.destroy());
  await vi.waitFor(() => expect(admission.requests()).toBe(0));
});

it('what comes after a refusal is not counted', async () => {
  const refusing = createOtlpGrpc({ host: '127.0.0.1', port: 0, config: collectorConfig.parse({}), admission, ingest, metrics: collectorMetrics(new Registry()), senders: () => ({ reason: 'missing', message: 'who is it?' }) });
  await refusing.start();
  const session = connect(`http://127.0.0.1:${refusing.port()}`).on('error', () => undefined);
  const stream = session.request(HEADERS).on('error', () => undefined);
  stream.resume().write(Buffer.from([0, 0, 16, 0, 0]));
  await once(stream, 'response');
  await vi.waitFor(() => expect(admission.requests()).toBe(0));
  grown.length = 0;
  stream.write(Buffer.alloc(64 * 1024));
  await new Promise<void>((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
  expect(grown).toEqual([]);
  session.destroy();
  await refusing.stop();
});

it('an export whose bytes stop coming is given up', async () => {
  const impatient = createOtlpGrpc({ host: '127.0.0.1', port: 0, config: collectorConfig.parse({}), admission: createAdmission(8 * 1024 * 1024), ingest, metrics: collectorMetrics(new Registry()), stalledMs: 100 });
  await impatient.start();
  const session = connect(`http://127.0.0.1:${impatient.port()}`);
  const stream = session.request({ ':method': 'POST', ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'content-type': 'application/grpc', te: 'trailers' });
  stream.on('error', () => undefined).write(Buffer.from([0, 0, 0, 1, 0, 1]));
  await once(stream, 'close');
  session.destroy();
  await impatient.stop();
});

it('a request in progress is answered before the server stops', async () => {
  let release = (): void => undefined;
  const held = new Promise<Decoded>((resolve) => (release = () => resolve(whole)));
  let begun = (): void => undefined;
  const seen = new Promise<void>((resolve) => (begun = resolve));
  outcome = () => {
    begun();
    return held;
  };
  const answer = call(Buffer.from('last'));
  await seen;
  const stopped = server.stop();
  release();
  expect(await answer).toEqual(Buffer.alloc(0));
  await stopped;
});
