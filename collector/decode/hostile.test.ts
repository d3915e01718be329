import { describe, expect, it } from 'vitest';
import { readNative } from '../testing/native-reader.js';
import { encodeJson, encodeProtobuf, type Plain } from '../testing/otlp-schema.js';
import { NOW } from '../testing/requests.js';
import { createDecoder, type Decoded, DEFAULT_LIMITS, type Signal } from './decoder.js';

const NOW_NS = BigInt(NOW) * 1_000_000n;
const attribute = (key: string, value: Plain): Plain => ({ key, value });
const span = (fields: Plain = {}): Plain => ({ traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2), name: 'GET /', startTimeUnixNano: NOW_NS, endTimeUnixNano: NOW_NS, ...fields });
const spans = (list: readonly Plain[], attributes: readonly Plain[] = [attribute('service.name', { stringValue: 'api' })]): Plain => ({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: list }] }] });
const decode = (signal: Signal, body: Uint8Array, limits = DEFAULT_LIMITS): Decoded => createDecoder({ limits, clock: () => NOW }).decode(signal, 'protobuf', body);
const decodeSpans = (request: Plain): Decoded => decode('traces', encodeProtobuf('traces', request));
/** A field with content, by hand. */
const field = (number: number, ...content: readonly Uint8Array[]): Buffer => {
  const inner = Buffer.concat(content);
  const size: number[] = [];
  for (let rest = inner.length; ; rest = Math.floor(rest / 128)) {
    size.push(rest >= 128 ? (rest % 128) + 128 : rest);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from([number * 8 + 2, ...size]), inner]);
};
const fixed64 = (number: number, value: bigint): Buffer => Buffer.concat([Buffer.from([number * 8 + 1]), Buffer.from(new BigUint64Array([value]).buffer)]);
/** So many empty parts in the field `number`. */
const empty = (number: number, count: number): Buffer => Buffer.alloc(2 * count, Buffer.from([number * 8 + 2, 0]));
const request = (record: Uint8Array, resource: Uint8Array = Buffer.alloc(0)): Buffer => field(1, field(1, resource), field(2, field(2, record)));
const bareSpan = (...more: readonly Uint8Array[]): Buffer => Buffer.concat([field(1, Buffer.alloc(16, 1)), field(2, Buffer.alloc(8, 2)), fixed64(7, NOW_NS), ...more]);
const record = (...more: readonly Uint8Array[]): Buffer => Buffer.concat([fixed64(1, NOW_NS), ...more]);
/** A metric whose points stand in the field `kind`. */
const metric = (kind: number, ...points: readonly Uint8Array[]): Buffer => Buffer.concat([field(1, Buffer.from('m')), field(kind, ...points.map((point) => field(1, point)))]);
const point = (...more: readonly Uint8Array[]): Buffer => Buffer.concat([fixed64(3, NOW_NS), fixed64(4, 0n), ...more]);

