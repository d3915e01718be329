import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PipelineError } from '#core/errors.js';
import { readNative, type Row } from '../testing/native-reader.js';
import { encodeJson, encodeProtobuf, requestType } from '../testing/otlp-schema.js';
import { reference } from '../testing/reference.js';
import { NOW, requests } from '../testing/requests.js';
import { createRng } from '../testing/rng.js';
import { scramble } from '../testing/scramble.js';
import { createDecoder, type Decoded, DEFAULT_LIMITS, type Encoding, type Signal } from './decoder.js';

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];
const decode = (signal: Signal, encoding: Encoding, body: Uint8Array): Decoded => createDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }).decode(signal, encoding, body);
/** The pattern of a log record is no mapping: patterns/miner.test.ts. */
const tablesOf = ({ blocks }: Decoded): Record<string, Row[]> => Object.fromEntries(blocks.map((block) => [block.table, readNative(block).map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'PatternId')))]));
const said = ({ blocks, accepted, rejected, message, sources }: Decoded): unknown => ({ blocks, accepted, rejected, message, sources });
const RUNS = { numRuns: 300 };

describe.each(SIGNALS)('any request of %s', (signal) => {
  it('becomes the columns that the mapping says', () => {
    fc.assert(
      fc.property(requests[signal], (request) => {
        const expected = reference(signal, request);
        const decoded = decode(signal, 'protobuf', encodeProtobuf(signal, request));
        const tables = Object.fromEntries(Object.entries(expected.tables).filter(([, rows]) => rows.length > 0));
        expect(tablesOf(decoded)).toEqual(tables);
        expect(decoded.rejected).toBe(expected.rejected);
      }),
      RUNS,
    );
  });

  it('becomes the same columns as JSON', () => {
    fc.assert(
      fc.property(requests[signal], (request) => {
        expect(said(decode(signal, 'json', encodeJson(request)))).toEqual(said(decode(signal, 'protobuf', encodeProtobuf(signal, request))));
      }),
      RUNS,
    );
  });

  it('becomes the same columns with fields in any order, in parts, unpacked, and among unknown ones', () => {
    fc.assert(
      fc.property(requests[signal], fc.nat(), (request, seed) => {
        const plain = encodeProtobuf(signal, request);
        expect(said(decode(signal, 'protobuf', scramble(requestType(signal), plain, createRng(seed))))).toEqual(said(decode(signal, 'protobuf', plain)));
      }),
      RUNS,
    );
  });

  it.each(['protobuf', 'json'] as const)('that is damaged is read or refused, never more (%s)', (encoding) => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(requests[signal], damage, fc.option(fc.nat(), { freq: 3 }), (request, changes, cut) => {
        const body = encoding === 'json' ? encodeJson(request) : encodeProtobuf(signal, request);
        for (const [at, value] of changes) if (body.length > 0) body[at % body.length] = value;
        // Guards on both sides: reading past the end would be seen as foreign bytes in the columns.
        const framed = Buffer.alloc(body.length + 64, 0xff);
        body.copy(framed, 32);
        const view = framed.subarray(32, 32 + (cut === null || body.length === 0 ? body.length : cut % body.length));
        const outcome = attempt(() => decode(signal, encoding, view));
        expect(outcome).toEqual(attempt(() => decode(signal, encoding, Buffer.from(view))));
      }),
      { numRuns: 1_000 },
    );
  });

  it('that is noise is refused with DECODE_FAILED', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => void attempt(() => decode(signal, 'protobuf', noise))), { numRuns: 2_000 });
  });
});

/** What a body gives. Fails on any error but the one that a sender may be told. */
function attempt(work: () => Decoded): unknown {
  try {
    const decoded = work();
    for (const block of decoded.blocks) expect(readNative(block)).toHaveLength(block.rows);
    return said(decoded);
  } catch (error) {
    if (error instanceof PipelineError && error.code === 'DECODE_FAILED' && !error.retryable) return error.message;
    throw error;
  }
}


