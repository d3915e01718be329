import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seriesId } from '#core/series-id.js';
import { DEFAULT_LIMITS } from '../decode/outcome.js';
import { readNative, type Row } from '../testing/native-reader.js';
import { encodeV1, encodeV2, STALE, type TestSeries } from '../testing/remote-write.js';
import { createRemoteWriteDecoder, type DecodedWrite, type RemoteWriteDecoder, type Version } from './decoder.js';

const NOW = 1_790_000_000_000;
const STALE_BITS = 0x7ff0_0000_0000_0002n;
const target = [['instance', 'web-1:9090'], ['job', 'shop']] as const;
const named = (name: string, ...more: (readonly [string, string])[]): TestSeries['labels'] => [['__name__', name] as const, ...target, ...more].toSorted(([a], [b]) => (a < b ? -1 : 1));
const decoderAt = (clock: () => number = () => NOW, limits = DEFAULT_LIMITS): RemoteWriteDecoder => createRemoteWriteDecoder({ limits, clock });
const encode = (version: Version, series: readonly TestSeries[]): Buffer => (version === 1 ? encodeV1(series) : encodeV2(series));
const rows = (decoded: DecodedWrite, table: string): Row[] => decoded.blocks.filter((block) => block.table === table).flatMap(readNative);
const samples = (decoded: DecodedWrite): unknown[] => rows(decoded, 'metric_samples').map(({ time, value }) => [Number(time) - NOW, value]);
/** The last column of the samples, as bits: a double in between would not keep which NaN it is. */
const valueBits = (decoded: DecodedWrite): bigint[] =>
  decoded.blocks.filter(({ table }) => table === 'metric_samples').flatMap(({ native, rows: count }) => Array.from({ length: count }, (_, row) => native.readBigUInt64LE(native.length - 8 * (count - row))));
const histogram = { countInt: 9, sum: 12.5, schema: 3, zeroThreshold: 0.001, zeroCountInt: 1, positiveSpans: [{ offset: -2, length: 2 }, { offset: 3, length: 1 }], positiveDeltas: [1, 1, 1], negativeSpans: [{ offset: 5, length: 1 }], negativeDeltas: [2], timestamp: NOW, resetHint: 3 };

