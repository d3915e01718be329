import { describe, expect, it } from 'vitest';
import { readNative } from '../testing/native-reader.js';
import { encodeProtobuf, type Plain } from '../testing/otlp-schema.js';
import { createDecoder, type Decoded, DEFAULT_LIMITS } from './decoder.js';

const START = 1_790_000_000_000;
const DELTA = 1;
const CUMULATIVE = 2;
const PROCESSES = 'several processes send the same series: give each its own service.instance.id';
const SCOPES = 'several instrumentation scopes send the same series: give one of them another metric name, or an attribute of its own';
const ns = (ms: number): bigint => BigInt(ms) * 1_000_000n;
const attribute = ([key, stringValue]: [string, string]): Plain => ({ key, value: { stringValue } });
const sum = (aggregationTemporality: number, seconds: number, value: number): Plain => ({ name: 'requests', sum: { isMonotonic: true, aggregationTemporality, dataPoints: [{ timeUnixNano: ns(START + seconds * 1_000), startTimeUnixNano: ns(START), asInt: BigInt(value) }] } });
/** What one process sends, by scope. */
const process = (resource: Readonly<Record<string, string>>, scopes: Readonly<Record<string, Plain>>): Plain => ({ resource: { attributes: Object.entries({ 'service.name': 'api', 'host.name': 'h1', ...resource }).map(attribute) }, scopeMetrics: Object.entries(scopes).map(([name, metric]) => ({ scope: { name }, metrics: [metric] })) });

function decoderAt(limits = DEFAULT_LIMITS) {
  const clock = { now: START };
  const decoder = createDecoder({ limits, clock: () => clock.now });
  return { clock, send: (...resourceMetrics: Plain[]): Decoded => decoder.decode('metrics', 'protobuf', encodeProtobuf('metrics', { resourceMetrics })) };
}
const samples = ({ blocks }: Decoded): [time: number, value: number][] => blocks.filter(({ table }) => table === 'metric_samples').flatMap(readNative).map((row) => [Number(row['time']) - START, Number(row['value'])]);

describe('deltas of one series', () => {
  it('add up over scopes, each sum with a time of its own', () => {
    const { send } = decoderAt();
    const both = (seconds: number): Decoded => send(process({}, { okhttp: sum(DELTA, seconds, 10), apache: sum(DELTA, seconds, 1_000) }));
    expect(samples(both(10))).toEqual([[10_000, 10], [10_001, 1_010]]);
    expect(samples(both(20))).toEqual([[20_000, 1_020], [20_001, 2_020]]);
    // Sent again.
    expect(samples(both(20)).map(([, value]) => value)).toEqual([2_020, 2_020]);
  });

  it('keep the buckets of every scope, each at the time of its total, and those of one that is sent again once', () => {
    const { send } = decoderAt();
    const buckets = (seconds: number, count: bigint): Plain => ({ name: 'took', exponentialHistogram: { aggregationTemporality: DELTA, dataPoints: [{ timeUnixNano: ns(START + seconds * 1_000), startTimeUnixNano: ns(START), count, scale: 0, positive: { bucketCounts: [count] } }] } });
    const both = (seconds: number): Decoded => send(process({}, { okhttp: buckets(seconds, 10n), apache: buckets(seconds, 1n) }));
    const rows = ({ blocks }: Decoded): [time: number, count: number][] => blocks.filter(({ table }) => table === 'metric_histograms').flatMap(readNative).map((row) => [Number(row['time']) - START, Number(row['count'])]);
    expect(rows(both(10))).toEqual([[10_000, 10], [10_001, 1]]);
    expect(rows(both(20))).toEqual([[20_000, 10], [20_001, 1]]);
    expect(rows(both(20))).toEqual([]);
  });

  it('add up over processes that its labels do not tell apart, in whichever order they come', () => {
    const { send } = decoderAt();
    send(process({ 'process.pid': '1' }, { http: sum(DELTA, 12, 100) }));
    expect(samples(send(process({ 'process.pid': '2' }, { http: sum(DELTA, 10, 5) })))).toEqual([[12_001, 105]]);
    expect(samples(send(process({ 'process.pid': '1' }, { http: sum(DELTA, 22, 100) })))).toEqual([[22_000, 205]]);
  });

  it('that were not kept add nothing', () => {
    const { send } = decoderAt();
    const both = (seconds: number): Decoded => send(process({}, { okhttp: sum(DELTA, seconds, 10), apache: sum(DELTA, seconds, 1_000) }));
    both(10);
    both(20).undo();
    expect(samples(both(20))).toEqual([[20_000, 1_020], [20_001, 2_020]]);
  });

  it('begin at 0 again when all who sent them are forgotten', () => {
    const { send, clock } = decoderAt({ ...DEFAULT_LIMITS, maxSeries: 2 });
    send(process({}, { okhttp: sum(DELTA, 10, 10), apache: sum(DELTA, 10, 1_000) }));
    clock.now += 3_000_000;
    expect(samples(send(process({}, { apache: sum(DELTA, 3_000, 1_000) })))).toEqual([[3_000_000, 2_010]]);
    clock.now += 1_200_000;
    // There is room for it, because okhttp is forgotten; the sum is not.
    expect(samples(send(process({}, { netty: sum(DELTA, 4_200, 5) })))).toEqual([[4_200_000, 2_015]]);
    clock.now += 7_200_000;
    send(process({}, { other: { ...sum(DELTA, 11_400, 1), name: 'other' } }));
    expect(samples(send(process({}, { apache: sum(DELTA, 11_400, 1) })))).toEqual([[11_400_000, 1]]);
  });
});