describe('hostile requests', () => {
  it('a value that nests without end is refused', () => {
    let wire: Uint8Array = field(1, Buffer.from('core'));
    for (let depth = 0; depth < 5_000; depth += 1) wire = field(5, field(1, wire));
    const body = field(1, field(1, field(1, field(2, wire))));
    expect(() => decode('traces', body)).toThrow(/nest deeper than 32/);
    const json = Buffer.from(`{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":${'{"arrayValue":{"values":['.repeat(5_000)}${']}}'.repeat(5_000)}}]}}]}`);
    expect(() => createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }).decode('traces', 'json', json)).toThrow(/nests deeper/);
  });

  it('a value of 30 levels is kept', () => {
    let value: Plain = { intValue: 2n ** 62n };
    for (let depth = 0; depth < 30; depth += 1) value = { arrayValue: { values: [value] } };
    const [block] = decodeSpans(spans([span({ attributes: [attribute('deep', value)] })])).blocks;
    expect(block && readNative(block)[0]?.['SpanAttributes']).toEqual([['deep', `${'['.repeat(30)}4611686018427387904${']'.repeat(30)}`]]);
  });

  it('a large resource over many small records is refused before it is unpacked', () => {
    const request = spans(Array.from({ length: 5_000 }, () => span()), [attribute('ballast', { stringValue: 'x'.repeat(1_000_000) })]);
    expect(() => decodeSpans(request)).toThrow(expect.objectContaining({ code: 'BODY_TOO_LARGE', retryable: false }));
    const metrics = { resourceMetrics: [{ resource: { attributes: [attribute('ballast', { stringValue: 'x'.repeat(1_000_000) })] }, scopeMetrics: [{ metrics: Array.from({ length: 1_000 }, (_, index) => ({ name: `m${index}`, gauge: { dataPoints: [{ asDouble: 1, timeUnixNano: NOW_NS }] } })) }] }] };
    expect(() => decode('metrics', encodeProtobuf('metrics', metrics))).toThrow(expect.objectContaining({ code: 'BODY_TOO_LARGE' }));
  });

  it('new series beyond the limit are refused alone', () => {
    const decoder = createDecoder({ limits: { ...DEFAULT_LIMITS, maxSeries: 100 }, clock: () => NOW });
    const points = Array.from({ length: 20_000 }, (_, index) => ({ asInt: BigInt(index), timeUnixNano: NOW_NS, attributes: [attribute('n', { intValue: BigInt(index) })] }));
    const body = encodeProtobuf('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: points } }] }] }] });
    expect(decoder.decode('metrics', 'protobuf', body)).toMatchObject({ accepted: 100, rejected: 19_900, message: expect.stringContaining('19900 rejected: more than 100 metric series') });
  });

  it.each([
    ['300 labels', Array.from({ length: 300 }, (_, index) => attribute(`a${index}`, { stringValue: 'x' }))],
    ['a label of a megabyte', [attribute('url.full', { stringValue: 'x'.repeat(1_000_000) })]],
    ['labels beyond 64 KiB in bytes alone', [attribute('city', { stringValue: 'ü'.repeat(40_000) })]],
    ['a megabyte that becomes no label', [attribute('x'.repeat(1_000_000), { stringValue: '' })]],
  ])('a series of %s is refused alone, as of remote write', (_, attributes) => {
    const point = (own: readonly Plain[]): Plain => ({ asInt: 1n, timeUnixNano: NOW_NS, attributes: own });
    const body = encodeProtobuf('metrics', { resourceMetrics: [{ resource: { attributes: [attribute('service.name', { stringValue: 'api' })] }, scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [point(attributes), point([attribute('city', { stringValue: 'ü'.repeat(30_000) })])] } }] }] }] });
    expect(decode('metrics', body)).toMatchObject({ accepted: 1, rejected: 1, message: '1 rejected: a series of more than 256 labels or 64 KiB of them' });
  });

  it('a series whose name is a megabyte is refused', () => {
    const body = encodeProtobuf('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm'.repeat(1_000_000), gauge: { dataPoints: [{ asInt: 1n, timeUnixNano: NOW_NS }] } }] }] }] });
    expect(decode('metrics', body)).toMatchObject({ accepted: 0, rejected: 1 });
  });

  it('a histogram of a million buckets is refused alone', () => {
    const bounds = Array.from({ length: 1_000_000 }, (_, index) => index);
    const body = encodeProtobuf('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', histogram: { dataPoints: [{ timeUnixNano: NOW_NS, explicitBounds: bounds, bucketCounts: bounds.map(BigInt) }] } }] }] }] });
    expect(decode('metrics', body)).toMatchObject({ accepted: 0, rejected: 1, message: '1 rejected: a histogram of more than 1000 bounds' });
  });

  const MANY = 2_000_000;
  it.each([
    ['events', 'traces', bareSpan(empty(11, MANY))],
    ['links', 'traces', bareSpan(empty(13, MANY))],
    ['attributes of a span', 'traces', bareSpan(empty(9, MANY))],
    ['attributes of an event', 'traces', bareSpan(field(11, empty(3, MANY)))],
    ['attributes of a log record', 'logs', record(empty(6, MANY))],
    ['items of a list in a log record', 'logs', record(field(5, field(5, empty(1, MANY))))],
    ['exemplars of a number', 'metrics', metric(5, point(empty(5, MANY)))],
    ['exemplars of an exponential histogram', 'metrics', metric(10, point(empty(11, MANY)))],
    ['attributes of a point', 'metrics', metric(5, point(empty(7, MANY)))],
    ['quantiles', 'metrics', metric(11, point(empty(6, MANY)))],
  ] as const)('millions of empty %s in one record are refused alone, before they are read', async (_, signal, body) => {
    const plain = { traces: bareSpan(), logs: record(), metrics: metric(5, point()) }[signal];
    const decoder = createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW });
    const started = process.cpuUsage();
    const decoded = await decoder.decodeInTurn(signal, 'protobuf', Buffer.concat([request(body), request(plain)]));
    const { user, system } = process.cpuUsage(started);
    expect(decoded).toMatchObject({ accepted: 1, rejected: 1, message: expect.stringContaining('1 rejected: a record of more than 65536 fields') });
    expect((user + system) / 1000).toBeLessThan(1_000);
  });

  it('as many as fit are taken, and what they become is counted', () => {
    const events = (count: number): Buffer => bareSpan(empty(11, count));
    const fields = 65_536 - 3;
    expect(decode('traces', request(events(fields)))).toMatchObject({ accepted: 1, rejected: 0 });
    expect(decode('traces', request(events(fields + 1)))).toMatchObject({ accepted: 0, rejected: 1 });
    const limits = { ...DEFAULT_LIMITS, maxExpandedBytes: 1024 * 1024 };
    const exemplars = metric(5, ...Array.from({ length: 20 }, () => point(empty(5, 2_000))));
    const histograms = metric(10, ...Array.from({ length: 20 }, () => point(field(8, field(2, Buffer.alloc(4_096))), field(9, field(2, Buffer.alloc(4_096))))));
    for (const [signal, body] of [['traces', events(60_000)], ['metrics', exemplars], ['metrics', histograms]] as const) {
      expect(decode(signal, request(body))).toMatchObject({ rejected: 0 });
      expect(() => decode(signal, request(body), limits)).toThrow(expect.objectContaining({ code: 'BODY_TOO_LARGE' }));
    }
  });

  it('an exponential histogram of more than 4096 buckets is refused alone', () => {
    const of = (count: number): Buffer => request(metric(10, point(field(8, field(2, Buffer.alloc(count))))));
    expect(decode('metrics', of(4_096))).toMatchObject({ accepted: 1, rejected: 0 });
    for (const count of [4_097, 10_000_000]) expect(decode('metrics', of(count))).toMatchObject({ accepted: 0, rejected: 1, message: '1 rejected: an exponential histogram of more than 4096 buckets' });
  });

  it('a resource or scope of more attributes than any has is refused with all of it, also in parts', () => {
    const tooMany = expect.objectContaining({ code: 'BODY_TOO_LARGE', retryable: false, message: expect.stringContaining('65536 fields') });
    expect(() => decode('logs', request(record(), empty(1, MANY)))).toThrow(tooMany);
    expect(() => decode('logs', field(1, field(2, field(1, empty(3, MANY)), field(2, record()))))).toThrow(tooMany);
    expect(() => decode('logs', field(1, ...Array.from({ length: 40 }, () => field(1, empty(1, 2_000))), field(2, field(2, record()))))).toThrow(tooMany);
    // As many as fit: one for the resource.
    expect(decode('logs', request(record(), empty(1, 65_535)))).toMatchObject({ accepted: 1 });
    expect(() => decode('logs', request(record(), empty(1, 65_536)))).toThrow(tooMany);
  });

  it('of JSON, what is too wide is refused alone as well', () => {
    const decodeJson = (signal: Signal, json: string): Decoded => createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }).decode(signal, 'json', Buffer.from(json));
    const list = (item: string): string => Array<string>(100_000).fill(item).join();
    const events = (item: string): string => `{"traceId":"${'1'.repeat(32)}","spanId":"${'1'.repeat(16)}","endTimeUnixNano":"${NOW_NS}","events":[${item}]}`;
    expect(decodeJson('traces', `{"resourceSpans":[{"scopeSpans":[{"spans":[${events(list('{}'))},${events(`{"attributes":[${list('{}')}]}`)},${events('{}')}]}]}]}`)).toMatchObject({ accepted: 1, rejected: 2 });
    const points = (buckets: string): string => `{"timeUnixNano":"${NOW_NS}","positive":{"bucketCounts":[${buckets}]}}`;
    expect(decodeJson('metrics', `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","exponentialHistogram":{"dataPoints":[${points(list('0'))},${points('1')}]}}]}]}]}`)).toMatchObject({ accepted: 1, rejected: 1 });
  });

  it.each([
    ['lists in one another', `${'['.repeat(4_000_000)}${']'.repeat(4_000_000)}`],
    ['objects in one another', `${'{"":'.repeat(1_000_000)}1${'}'.repeat(1_000_000)}`],
    ['empty lists', `[${Array<string>(2_000_000).fill('[]').join()}]`],
    ['empty objects', `[${Array<string>(2_000_000).fill('{}').join()}]`],
  ])('of JSON, megabytes of %s are refused before they are parsed', (_, json) => {
    const body = Buffer.from(`{"resourceSpans":${json}}`);
    const started = process.cpuUsage();
    expect(() => createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }).decode('traces', 'json', body)).toThrow(/not a valid OTLP\/JSON body: it (nests deeper|has more) than/);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(300);
  });

  it('of JSON, brackets in texts are none, and the smallest points by the thousand are taken', () => {
    const decodeJson = (signal: Signal, json: string): Decoded => createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }).decode(signal, 'json', Buffer.from(json));
    const points = Array.from({ length: 60_000 }, () => `{"asInt":"1","timeUnixNano":"${NOW_NS}"}`).join();
    expect(decodeJson('metrics', `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[${points}]}}]}]}]}`)).toMatchObject({ accepted: 60_000, rejected: 0 });
    const text = JSON.stringify(`"\\${'[{'.repeat(600_000)}"`);
    expect(decodeJson('logs', `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"${NOW_NS}","body":{"stringValue":${text}}}]}]}]}`)).toMatchObject({ accepted: 1, rejected: 0 });
  });

  it('numbers of millions of digits cost nothing', () => {
    for (const digits of ['"1'.padEnd(4_000_000, '1'), '"1.'.padEnd(4_000_000, '1')]) {
      for (const kind of ['intValue', 'doubleValue']) {
        const json = Buffer.from(`{"resourceSpans":[{"resource":{"attributes":[{"value":{"${kind}":${digits}x"}}]}}]}`);
        expect(() => createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }).decode('traces', 'json', json)).toThrow(/is not/);
      }
    }
  });

  it.each([
    ['a group', [0x0b, 0x0c]],
    ['field number 0', [0x00, 0x01]],
    ['a length beyond the end', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a number of eleven bytes', [...Array<number>(10).fill(0xff), 0x01]],
    ['a known field in a foreign encoding', [0x08, 0x01]],
  ])('%s is refused', (_, bytes) => {
    expect(() => decode('traces', Buffer.from(bytes))).toThrow(expect.objectContaining({ code: 'DECODE_FAILED', retryable: false }));
  });

  it('JSON of the wrong types is refused by the name of the field, a span with an odd id alone', () => {
    const decodeJson = (text: string): unknown => createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }).decode('traces', 'json', Buffer.from(text));
    expect(() => decodeJson('{"resourceSpans":{}}')).toThrow('traces.resourceSpans is not a list');
    expect(() => decodeJson('{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"toString"}]}]}]}')).toThrow(/spans\.kind is not an integer/);
    expect(() => decodeJson('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":5}]}]}]}')).toThrow(/traceId is not hexadecimal text/);
    expect(() => decodeJson('{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"18446744073709551616"}]}]}]}')).toThrow(/startTimeUnixNano is not an integer of 64 bits/);
    const spansOf = (...ids: string[]): string => `{"resourceSpans":[{"scopeSpans":[{"spans":[${ids.map((id) => `{"traceId":"${id}","spanId":"${'1'.repeat(16)}","endTimeUnixNano":"${NOW_NS}"}`).join()}]}]}]}`;
    expect(decodeJson(spansOf('xyz0', '1'.repeat(31), 'W47/95gDgQPSabYzgT/GDA==', '1'.repeat(32)))).toMatchObject({ accepted: 1, rejected: 3, message: expect.stringContaining('trace_id is not 16 bytes') });
    expect(decodeJson('{"resourceSpans":[],"future":[1]}')).toMatchObject({ accepted: 0, rejected: 0, blocks: [] });
  });
});

