import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PipelineError } from '#core/errors.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { createAdmission } from './admission.js';
import { collectorMetrics } from './collector-metrics.js';
import { collectorConfig } from './config.js';
import type { Decoded } from './decode/decoder.js';
import type { Ingest } from './ingest.js';
import { createOtlpHttp } from './otlp-http.js';
import { RateLimited } from './rates.js';

const LIMIT = 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const whole: Decoded = { blocks: [], accepted: 1, rejected: 0, message: '', sources: [], undo: () => undefined, limited: undefined };
const bodies: string[] = [];
let outcome: () => Promise<Decoded> = () => Promise.resolve(whole);
const ingest: Ingest = (_signal, _encoding, _transport, body) => {
  bodies.push(Buffer.from(body).toString());
  return outcome();
};
const admission = createAdmission(8 * LIMIT);
const server = createOtlpHttp({ host: '127.0.0.1', port: 0, config: collectorConfig.parse({ max_body: '1MiB', cors_origins: ['https://shop.example'] }), admission, ingest, remoteWrite: () => undefined, metrics: collectorMetrics(new Registry()), logger: silentLogger });
it.each([['0.0.0.0', 'http://127.0.0.1:4318'], ['::', 'http://[::1]:4318'], ['192.0.2.7', 'http://192.0.2.7:4318'], ['fd00::1', 'http://[fd00::1]:4318']])('says where this process itself sends: bound to %s, to %s', (host, url) => {
  const bound = createOtlpHttp({ host, port: 4318, config: collectorConfig.parse({}), admission: createAdmission(LIMIT), ingest, remoteWrite: () => undefined, metrics: collectorMetrics(new Registry()), logger: silentLogger });
  expect(bound.ownUrl()).toBe(url);
});
beforeAll(() => server.start());
afterAll(() => server.stop());
beforeEach(() => {
  bodies.length = 0;
  outcome = () => Promise.resolve(whole);
});

const send = (headers: Record<string, string>, body: string | Uint8Array = '{}', path = '/v1/traces'): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port()}${path}`, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) });
const raw = (headers: Record<string, string>, path = '/v1/traces'): ClientRequest => httpRequest({ host: '127.0.0.1', port: server.port(), path, method: 'POST', headers });
const answerOf = async (request: ClientRequest): Promise<number | undefined> => ((await once(request, 'response')) as [IncomingMessage])[0].resume().statusCode;

describe('the answer', () => {
  it.each([
    ['application/json', 'application/json', '{}'],
    ['application/json; charset=utf-8', 'application/json', '{}'],
    ['Application/JSON;charset=UTF-8', 'application/json', '{}'],
    ['application/x-protobuf', 'application/x-protobuf', ''],
    ['application/x-protobuf; proto=trace', 'application/x-protobuf', ''],
  ])('to %s is %s', async (type, expected, body) => {
    const response = await send({ 'content-type': type });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, expected, body]);
  });

  it('of a partial success names the records of the signal, and of a warning rejects none', async () => {
    outcome = () => Promise.resolve({ ...whole, rejected: 2, message: 'two' });
    expect(await (await send(JSON_TYPE, '{}', '/v1/logs')).json()).toEqual({ partialSuccess: { rejectedLogRecords: '2', errorMessage: 'two' } });
    expect(Buffer.from(await (await send(PROTOBUF, '', '/v1/metrics')).arrayBuffer()).toString('hex')).toBe('0a07080212 0374776f'.replace(' ', ''));
    outcome = () => Promise.resolve({ ...whole, message: 'off' });
    expect(await (await send(JSON_TYPE)).json()).toEqual({ partialSuccess: { errorMessage: 'off' } });
    expect(Buffer.from(await (await send(PROTOBUF, '')).arrayBuffer()).toString('hex')).toBe('0a0512036f6666');
  });

  it.each([
    ['DECODE_FAILED', 400, null],
    ['BODY_TOO_LARGE', 413, null],
    ['QUEUE_FULL', 503, '5'],
    ['SHUTTING_DOWN', 503, '5'],
  ] as const)('to a request that fails with %s is %i', async (code, status, retryAfter) => {
    outcome = () => Promise.reject(new PipelineError(code, 'why', { retryable: status === 503 }));
    const response = await send(JSON_TYPE);
    expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([status, retryAfter, { code: expect.any(Number), message: 'why' }]);
  });

  it('to a source over its limit is 429, and says when to come again', async () => {
    outcome = () => Promise.reject(new RateLimited('slower', 7));
    const response = await send(JSON_TYPE);
    expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([429, '7', { code: 8, message: 'slower' }]);
  });

  it('to a fault of our own asks for a repetition: 500 would lose the data', async () => {
    outcome = () => Promise.reject(new TypeError('a bug'));
    expect((await send(PROTOBUF)).status).toBe(503);
  });

  it.each([
    ['another path', '/v1/profiles', 'POST', JSON_TYPE, 404],
    ['another method', '/v1/traces', 'PUT', JSON_TYPE, 405],
    ['another type', '/v1/traces', 'POST', { 'content-type': 'text/plain' }, 415],
    ['a type of every object', '/v1/traces', 'POST', { 'content-type': 'constructor' }, 415],
    ['another encoding', '/v1/traces', 'POST', { ...JSON_TYPE, 'content-encoding': 'br' }, 415],
  ] as const)('to %s is a google.rpc.Status', async (_, path, method, headers, status) => {
    const response = await fetch(`http://127.0.0.1:${server.port()}${path}`, { method, headers, body: '{}' });
    expect([response.status, await response.json()]).toEqual([status, { code: expect.any(Number), message: expect.any(String) }]);
    expect(bodies).toEqual([]);
  });
});

