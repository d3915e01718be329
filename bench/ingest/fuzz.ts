import { compressSync } from 'snappy';
import { createAdmission } from '../../collector/admission.js';
import { createDecoder, DEFAULT_LIMITS, type DecodedBlock } from '../../collector/decode/decoder.js';
import { createRemoteWriteDecoder } from '../../collector/remote-write/decoder.js';
import { unpackSnappyAtOnce } from '../../collector/remote-write/snappy.js';
import { readNative } from '../../collector/testing/native-reader.js';
import { encodeJson, encodeProtobuf, type Plain } from '../../collector/testing/otlp-schema.js';
import { encodeV1, encodeV2 } from '../../collector/testing/remote-write.js';
import { createRng, type Rng } from '../../collector/testing/rng.js';
import { grouped } from '../report.js';
import { PipelineError } from '#core/errors.js';

const NOW = 1_790_000_000_000;
const NOW_NS = BigInt(NOW) * 1_000_000n;
/** A decoder that takes more of the processor for a body of some hundred bytes has been tricked. Its time by the clock would tell of other processes. */
const SLOW_MS = 200;
/** Decoders remember series: they are made anew after so many bodies. */
const FRESH_EVERY = 20_000;
/** Of the blocks that come out, one in so many is read back. */
const READ_EVERY = 50;
const limits = { ...DEFAULT_LIMITS, maxSeries: 5_000 };
const clock = (): number => NOW;

interface Target {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  /** A decoder of its own. */
  make(): (body: Buffer) => readonly DecodedBlock[];
}

const text = (key: string, stringValue: string): Plain => ({ key, value: { stringValue } });
const values: readonly Plain[] = [text('service.name', 'shop'), { key: 'n', value: { intValue: 2n ** 62n } }, { key: 'list', value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: -0.5 }, { kvlistValue: { values: [text('a', 'ü')] } }] } } }, { key: 'raw', value: { bytesValue: new Uint8Array([0, 255]) } }];
const id = (size: number): Uint8Array => new Uint8Array(size).fill(7);
const request = (groups: string, scopes: string, records: string, list: readonly Plain[]): Plain => ({ [groups]: [{ resource: { attributes: values }, [scopes]: [{ scope: { name: 's', version: '1', attributes: values }, [records]: list }] }] });
const point = { timeUnixNano: NOW_NS, startTimeUnixNano: NOW_NS - 1_000_000_000n, attributes: values };
const exemplars = [{ timeUnixNano: NOW_NS, asDouble: 1, traceId: id(16), spanId: id(8), filteredAttributes: values }];
const OTLP: Readonly<Record<'traces' | 'logs' | 'metrics', Plain>> = {
  traces: request('resourceSpans', 'scopeSpans', 'spans', [
    { traceId: id(16), spanId: id(8), parentSpanId: id(8), name: 'GET /', kind: 2, startTimeUnixNano: NOW_NS - 1_000n, endTimeUnixNano: NOW_NS, attributes: values, events: [{ timeUnixNano: NOW_NS, name: 'e', attributes: values }], links: [{ traceId: id(16), spanId: id(8), attributes: values }], status: { code: 2, message: 'm' } },
    { traceId: id(16), spanId: id(8), name: 'b', startTimeUnixNano: NOW_NS, endTimeUnixNano: NOW_NS },
  ]),
  logs: request('resourceLogs', 'scopeLogs', 'logRecords', [{ timeUnixNano: NOW_NS, severityNumber: 17, severityText: 'ERROR', body: { stringValue: 'order 7 was declined' }, attributes: values, traceId: id(16), spanId: id(8), eventName: 'e' }, { observedTimeUnixNano: NOW_NS, body: { kvlistValue: { values } } }]),
  metrics: request('resourceMetrics', 'scopeMetrics', 'metrics', [
    { name: 'g', unit: 'By', gauge: { dataPoints: [{ ...point, asDouble: 1.5, exemplars }, { ...point, asInt: -3n }] } },
    { name: 'c', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ ...point, asInt: 3n }] } },
    { name: 'h', unit: 's', histogram: { aggregationTemporality: 2, dataPoints: [{ ...point, count: 6n, sum: 9, explicitBounds: [1, 2], bucketCounts: [1n, 2n, 3n], min: 0, max: 3 }] } },
    { name: 'x', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [{ ...point, count: 4n, sum: 3, scale: 3, zeroCount: 1n, positive: { offset: -2, bucketCounts: [1n, 2n] }, negative: { offset: 4, bucketCounts: [1n] } }] } },
    { name: 's', summary: { dataPoints: [{ ...point, count: 2n, sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }] }] } },
  ]),
};
const histogram = { countInt: 9, sum: 12.5, schema: 3, zeroThreshold: 0.001, zeroCountInt: 1, positiveSpans: [{ offset: -2, length: 2 }, { offset: 3, length: 1 }], positiveDeltas: [1, 1, 1], negativeSpans: [{ offset: 5, length: 1 }], negativeDeltas: [2], timestamp: NOW };
const SERIES = [
  { labels: [['__name__', 'up'], ['instance', 'a:1'], ['job', 'shop'], ['path', '/ü']] as const, samples: [[NOW - 1, 1], [NOW, 2]] as const, exemplars: [{ labels: [['trace_id', 'ab'.repeat(16)]] as const, value: 1, timestamp: NOW }], metadata: { type: 1, help: 'h', unit: 'seconds' }, startMs: NOW - 5 },
  { labels: [['__name__', 'latency'], ['job', 'shop']] as const, histograms: [histogram, { schema: -53, customValues: [1, 2], positiveSpans: [{ offset: 0, length: 3 }], positiveDeltas: [1, 0, 0], countInt: 3, timestamp: NOW + 1 }] },
];
const V1 = encodeV1(SERIES, [{ type: 1, metricFamilyName: 'up', help: 'h', unit: 's' }]);
const V2 = encodeV2(SERIES);