describe('what the sender is told', () => {
  it('nothing, of an empty request', () => {
    expect(decode('traces', Buffer.alloc(0))).toMatchObject({ accepted: 0, rejected: 0, message: '', blocks: [] });
  });

  it('that it has no name, and that its clock is off', () => {
    const off = NOW_NS - 11n * 60_000_000_000n;
    const decoded = decodeSpans(spans([span({ startTimeUnixNano: off, endTimeUnixNano: off })], [attribute('service.name', { stringValue: 'unknown_service:node' })]));
    expect(decoded).toMatchObject({ accepted: 1, rejected: 0, message: expect.stringMatching(/OTEL_SERVICE_NAME.*more than 10 minutes/) });
    expect(decoded.sources[0]?.problems).toHaveLength(2);
    expect(decodeSpans(spans([span({ startTimeUnixNano: off })])).message).toBe('');
  });

  it('of a span that ends in the far future, not only of one that begins there', () => {
    expect(decodeSpans(spans([span({ endTimeUnixNano: 2n ** 63n })])).message).toMatch(/ahead of this machine/);
  });
});

it('a value sent in parts is one value, and of several values the last counts', () => {
  const text = (value: string): Buffer => field(1, Buffer.from(value));
  const list = (...values: string[]): Buffer => field(5, ...values.map((value) => field(1, text(value))));
  const attributes = [
    field(9, field(1, Buffer.from('parts')), field(2, list('a')), field(2, list('b'))),
    field(9, field(1, Buffer.from('last')), field(2, text('x'), list('y'), text('z'))),
    field(9, field(2, list('late')), field(1, Buffer.from('old')), field(1, Buffer.from('key'))),
  ];
  const time = Buffer.concat([Buffer.from([0x39]), Buffer.from(new BigUint64Array([NOW_NS]).buffer)]);
  const body = field(1, field(2, field(2, field(1, Buffer.alloc(16, 1)), field(2, Buffer.alloc(8, 1)), time, ...attributes)));
  const [block] = decode('traces', body).blocks;
  expect(block && readNative(block)[0]?.['SpanAttributes']).toEqual([['parts', '["a","b"]'], ['last', 'z'], ['key', '["late"]']]);
});