describe.each([1, 2] as const)('Remote Write %i.0', (version) => {
  it('stores a series with the id, the service and the instance that OTLP would give it', () => {
    const decoded = decoderAt().decode(version, encode(version, [{ labels: named('http_requests_total', ['path', '/ü']), samples: [[NOW - 1, 7], [NOW, -0.5]] }]));
    expect(decoded).toMatchObject({ accepted: 2, rejected: 0, message: '', sources: [{ service: 'shop', accepted: 2, problems: [] }] });
    const id = seriesId('http_requests_total', { instance: 'web-1:9090', job: 'shop', path: '/ü' });
    expect(rows(decoded, 'metric_samples')).toEqual([{ series: id, time: BigInt(NOW - 1), value: 7 }, { series: id, time: BigInt(NOW), value: -0.5 }]);
    expect(rows(decoded, 'metric_series')).toEqual([{
      id, name: 'http_requests_total', labels: [['instance', 'web-1:9090'], ['job', 'shop'], ['path', '/ü']], metric: 'http_requests_total', type: 'counter', unit: '', description: '', temporality: 'cumulative', monotonic: 1,
      service: 'shop', resource: [['service.name', 'shop'], ['service.instance.id', 'web-1:9090']], attributes: [['path', '/ü']], scope_name: '', scope_version: '', last_seen: NOW / 1000,
    }]);
  });

  it('describes a series once, and again after ten minutes', () => {
    let now = NOW;
    const decoder = decoderAt(() => now);
    const described = (): number => rows(decoder.decode(version, encode(version, [{ labels: named('up'), samples: [[now, 1]] }])), 'metric_series').length;
    expect([described(), (now += 15_000) && described(), (now += 600_000) && described()]).toEqual([1, 0, 1]);
  });

  it('keeps the very bits of a stale marker', () => {
    const decoded = decoderAt().decode(version, encode(version, [{ labels: named('up'), samples: [[NOW, STALE]] }]));
    expect(valueBits(decoded)).toEqual([STALE_BITS]);
  });

  it('stores a repeated sample once, also out of order, and counts it as written', () => {
    const decoder = decoderAt();
    const send = (...times: number[]): DecodedWrite => decoder.decode(version, encode(version, [{ labels: named('up'), samples: times.map((time) => [NOW + time, 1] as const) }]));
    expect(samples(send(-30, -20, -20))).toEqual([[-30, 1], [-20, 1]]);
    const again = send(-30, -20, -25, -10);
    expect([samples(again), again.counts]).toEqual([[[-25, 1], [-10, 1]], expect.objectContaining({ samples: 4, duplicates: 2 })]);
    expect(samples(send(-25))).toEqual([]);
  });

  it('listens to one replica, and to another once that is silent, without the label', () => {
    let now = NOW;
    const decoder = decoderAt(() => now);
    const send = (cluster: string, replica: string, value: number): DecodedWrite => decoder.decode(version, encode(version, ['up', 'down'].map((name) => ({ labels: named(name, ['cluster', cluster], ['__replica__', replica]), samples: [[now, value]] }))));
    const first = send('eu', 'a', 1);
    expect(rows(first, 'metric_series').map(({ id }) => id)).toEqual(['up', 'down'].map((name) => seriesId(name, { instance: 'web-1:9090', job: 'shop', cluster: 'eu' })));
    now += 5_000;
    const other = send('eu', 'b', 2);
    expect([samples(other), other.rejected, other.counts]).toEqual([[], 0, expect.objectContaining({ samples: 2, duplicates: 2 })]);
    expect(samples(send('us', 'b', 3))).toEqual([[5_000, 3], [5_000, 3]]);
    // Its last word was half a minute ago.
    now += 25_000;
    expect(samples(send('eu', 'b', 4))).toEqual([[30_000, 4], [30_000, 4]]);
    now += 5_000;
    expect(samples(send('eu', 'a', 5))).toEqual([]);
    // Who set the clock back an hour does not wait an hour for the other.
    now -= 3_600_000;
    expect(samples(send('eu', 'a', 6))).toHaveLength(2);
  });

  it('leaves nothing out of senders that name a replica and no cluster, who need not scrape the same', () => {
    const decoder = decoderAt();
    const send = (replica: string): DecodedWrite => decoder.decode(version, encode(version, [{ labels: named('up', ['__replica__', replica]), samples: [[NOW, 1]] }]));
    const all = ['shop-0', 'warehouse-0'].map(send);
    expect(all.map((one) => [samples(one).length, one.counts.duplicates])).toEqual([[1, 0], [1, 0]]);
    expect(new Set(all.flatMap((one) => rows(one, 'metric_series').map(({ id }) => id))).size).toBe(2);
  });

  it('stores again what was not kept', () => {
    const decoder = decoderAt();
    const body = encode(version, [{ labels: named('up'), samples: [[NOW, 1]] }]);
    decoder.decode(version, body).undo();
    const again = decoder.decode(version, body);
    expect([rows(again, 'metric_series').length, rows(again, 'metric_samples').length]).toEqual([1, 1]);
  });

  it('keeps native histograms in the buckets of OTLP, with count and sum beside them', () => {
    const decoded = decoderAt().decode(version, encode(version, [{ labels: named('latency'), histograms: [histogram] }]));
    expect(decoded.counts).toMatchObject({ samples: 0, histograms: 1 });
    expect(rows(decoded, 'metric_histograms')).toEqual([expect.objectContaining({ count: 9n, sum: 12.5, scale: 3, zero_count: 1n, zero_threshold: 0.001, positive_offset: -3, positive_counts: [1n, 2n, 0n, 0n, 0n, 3n], negative_offset: 4, negative_counts: [2n] })]);
    expect(rows(decoded, 'metric_series').map(({ name, type, metric }) => [name, type, metric])).toEqual([['latency', 'exponential_histogram', 'latency'], ['latency_count', 'counter', 'latency'], ['latency_sum', 'counter', 'latency']]);
    expect(samples(decoded)).toEqual([[0, 9], [0, 12.5]]);
  });

  it('makes a classic histogram of one with custom bounds', () => {
    const custom = { countInt: 6, sum: 3, schema: -53, customValues: [0.1, 1], positiveSpans: [{ offset: 0, length: 1 }, { offset: 1, length: 1 }], positiveDeltas: [2, 2], timestamp: NOW };
    const decoded = decoderAt().decode(version, encode(version, [{ labels: named('latency'), histograms: [custom] }]));
    const les = rows(decoded, 'metric_series').filter(({ name }) => name === 'latency_bucket').map(({ labels }) => (labels as [string, string][]).find(([key]) => key === 'le')?.[1]);
    expect([les, samples(decoded), rows(decoded, 'metric_histograms')]).toEqual([['0.1', '1', '+Inf'], [[0, 6], [0, 3], [0, 2], [0, 2], [0, 6]], []]);
  });

  it('ends a native histogram and its parts with a stale marker', () => {
    const decoder = decoderAt();
    decoder.decode(version, encode(version, [{ labels: named('latency'), histograms: [{ ...histogram, timestamp: NOW - 1 }] }]));
    const body = encode(version, [{ labels: named('latency'), histograms: [{ sum: 77.25, timestamp: NOW }] }]);
    body.set([2, 0, 0, 0, 0, 0, 0xf0, 0x7f], body.indexOf(Buffer.from(new Float64Array([77.25]).buffer)));
    expect(valueBits(decoder.decode(version, body))).toEqual([STALE_BITS, STALE_BITS, STALE_BITS]);
  });

  it('leaves a native histogram what it is where a sample says that it ended, with its parts, also after a restart', () => {
    const decoder = decoderAt();
    const ended = (of: RemoteWriteDecoder): DecodedWrite => of.decode(version, encode(version, [{ labels: named('latency'), samples: [[NOW, STALE]] }]));
    decoder.decode(version, encode(version, [{ labels: named('latency'), histograms: [{ ...histogram, timestamp: NOW - 1 }] }]));
    const decoded = ended(decoder);
    expect([rows(decoded, 'metric_series'), valueBits(decoded)]).toEqual([[], [STALE_BITS, STALE_BITS, STALE_BITS]]);
    const first = ended(decoderAt());
    expect([rows(first, 'metric_series'), valueBits(first)]).toEqual([[], [STALE_BITS]]);
    const other = decoder.decode(version, encode(version, [{ labels: named('latency'), samples: [[NOW + 1, 5]] }]));
    expect(rows(other, 'metric_series')).toMatchObject([{ type: 'gauge' }]);
  });

  it('keeps exemplars once, with the ids of trace and span in their columns', () => {
    const traceId = '0AF7651916CD43DD8448EB211C80319C';
    const body = encode(version, [{ labels: named('latency_bucket', ['le', '1']), exemplars: [{ labels: [['span_id', '00f067aa0ba902b7'], ['trace_id', traceId], ['user', 'x']], value: 0.7, timestamp: NOW }] }]);
    const decoder = decoderAt();
    const decoded = decoder.decode(version, body);
    expect(rows(decoded, 'metric_exemplars')).toEqual([expect.objectContaining({ time: BigInt(NOW), value: 0.7, trace_id: traceId.toLowerCase(), span_id: '00f067aa0ba902b7', attributes: [['user', 'x']] })]);
    const again = decoder.decode(version, body);
    expect([rows(again, 'metric_exemplars'), again.counts.exemplars]).toEqual([[], 1]);
  });

  it.each([
    ['unsorted labels', [['job', 'a'], ['__name__', 'up']], /not sorted/],
    ['a label twice', [['__name__', 'up'], ['a', '1'], ['a', '2']], /occurs twice/],
    ['no name', [['job', 'a']], /without the label __name__/],
    ['an empty label name', [['', 'a'], ['__name__', 'up']], /empty name or value/],
    ['an empty label value', [['__name__', 'up'], ['a', '']], /empty name or value/],
    ['too many labels', [['__name__', 'up'], ...Array.from({ length: 300 }, (_, index) => [`a${1000 + index}`, 'x'] as const)], /256 labels/],
  ] as const)('refuses a series with %s, and nothing else', (_, labels, reason) => {
    const decoded = decoderAt().decode(version, encode(version, [{ labels, samples: [[NOW, 1], [NOW + 1, 1]] }, { labels: named('up'), samples: [[NOW, 1]] }]));
    expect(decoded).toMatchObject({ accepted: 1, rejected: 2, message: expect.stringMatching(reason) });
    expect(decoded.counts.refused).toEqual(new Map([['labels', 2]]));
    expect(samples(decoded)).toHaveLength(1);
  });

  it.each([
    ['too old', { samples: [[1, 1]] }, 'time'],
    ['of the far future', { samples: [[NOW + 86_400_000, 1]] }, 'time'],
    ['both samples and histograms', { samples: [[NOW, 1]], histograms: [histogram] }, 'series'],
    ['fewer buckets than told', { histograms: [{ ...histogram, positiveDeltas: [1] }] }, 'histogram'],
    ['a negative count', { histograms: [{ ...histogram, positiveDeltas: [1, -2, 3] }] }, 'histogram'],
    ['half an observation', { histograms: [{ ...histogram, countInt: undefined, countFloat: 1.5 }] }, 'histogram'],
    ['a gap of a billion buckets', { histograms: [{ ...histogram, positiveSpans: [{ offset: 0, length: 2 }, { offset: 1_000_000_000, length: 1 }] }] }, 'histogram'],
    ['an unknown schema', { histograms: [{ ...histogram, schema: 99 }] }, 'histogram'],
    ['bounds that fall', { histograms: [{ schema: -53, customValues: [2, 1], timestamp: NOW }] }, 'histogram'],
    ['an exemplar that is a novel', { exemplars: [{ labels: [['a', 'x'.repeat(5_000)]], value: 1, timestamp: NOW }] }, 'exemplar'],
  ] as [string, Partial<TestSeries>, string][])('refuses what is, or has, %s', (_, what, code) => {
    const decoded = decoderAt().decode(version, encode(version, [{ labels: named('up'), ...what }]));
    expect([decoded.accepted, [...decoded.counts.refused.keys()]]).toEqual([0, [code]]);
  });

  it('refuses new series above the limit, until others are an hour old', () => {
    let now = NOW;
    const decoder = decoderAt(() => now, { ...DEFAULT_LIMITS, maxSeries: 10 });
    const send = (from: number, count: number): DecodedWrite => decoder.decode(version, encode(version, Array.from({ length: count }, (_, index) => ({ labels: named('m', ['n', String(from + index)]), samples: [[now, 1]] as const }))));
    expect(send(0, 12)).toMatchObject({ accepted: 10, rejected: 2, message: '2 rejected: more than 10 series' });
    now += 3_700_000;
    expect(send(100, 10)).toMatchObject({ accepted: 10, rejected: 0 });
    expect(rows(send(0, 1), 'metric_samples')).toEqual([]);
  });

  it('refuses a body that ends anywhere but at its end, and remembers nothing of it', () => {
    const body = encode(version, [{ labels: named('up'), samples: [[NOW, 1]], exemplars: [{ labels: [['a', 'b']], value: 1, timestamp: NOW }] }, { labels: named('latency'), histograms: [histogram] }]);
    const whole = decoderAt().decode(version, body);
    for (let end = 0; end < body.length; end += 1) {
      const decoder = decoderAt();
      let complete: DecodedWrite | undefined;
      try {
        complete = decoder.decode(version, body.subarray(0, end));
      } catch (error) {
        expect(error).toMatchObject({ code: 'DECODE_FAILED', retryable: false });
        expect(decoder.decode(version, body).blocks).toEqual(whole.blocks);
      }
      // At the end of a field a shorter body is a body.
      if (complete) expect(complete.accepted).toBeLessThan(whole.accepted);
    }
  });

  it('knows thousands of series again, each by its own labels', () => {
    const decoder = decoderAt();
    const send = (time: number): DecodedWrite => decoder.decode(version, encode(version, Array.from({ length: 3_000 }, (_, index) => ({ labels: named('m', ['n', String(index)]), samples: [[NOW + time, index]] as const }))));
    expect(rows(send(0), 'metric_series')).toHaveLength(3_000);
    const again = send(1);
    expect(rows(again, 'metric_series')).toEqual([]);
    const idOf = (n: unknown): bigint => seriesId('m', { instance: 'web-1:9090', job: 'shop', n: String(n) });
    expect(rows(again, 'metric_samples').every(({ series, value }) => series === idOf(value))).toBe(true);
  });

  it('stores any valid request as it was meant', () => {
    const name = fc.stringMatching(/^[a-z_]{1,6}$/).filter((text) => text !== '__name__');
    const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
    const time = fc.integer({ min: -1_000, max: 1_000 }).map((offset) => NOW + offset);
    const arbitrary = fc.record({ name: fc.stringMatching(/^[a-z:]{1,6}$/), labels: fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true }), samples: fc.array(fc.tuple(time, fc.double({ noNaN: true })), { minLength: 1, maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 5 }), (list) => {
        const decoded = decoderAt().decode(version, encode(version, list.map((one) => ({ labels: Object.entries({ ...one.labels, __name__: one.name }).toSorted(([a], [b]) => (a < b ? -1 : 1)), samples: one.samples }))));
        const expected = new Map<string, number>();
        for (const one of list) {
          for (const [at, given] of one.samples) {
            const key = `${seriesId(one.name, one.labels)} ${at}`;
            if (!expected.has(key)) expected.set(key, given);
          }
        }
        expect(new Map(rows(decoded, 'metric_samples').map((row) => [`${String(row['series'])} ${String(row['time'])}`, row['value']]))).toEqual(expected);
        expect(decoded).toMatchObject({ rejected: 0, counts: { samples: list.flatMap((one) => one.samples).length } });
        expect(new Map(rows(decoded, 'metric_series').map((row) => [row['id'], Object.fromEntries(row['labels'] as [string, string][])]))).toEqual(new Map(list.map((one) => [seriesId(one.name, one.labels), { ...one.labels }])));
      }),
      { numRuns: 300 },
    );
  });

  it('survives any mutation of a body', () => {
    const body = encode(version, [
      { labels: named('up', ['path', '/a']), samples: [[NOW - 1, 1], [NOW, STALE]], exemplars: [{ labels: [['trace_id', 'ab']], value: 1, timestamp: NOW }], metadata: { type: 2, help: 'h', unit: 'seconds' }, startMs: NOW - 5 },
      { labels: named('latency'), histograms: [histogram, { schema: -53, customValues: [1, 2], positiveSpans: [{ offset: 0, length: 3 }], positiveDeltas: [1, 0, 0], countInt: 3, timestamp: NOW + 1 }] },
    ]);
    const decoder = decoderAt(() => NOW, { ...DEFAULT_LIMITS, maxSeries: 1_000 });
    const change = fc.record({ at: fc.nat(body.length - 1), remove: fc.nat(4), insert: fc.uint8Array({ maxLength: 6 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        let mutated: Buffer = body;
        for (const { at, remove, insert } of changes) mutated = Buffer.concat([mutated.subarray(0, at), insert, mutated.subarray(at + remove)]);
        try {
          const decoded = decoder.decode(version, mutated);
          for (const block of decoded.blocks) expect(readNative(block)).toHaveLength(block.rows);
          expect(decoded.accepted).toBe(decoded.counts.samples + decoded.counts.histograms);
          expect(decoded.rejected).toBe([...decoded.counts.refused.values()].reduce((sum, count) => sum + count, 0));
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(DECODE_FAILED|BODY_TOO_LARGE)$/) });
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('what a series means', () => {
  it.each([
    ['jobs_total', [], 'counter', 'jobs_total', ''],
    ['process_cpu_seconds_total', [], 'counter', 'process_cpu_seconds_total', 's'],
    ['request_duration_seconds_bucket', [['le', '1']], 'histogram', 'request_duration_seconds', 's'],
    ['request_duration_seconds_count', [], 'counter', 'request_duration_seconds', 's'],
    ['gc_seconds', [['quantile', '0.5']], 'summary', 'gc_seconds', 's'],
    ['heap_bytes', [], 'gauge', 'heap_bytes', 'By'],
  ] as const)('%s is told by its name', (name, more, type, metric, unit) => {
    const decoded = decoderAt().decode(1, encodeV1([{ labels: named(name, ...more), samples: [[NOW, 1]] }]));
    expect(rows(decoded, 'metric_series')).toEqual([expect.objectContaining({ type, metric, unit })]);
  });

  it('is said by 1.0 in requests of their own, before or after', () => {
    const decoder = decoderAt();
    const series = [{ labels: named('opened'), samples: [[NOW, 1]] as const }, { labels: named('pool_count'), samples: [[NOW, 1]] as const }];
    const first = decoder.decode(1, encodeV1(series));
    expect(rows(first, 'metric_series').map(({ name, type, metric }) => [name, type, metric])).toEqual([['opened', 'gauge', 'opened'], ['pool_count', 'counter', 'pool']]);
    decoder.decode(1, encodeV1([], [{ type: 1, metricFamilyName: 'opened', help: 'Doors.', unit: 'seconds' }, { type: 2, metricFamilyName: 'pool_count', help: 'Pools.' }]));
    const described = (): unknown[] => rows(decoder.decode(1, encodeV1(series)), 'metric_series').map(({ name, type, metric, description, unit }) => [name, type, metric, description, unit]);
    expect(described()).toEqual([['opened', 'counter', 'opened', 'Doors.', 's'], ['pool_count', 'gauge', 'pool_count', 'Pools.', '']]);
    expect(described()).toEqual([]);
  });

  it('is what 1.0 said first of two that alternate, until that is not said for five minutes', () => {
    let now = NOW;
    const decoder = decoderAt(() => now);
    const described = (help: string): unknown[] => {
      decoder.decode(1, encodeV1([], [{ type: 1, metricFamilyName: 'opened', help }]));
      return rows(decoder.decode(1, encodeV1([{ labels: named('opened'), samples: [[now, 1]] }])), 'metric_series').map((row) => row['description']);
    };
    const minutes = ['Old.', 'New.', 'Old.', 'New.', 'New.', 'New.', 'New.', 'New.', 'New.'];
    expect(minutes.flatMap((help) => {
      now += 60_000;
      return described(help);
    })).toEqual(['Old.', 'New.']);
  });

  it('metadata of a family is that of its parts, and not of others that are named like parts', () => {
    const decoder = decoderAt();
    const families = [[3, 'wait'], [1, 'jobs'], [2, 'pool']].map(([type, metricFamilyName]) => ({ type, metricFamilyName, help: `Of ${metricFamilyName}.` }));
    decoder.decode(1, encodeV1([], families));
    const decoded = decoder.decode(1, encodeV1(['wait_sum', 'jobs_total', 'pool_total', 'pool_count'].map((name) => ({ labels: named(name), samples: [[NOW, 1]] }))));
    expect(rows(decoded, 'metric_series').map(({ name, description }) => [name, description])).toEqual([['wait_sum', 'Of wait.'], ['jobs_total', 'Of jobs.'], ['pool_total', ''], ['pool_count', '']]);
  });

  it('is said by 2.0 with each series, and noticed when it changes', () => {
    const decoder = decoderAt();
    const described = (type: number, help: string): unknown[] => rows(decoder.decode(2, encodeV2([{ labels: named('opened'), samples: [[NOW, 1]], metadata: { type, help, unit: 'bytes' } }])), 'metric_series').map((row) => [row['type'], row['description'], row['unit']]);
    expect([described(1, 'Doors.'), described(1, 'Doors.'), described(2, 'Windows.')]).toEqual([[['counter', 'Doors.', 'By']], [], [['gauge', 'Windows.', 'By']]]);
  });

  it('2.0: a counter that says when it began is 0 then, once', () => {
    let now = NOW - 500;
    const decoder = decoderAt(() => now);
    now = NOW;
    const send = (time: number, startMs: number): unknown[] => samples(decoder.decode(2, encodeV2([{ labels: named('jobs_total'), samples: [[NOW + time, 5]], startMs: NOW + startMs }])));
    expect([send(-100, -500), send(-90, -500), send(-50, -70), send(0, -80_000_000)]).toEqual([[[-500, 0], [-100, 5]], [[-90, 5]], [[-70, 0], [-50, 5]], [[0, 5]]]);
  });

  it.each([
    ['a counter that began before us', named('jobs_total'), 1, -501],
    ['a gauge', named('jobs'), 2, -200],
    ['a quantile of a summary', named('jobs', ['quantile', '0.5']), 5, -200],
  ])('2.0: nothing is stored of the start of %s', (_name, labels, type, startMs) => {
    let now = NOW - 500;
    const decoder = decoderAt(() => now);
    now = NOW;
    expect(samples(decoder.decode(2, encodeV2([{ labels, samples: [[NOW, 5]], startMs: NOW + startMs, metadata: { type, help: '', unit: '' } }])))).toEqual([[0, 5]]);
  });

  it('both versions name the same series', () => {
    const decoder = decoderAt();
    const series = [{ labels: named('up'), samples: [[NOW, 1]] as const }];
    decoder.decode(1, encodeV1(series));
    expect(decoder.decode(2, encodeV2(series)).counts).toMatchObject({ samples: 1, duplicates: 1 });
  });

  it('a series of no target belongs to no service', () => {
    const decoded = decoderAt().decode(1, encodeV1([{ labels: [['__name__', 'shop:rate5m']], samples: [[NOW, 1]] }]));
    expect(rows(decoded, 'metric_series')).toEqual([expect.objectContaining({ service: '', resource: [], metric: 'shop:rate5m' })]);
  });
});

describe('hostile requests', () => {
  it('labels after the samples, in two places, are the same series', () => {
    const decoder = decoderAt();
    const body = encodeV1([{ labels: named('up'), samples: [[NOW, 1]] }]);
    // The one TimeSeries, its fields turned around: sample, last label, first labels.
    const inner = body.subarray(2);
    const fields: Buffer[] = [];
    for (let at = 0; at < inner.length; at += 2 + (inner[at + 1] ?? 0)) fields.push(inner.subarray(at, at + 2 + (inner[at + 1] ?? 0)));
    const [first = Buffer.alloc(0), second = Buffer.alloc(0), third = Buffer.alloc(0), sample = Buffer.alloc(0)] = fields;
    decoder.decode(1, body);
    expect(decoder.decode(1, Buffer.concat([body.subarray(0, 2), first, sample, second, third])).counts).toMatchObject({ samples: 1, duplicates: 1 });
  });

  it('a reference to a symbol that is not there refuses its series alone', () => {
    const body = encodeV2([{ labels: [['__name__', 'up']], samples: [[NOW, 1]] }]);
    const at = body.indexOf(Buffer.from([0x0a, 2, 1, 2]));
    body[at + 3] = 99;
    expect(decoderAt().decode(2, body)).toMatchObject({ accepted: 0, rejected: 1, message: expect.stringContaining('a symbol that is not there') });
  });

  it('a body of the other version is refused, never taken for empty', () => {
    const series = [{ labels: named('up'), samples: [[NOW, 1]] as const }];
    expect(() => decoderAt().decode(2, encodeV1(series))).toThrow(/Remote Write 1.0/);
    expect(() => decoderAt().decode(1, encodeV2(series))).toThrow(/Remote Write 2.0/);
  });

  it('one large symbol in many series is refused before it is unpacked', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => ({ labels: named('m', ['n', String(index)], ['z', 'x'.repeat(60_000)]), samples: [[NOW, 1]] as const }));
    expect(() => decoderAt().decode(2, encodeV2(many))).toThrow(expect.objectContaining({ code: 'BODY_TOO_LARGE' }));
  });

  const fields = (hex: string): Buffer => Buffer.from(hex.repeat(20_000), 'hex');
  const inside = (tag: number, content: Buffer): Buffer => Buffer.concat([Buffer.from([tag, ...varint(content.length)]), content]);
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
  const upV1 = encodeV1([{ labels: named('up') }]).subarray(2);
  const upV2 = encodeV2([{ labels: named('up') }]);
  const seriesAt = upV2.lastIndexOf(0x2a);
  it.each([
    ['samples of one series', 1, inside(0x0a, Buffer.concat([upV1, fields('1200')])), 300],
    ['samples of one series', 2, Buffer.concat([upV2.subarray(0, seriesAt), inside(0x2a, Buffer.concat([upV2.subarray(seriesAt + 2), fields('1200')]))]), 300],
    ['unknown fields of one series', 1, inside(0x0a, fields('4a00')), 4],
    ['unknown fields of one series', 2, inside(0x2a, fields('4a00')), 4],
    ['unknown fields of a family', 1, inside(0x1a, fields('4a00')), 4],
    ['families', 1, fields('1a00'), 300],
    ['unknown fields', 1, fields('3200'), 4],
    ['unknown fields', 2, fields('3200'), 4],
    ['symbols', 2, fields('2200'), 4],
  ] as const)('%s in millions leave others their turns: %i.0', (_name, version, body, least) => {
    const work = decoderAt().work(version, body);
    let pauses = 0;
    while (!work.next().done) pauses += 1;
    expect(pauses).toBeGreaterThanOrEqual(least);
  });

  it.each([1, 2] as const)('more labels than a series may have are refused, however many: %i.0', (version) => {
    const labels = Array.from({ length: 3_000 }, (_none, index) => [`l${String(index).padStart(4, '0')}`, 'x'] as const);
    expect(decoderAt().decode(version, encode(version, [{ labels: [['__name__', 'up'], ...labels], samples: [[NOW, 1]] }, { labels: named('up'), samples: [[NOW, 1]] }]))).toMatchObject({ accepted: 1, rejected: 1, message: expect.stringContaining('labels') });
  });
});

it('takes what is as old as metrics are kept, however long traces are', () => {
  const HOUR = 3_600_000;
  const decoder = decoderAt(() => NOW, { ...DEFAULT_LIMITS, maxAgeMs: { traces: HOUR, logs: HOUR, metrics: 24 * HOUR } });
  expect(decoder.decode(1, encode(1, [{ labels: named('up'), samples: [[NOW - 25 * HOUR, 1], [NOW - 23 * HOUR, 1]] }]))).toMatchObject({ accepted: 1, rejected: 1, message: '1 rejected: time stamp older than 24 h' });
});