it('refuses what is older than its own signal is kept', () => {
  const HOUR = 3_600_000;
  const limits = { ...DEFAULT_LIMITS, maxAgeMs: { traces: HOUR, logs: 36 * HOUR, metrics: 48 * HOUR } };
  const refused = (signal: Signal, hours: number): string => {
    const at = String((BigInt(NOW) - BigInt(hours * HOUR)) * 1_000_000n);
    const body = {
      traces: { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), startTimeUnixNano: at, endTimeUnixNano: at }] }] }] },
      logs: { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: at, body: { stringValue: 'x' } }] }] }] },
      metrics: { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [{ timeUnixNano: at, asDouble: 1 }] } }] }] }] },
    }[signal];
    const { accepted, message } = createDecoder({ limits, clock: () => NOW }).decode(signal, 'json', Buffer.from(JSON.stringify(body)));
    return accepted === 1 ? '' : message;
  };
  expect([refused('traces', 0.5), refused('logs', 35), refused('metrics', 47)]).toEqual(['', '', '']);
  expect([refused('traces', 2), refused('logs', 37), refused('metrics', 49)]).toEqual(['1 h', '36 h', '2 days'].map((age) => `1 rejected: time stamp older than ${age}`));
});

it('takes the severity of a log record from its text where it has no number', () => {
  const numberOf = (severityText: string, severityNumber?: number): unknown => {
    const body = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: `${NOW}000000`, severityText, severityNumber, body: { stringValue: 'x' } }] }] }] };
    return decode('logs', 'json', Buffer.from(JSON.stringify(body))).blocks.flatMap(readNative)[0]?.['SeverityNumber'];
  };
  const numbers = { trace: 1, DEBUG2: 6, info: 9, Information: 9, Notice: 10, WARN: 13, warning: 13, Error: 17, ERR: 17, error4: 20, crit: 18, Fatal: 21, CRITICAL: 21, emergency: 21, '': 0, error5: 0, 'no such level at all': 0 };
  expect(Object.fromEntries(Object.keys(numbers).map((text) => [text, numberOf(text)]))).toEqual(numbers);
  expect([numberOf('ERROR', 9), numberOf('ERROR', 99)]).toEqual([9, 17]);
});

it('counts the log records that do not say how bad they are', () => {
  const records = [{ severityNumber: 9 }, { severityText: 'WARN' }, {}, { severityText: 'no such level' }, { body: { stringValue: 'level=error lost it' } }];
  const { sources } = decode('logs', 'json', Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: records.map((record) => ({ timeUnixNano: `${NOW}000000`, body: { stringValue: 'x' }, ...record })) }] }] })));
  expect(sources.map(({ accepted, unrated }) => [accepted, unrated])).toEqual([[5, 2]]);
});