it('reads JSON ids in capitals and large numbers exactly', () => {
  const json = encodeJson(spans([span({ attributes: [attribute('n', { intValue: -(2n ** 63n) })] })])).toString().replaceAll('0101', 'ABCD');
  const [block] = createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }).decode('traces', 'json', Buffer.from(json)).blocks;
  expect(block && readNative(block)[0]).toMatchObject({ TraceId: 'abcd'.repeat(8), SpanAttributes: [['n', '-9223372036854775808']] });
});

it('JSON numbers at the end of 64 bits, which are rounded up when they are read, stay there', () => {
  const decodeJson = (value: string): unknown => {
    const json = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${'1'.repeat(32)}","spanId":"${'1'.repeat(16)}","endTimeUnixNano":"${NOW_NS}","attributes":[{"key":"n","value":{"intValue":${value}}}]}]}]}]}`;
    const [block] = createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }).decode('traces', 'json', Buffer.from(json)).blocks;
    return block && readNative(block)[0]?.['SpanAttributes'];
  };
  for (const [value, stored] of [['9223372036854775807', '9223372036854775807'], ['"9223372036854775807"', '9223372036854775807'], ['-9223372036854775808', '-9223372036854775808']]) expect(decodeJson(value ?? '')).toEqual([['n', stored]]);
  for (const value of ['"9223372036854775808"', '9223372036854779000', '"18446744073709551615"']) expect(() => decodeJson(value)).toThrow(/intValue is not an integer of 64 bits/);
});