describe('a compressed body', () => {
  const text = '{"resourceSpans":[]}';
  /** A zstd frame of raw blocks that does not say how large its content is. */
  const zstdStream = (size: number, block = 100_000, window = 0x58): Buffer => {
    const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window])];
    for (let left = size; left > 0; left -= block) {
      const length = Math.min(block, left);
      parts.push(Buffer.from(Uint32Array.of((length << 3) | (left <= block ? 1 : 0)).buffer).subarray(0, 3), Buffer.alloc(length, 0x20));
    }
    return Buffer.concat(parts);
  };
  /** Blocks that say "128 KiB of spaces". */
  const zstdSpaces = (blocks: number): Buffer => Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]), ...Array.from({ length: blocks }, (_, index) => Buffer.from([...new Uint8Array(Uint32Array.of((131_072 << 3) | 2 | (index === blocks - 1 ? 1 : 0)).buffer).subarray(0, 3), 0x20]))]);
  it.each([
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['gzip', Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))])],
  ])('%s is unpacked', async (encoding, body) => {
    expect((await send({ ...JSON_TYPE, 'content-encoding': encoding }, body)).status).toBe(200);
    expect(bodies).toEqual([text]);
  });

  it.each([
    ['with', 'KLUv/aD0kwQA5AAAoHsicmVzb3VyY2VTcGFucyI6W10gAQDS/3PABAIAECBVAAAQIH0BAO8THQgB'],
    ['without', 'KLUv/QBY5AAAoHsicmVzb3VyY2VTcGFucyI6W10gAQDS/3PABAIAECBVAAAQIH0BAO8THQgB'],
  ])('zstd is unpacked, %s its content size', async (_, base64) => {
    expect((await send({ ...JSON_TYPE, 'content-encoding': 'zstd' }, Buffer.from(base64, 'base64'))).status).toBe(200);
    expect(bodies).toEqual([`{"resourceSpans":[]${' '.repeat(300_000)}}`]);
  });

  it.each(['gzip', 'deflate', 'zstd', 'identity'])('%s without content is an empty request', async (encoding) => {
    expect((await send({ ...PROTOBUF, 'content-encoding': encoding }, new Uint8Array())).status).toBe(200);
    expect(bodies).toEqual(['']);
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(LIMIT + 1))],
    ['gzip', Buffer.concat(Array.from({ length: 4 }, () => gzipSync(Buffer.alloc(LIMIT / 2))))],
    ['deflate', deflateSync(Buffer.alloc(LIMIT + 1))],
    ['zstd', zstdSpaces(20)],
  ])('%s that becomes too large is refused', async (encoding, body) => {
    expect((await send({ ...PROTOBUF, 'content-encoding': encoding }, body)).status).toBe(413);
    expect(bodies).toEqual([]);
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(LIMIT, 0x20), { level: 9 })],
    ['deflate', deflateSync(Buffer.alloc(LIMIT, 0x20), { level: 9 })],
    ['zstd', zstdSpaces(8)],
  ])('%s holds what it becomes: of many at once those that do not fit are to come again', async (encoding, body) => {
    let finish = (): void => undefined;
    const over = new Promise<void>((resolve) => (finish = resolve));
    outcome = () => over.then(() => whole);
    let refused = 0;
    const answers = Array.from({ length: 30 }, async () => {
      const { status } = await send({ ...JSON_TYPE, 'content-encoding': encoding }, body);
      refused += status === 503 ? 1 : 0;
      return status;
    });
    await vi.waitFor(() => expect(bodies.length + refused).toBe(30), { timeout: 10_000 });
    expect(bodies.length).toBeGreaterThan(0);
    expect(bodies.length).toBeLessThanOrEqual(6);
    finish();
    expect((await Promise.all(answers)).filter((status) => status === 200)).toHaveLength(bodies.length);
    expect((await send({ ...JSON_TYPE, 'content-encoding': encoding }, body)).status).toBe(200);
  });

  it.each([
    ['gzip', Buffer.from('not gzip')],
    ['gzip', gzipSync(text).subarray(0, 20)],
    ['zstd', Buffer.from('not zstd')],
    ['zstd', zstdStream(50_000).subarray(0, 300)],
    ['zstd', zstdStream(10, 10, 0xff)],
    ['zstd', zstdStream(100_000, 1, 0x70)],
  ])('%s that is damaged, or made to cost, is refused', async (encoding, body) => {
    expect((await send({ ...JSON_TYPE, 'content-encoding': encoding }, body)).status).toBe(400);
  });
});