const otlpTarget = (signal: keyof typeof OTLP, encoding: 'protobuf' | 'json'): Target => ({
  name: `OTLP ${signal}, ${encoding}`,
  seeds: [encoding === 'json' ? encodeJson(OTLP[signal]) : encodeProtobuf(signal, OTLP[signal])],
  make() {
    const decoder = createDecoder({ limits, clock });
    return (body) => decoder.decode(signal, encoding, body).blocks;
  },
});
const remoteWriteTarget = (version: 1 | 2, seed: Buffer, packed: boolean): Target => ({
  name: `remote write ${version}.0${packed ? ', within snappy' : ''}`,
  seeds: [packed ? compressSync(seed) as Buffer : seed],
  make() {
    const decoder = createRemoteWriteDecoder({ limits, clock });
    const admission = createAdmission(256 * 1024 * 1024);
    return (body) => {
      if (!packed) return decoder.decode(version, body).blocks;
      const lease = admission.open('fuzz');
      try {
        return decoder.decode(version, unpackSnappyAtOnce(body, 1024 * 1024, lease)).blocks;
      } finally {
        lease.release();
      }
    };
  },
});

const TARGETS: readonly Target[] = [
  otlpTarget('traces', 'protobuf'), otlpTarget('logs', 'protobuf'), otlpTarget('metrics', 'protobuf'), otlpTarget('traces', 'json'), otlpTarget('logs', 'json'), otlpTarget('metrics', 'json'),
  remoteWriteTarget(1, V1, false), remoteWriteTarget(2, V2, false), remoteWriteTarget(1, V1, true), remoteWriteTarget(2, V2, true),
];

/** `bodies` mutated bodies to every decoder with `only` in its name: each is taken or refused with an answer that a sender may be told, in time, and what is taken is a block that can be read back. Throws, with the body in hexadecimal, at the first that is not. */
export function fuzz(bodies: number, seed: number, only = ''): object[] {
  console.log(`\n${grouped(bodies)} mutated bodies a decoder, seed ${seed}`);
  return TARGETS.filter(({ name }) => name.includes(only)).map((target) => {
    const rng = createRng(seed);
    const began = performance.now();
    let taken = 0;
    let refused = 0;
    let slowest = 0;
    let decode = target.make();
    for (let count = 0; count < bodies; count += 1) {
      if (count % FRESH_EVERY === 0) decode = target.make();
      const body = mutate(target.seeds[count % target.seeds.length] ?? Buffer.alloc(0), rng);
      const from = process.cpuUsage();
      try {
        const blocks = decode(body);
        taken += 1;
        if (count % READ_EVERY === 0) for (const block of blocks) if (readNative(block).length !== block.rows) throw new Error('a block that cannot be read back');
      } catch (error) {
        if (!(error instanceof PipelineError) || error.retryable) throw new Error(`${target.name} failed for ${body.toString('hex')}`, { cause: error });
        refused += 1;
      }
      const { user, system } = process.cpuUsage(from);
      slowest = Math.max(slowest, (user + system) / 1000);
      if (slowest > SLOW_MS) throw new Error(`${target.name} took ${slowest.toFixed(0)} ms for ${body.toString('hex')}`);
    }
    console.log(`  ${target.name.padEnd(30)} ${grouped(taken)} taken, ${grouped(refused)} refused, none else; slowest ${slowest.toFixed(1)} ms of processor, ${((performance.now() - began) / 1000).toFixed(0)} s in all`);
    return { name: target.name, taken, refused, slowest };
  });
}

/** One to six changes: bytes replaced, bits turned, pieces taken out, doubled, moved, cut off, filled with what varints are made of. */
function mutate(seed: Buffer, below: Rng): Buffer {
  let body: Buffer = Buffer.from(seed);
  for (let left = 1 + below(6); left > 0 && body.length > 0; left -= 1) {
    const at = below(body.length);
    const size = 1 + below(8);
    switch (below(7)) {
      case 0: body[at] = below(256); break;
      case 1: body[at] = (body[at] ?? 0) ^ (1 << below(8)); break;
      case 2: body = Buffer.concat([body.subarray(0, at), body.subarray(at + size)]); break;
      case 3: body = Buffer.concat([body.subarray(0, at + size), body.subarray(at)]); break;
      case 4: body = below(4) === 0 ? body.subarray(0, at) : body; break;
      case 5: body.fill(below(2) === 0 ? 0xff : 0x80, at, Math.min(body.length, at + size)); break;
      default: body = Buffer.concat([body.subarray(0, at), body.subarray(below(body.length)).subarray(0, size * 8), body.subarray(at)]);
    }
  }
  return body;
}