describe('the severity of a log record that is sent without', () => {
  const numberOf = (value: object, over: object = {}): unknown => {
    const body = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: `${NOW}000000`, body: value, ...over }] }] }] };
    return decode('logs', 'json', Buffer.from(JSON.stringify(body))).blocks.flatMap(readNative)[0]?.['SeverityNumber'];
  };

  it.each<[number, string]>([
    [17, '{"level":"error","ts":"2026-11-30T10:00:00Z","msg":"connection refused"}'],
    [21, '{"time": 5, "Severity": "CRITICAL", "message": "disk full"}'],
    [17, '{"level":50,"time":1700000000000,"msg":"refused"}'],
    [17, 'time=2026-11-30T10:00:00Z level=ERROR msg="connection refused" peer=db'],
    [13, 'ts=5 caller=main.go:1 level=warn msg=slow'],
    [17, '2026-11-30 10:00:00,123 ERROR app: connection refused'],
    [17, '2026-11-30 10:00:00,123 - shop - ERROR - connection refused'],
    [17, '2026-11-30T10:00:00.1Z ERROR 1 --- [shop] [nio-1] c.s.Orders : refused'],
    [13, '[main] WARN com.shop.Orders - slow'],
    [17, 'ERROR:root:connection refused'],
    [13, 'WARNING: slow'],
    [9, 'INFO[0012] started'],
    [17, 'E1130 10:00:00.123456       1 reflector.go:138] Failed to watch *v1.Pod'],
    [9, 'I1130 10:00:00.123456       1 reflector.go:138] error is not the level'],
    [17, '[2026-11-30 10:00:00] [error] 123#123: *1 connect() failed'],
    [13, '2026-11-30T10:00:00.1Z 0 [Warning] [MY-010918] [Server] deprecated'],
    [17, '2026-11-30 10:00:00 UTC [12] shop@db ERROR:  relation "x" does not exist'],
    [17, 'Nov 30 10:00:00 host app[12]: ERROR refused'],
    [13, '1:M 30 Nov 2026 10:00:00.1 # WARNING overcommit_memory is set to 0'],
    [17, 'E, [2026-11-30T10:00:00.1 #1] ERROR -- : refused'],
    [17, '\u001b[31mERROR\u001b[0m refused'],
    [17, 'fail: Shop.Orders[0]\n      Database is down'],
    [17, '2026-11-30T10:00:00Z stderr F time="5" level=error msg="refused"'],
    [17, '\n  [\n ERROR: refused'],
  ])('is %i in %s', (number, text) => {
    expect(numberOf({ stringValue: text })).toBe(number);
  });

  it.each([
    'no error found', 'Error rate is 5 %', 'an ERROR happened', 'Retrying after ERROR from upstream', '500 ERROR responses', 'Received 500 ERROR from db', 'Please note: ERROR codes are listed',
    'GET /api/ERROR answered 200', 'error: none', '[worker] finished, ERROR count 0', '{"message":"error","count":5}', '{"severity":"high","msg":"x"}', '{"level":50,"player":"ada"}',
    '{"request":{"level":"error"},"msg":"fine"}', 'status=200 path=/error msg="ERROR in the text"', 'stack=error text="level=error"', 'E11300 items', 'fail: safe', '', '   ', '{',
  ])('is unknown in %s', (text) => {
    expect(numberOf({ stringValue: text })).toBe(0);
  });

  it('is that of a map, as of the same in text', () => {
    const map = (values: Record<string, object>): object => ({ kvlistValue: { values: Object.entries(values).map(([key, value]) => ({ key, value })) } });
    expect(numberOf(map({ level: { stringValue: 'error' } }))).toBe(17);
    expect(numberOf(map({ level: { intValue: '40' }, msg: { stringValue: 'slow' } }))).toBe(13);
    expect(numberOf(map({ text: { stringValue: 'ERROR' } }))).toBe(0);
  });

  it('is found once for messages of one form, and parts those of several', () => {
    const bodies = ['E1130 10:00:00.1 1 a.go:1] refused', 'I1130 10:00:00.1 1 a.go:1] refused', '{"level":50,"msg":"refused"}', '{"level":30,"msg":"refused"}', 'msg=refused level=warn', '9:00 ERROR refused 1', '9:00 INFO refused 1', 'an ERROR 1'];
    const logRecords = [...bodies, ...bodies.toReversed()].map((text) => ({ timeUnixNano: `${NOW}000000`, body: { stringValue: text.replaceAll('1', '2') } }));
    const { blocks } = decode('logs', 'json', Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })));
    const numbers = [17, 9, 17, 9, 13, 17, 9, 0];
    expect(blocks.flatMap(readNative).map((row) => row['SeverityNumber'])).toEqual([...numbers, ...numbers.toReversed()]);
  });

  it('is asked of the body only where the sender says nothing of it', () => {
    const text = { stringValue: 'ERROR refused' };
    expect([numberOf(text, { severityNumber: 9 }), numberOf(text, { severityText: 'info' }), numberOf(text, { severityText: 'of its own' })]).toEqual([9, 9, 0]);
  });
});

it('names a sum that may fall no ratio, as its unit 1 stands for things', () => {
  const points = { dataPoints: [{ timeUnixNano: `${NOW}000000`, asInt: '4' }] };
  const metrics = [{ name: 'connections', unit: '1', sum: { ...points, aggregationTemporality: 2, isMonotonic: false } }, { name: 'connections', unit: '1', gauge: points }];
  const { blocks } = decode('metrics', 'json', Buffer.from(JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })));
  expect(blocks.filter(({ table }) => table === 'metric_series').flatMap(readNative).map(({ name, type }) => [name, type])).toEqual([['connections', 'gauge'], ['connections_ratio', 'gauge']]);
});

it('says how old the newest of each source is', () => {
  const spans = [40_000, 32_000, 90_000].map((age) => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), startTimeUnixNano: `${NOW - age - 500}000000`, endTimeUnixNano: `${NOW - age}000000` }));
  const { sources } = decode('traces', 'json', Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })));
  expect(sources.map(({ ageMs }) => ageMs)).toEqual([32_000]);
});