describe('a sender that', () => {
  it('asks before it sends a large body is spared the effort', async () => {
    const request = raw({ ...JSON_TYPE, expect: '100-continue', 'content-length': String(LIMIT + 1) });
    const continued = vi.fn();
    request.on('continue', continued).flushHeaders();
    expect(await answerOf(request)).toBe(413);
    expect(continued).not.toHaveBeenCalled();
    request.destroy();
  });

  it('asks before it sends is told to go on', async () => {
    const request = raw({ ...JSON_TYPE, expect: '100-continue', 'content-length': '2' });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('{}');
    expect(await answerOf(request)).toBe(200);
  });

  it('sends a too large body of unknown length reads the answer', async () => {
    const request = raw({ ...JSON_TYPE, 'transfer-encoding': 'chunked' });
    for (let sent = 0; sent < 8 * LIMIT; sent += 65_536) if (!request.write(Buffer.alloc(65_536, 0x20))) await once(request, 'drain');
    request.end();
    expect(await answerOf(request)).toBe(413);
  });

  it.each([{}, { 'transfer-encoding': 'chunked' }])('shares memory with others is read as it was sent (%o)', async (framing) => {
    const sent = Array.from({ length: 12 }, (_, index) => String.fromCharCode(97 + index).repeat(1_000 + index * 60_000));
    const answers = sent.map(async (text) => {
      const request = raw({ ...JSON_TYPE, ...(framing['transfer-encoding'] ? framing : { 'content-length': String(text.length) }) });
      for (let at = 0; at < text.length; at += 50_000) await new Promise((resolve) => request.write(text.slice(at, at + 50_000), resolve));
      request.end();
      return answerOf(request);
    });
    expect(await Promise.all(answers)).toEqual(sent.map(() => 200));
    expect(bodies.toSorted()).toEqual(sent);
  });

  it('goes away in the middle leaves nothing behind', async () => {
    for (let round = 0; round < 40; round += 1) {
      const request = raw({ ...JSON_TYPE, 'content-length': String(LIMIT) });
      await new Promise((resolve) => request.on('error', () => undefined).write(Buffer.alloc(LIMIT / 2, 0x20), resolve));
      request.destroy();
    }
    await vi.waitFor(() => expect(admission.requests()).toBe(0), { timeout: 20_000 });
    expect((await send(JSON_TYPE, ' '.repeat(LIMIT - 2) + '{}')).status).toBe(200);
  });

  it('holds the share of its address is told to come again', async () => {
    await vi.waitFor(() => expect(admission.requests()).toBe(0), { timeout: 20_000 });
    let release = (): void => undefined;
    const held = new Promise<Decoded>((resolve) => (release = () => resolve(whole)));
    outcome = () => held;
    // Each holds a megabyte as it was read and one as it is decoded.
    const waiting = Array.from({ length: 3 }, () => send(JSON_TYPE, ' '.repeat(LIMIT)));
    await vi.waitFor(() => expect(bodies).toHaveLength(3), { timeout: 20_000 });
    const refused = await send(JSON_TYPE, ' '.repeat(LIMIT));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    release();
    expect((await Promise.all(waiting)).map((response) => response.status)).toEqual(Array(3).fill(200));
    expect((await send(JSON_TYPE, ' '.repeat(LIMIT))).status).toBe(200);
  });

  it('speaks no HTTP is turned away', async () => {
    const socket = connect(server.port(), '127.0.0.1');
    socket.write('\u0016\u0003\u0001 hello\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 400/);
    socket.destroy();
  });
});

describe('a sender that takes its time', () => {
  const impatient = createOtlpHttp({ host: '127.0.0.1', port: 0, config: collectorConfig.parse({}), admission: createAdmission(8 * LIMIT), ingest, remoteWrite: () => undefined, metrics: collectorMetrics(new Registry()), logger: silentLogger, patience: { headersMs: 150, requestMs: 300, idleMs: 200 } });
  beforeAll(() => impatient.start());
  afterAll(() => impatient.stop());
  const closing = async (first: string, drip?: string): Promise<string> => {
    const socket = connect(impatient.port(), '127.0.0.1');
    socket.write(first);
    const dripping = drip === undefined ? undefined : setInterval(() => socket.write(drip), 30);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString())).on('error', () => undefined);
    await once(socket, 'close');
    clearInterval(dripping);
    return answer;
  };
  it.each([
    ['for its headers, byte by byte', 'POST /v1/traces HTTP/1.1\r\nhost: a\r\nx: ', 'y', /^HTTP\/1.1 408/],
    ['for its body, byte by byte', 'POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n', ' ', /^HTTP\/1.1 408/],
    ['between two requests', 'POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}', undefined, /^HTTP\/1.1 200/],
    ['before its first byte', '', undefined, /^(HTTP\/1.1 408|$)/],
  ])('%s is cut off', async (_, first, drip, answer) => {
    expect(await closing(first, drip)).toMatch(answer);
  });
});

describe('browsers', () => {
  const preflight = (origin: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port()}/v1/traces`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-team' } });
  it('of configured origins may send', async () => {
    const allowed = await preflight('https://shop.example');
    expect([allowed.status, allowed.headers.get('access-control-allow-origin'), allowed.headers.get('access-control-allow-headers')]).toEqual([204, 'https://shop.example', 'content-type,x-team']);
    expect((await send({ ...JSON_TYPE, origin: 'https://shop.example' })).headers.get('access-control-allow-origin')).toBe('https://shop.example');
  });
  it('of other origins may not', async () => {
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    // A name of theirs that leads here makes them of this origin: no browser asks before it sends.
    const refused = await send({ ...JSON_TYPE, origin: `http://rebound.example:${server.port()}` });
    expect([refused.status, await refused.json()]).toEqual([403, { code: 7, message: expect.stringContaining('collector.cors_origins') }]);
  });
});