describe('who sends one series in turns with others is told', () => {
  const problemsOf = ({ sources }: Decoded): readonly string[] => sources.flatMap(({ problems }) => problems);
  const worker = (pid: string, temporality: number, seconds: number, value: number): Plain => process({ 'process.pid': pid }, { http: sum(temporality, seconds, value) });

  it.each([['totals', CUMULATIVE], ['deltas', DELTA]])('processes of one instance that send %s', (_, temporality) => {
    const { send } = decoderAt();
    expect(problemsOf(send(worker('1', temporality, 10, 1_000), worker('2', temporality, 11, 10)))).toEqual([]);
    expect(problemsOf(send(worker('1', temporality, 20, 2_000)))).toEqual([PROCESSES]);
    expect(problemsOf(send(worker('2', temporality, 21, 20)))).toEqual([PROCESSES]);
  });

  it('scopes of one process, unless what they send adds up', () => {
    const { send } = decoderAt();
    const both = (temporality: number, seconds: number): Plain => process({}, { okhttp: sum(temporality, seconds, 10), apache: sum(temporality, seconds, 1_000) });
    send(both(CUMULATIVE, 10));
    expect(problemsOf(send(both(CUMULATIVE, 20)))).toEqual([SCOPES]);
    const deltas = decoderAt();
    deltas.send(both(DELTA, 10));
    expect(problemsOf(deltas.send(both(DELTA, 20)))).toEqual([]);
  });

  it('not a process that was restarted, nor one that was rolled back', () => {
    const { send, clock } = decoderAt();
    const version = (name: string, seconds: number): Plain => {
      clock.now = START + seconds * 1_000;
      return process({ 'service.version': name }, { http: sum(CUMULATIVE, seconds, seconds) });
    };
    expect([1, 2, 700, 710, 2_000, 2_010].flatMap((seconds) => problemsOf(send(version(seconds > 600 && seconds < 1_800 ? '1.1' : '1.0', seconds))))).toEqual([]);
  });

  it('not a process whose histogram has other bounds', () => {
    const { send } = decoderAt();
    const took = (seconds: number, explicitBounds: number[]): Plain => process({}, { http: { name: 'took', histogram: { aggregationTemporality: CUMULATIVE, dataPoints: [{ timeUnixNano: ns(START + seconds * 1_000), count: 1n, sum: 1, explicitBounds, bucketCounts: [1n, ...explicitBounds.map(() => 0n)] }] } } });
    expect([[1], [2], [1], [1, 2]].flatMap((bounds, index) => problemsOf(send(took(index, bounds))))).toEqual([]);
  });
});
