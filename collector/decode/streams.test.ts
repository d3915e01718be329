import { describe, expect, it } from 'vitest';
import { readNative, type Row } from '../testing/native-reader.js';
import { encodeProtobuf, type Plain } from '../testing/otlp-schema.js';
import { createDecoder, type Decoded, DEFAULT_LIMITS } from './decoder.js';

const START = 1_790_000_000_000;
const SECOND = 1_000;
const ns = (ms: number): bigint => BigInt(ms) * 1_000_000n;
const attributes = [{ key: 'route', value: { stringValue: '/' } }];
const point = (seconds: number, fields: Plain): Plain => ({ timeUnixNano: ns(START + seconds * SECOND), startTimeUnixNano: ns(START), attributes, ...fields });
const DELTA = 1;
const CUMULATIVE = 2;

function decoderAt() {
  const clock = { now: START };
  const decoder = createDecoder({ limits: DEFAULT_LIMITS, clock: () => clock.now });
  const send = (metric: Plain, resource: readonly Plain[] = [{ key: 'service.name', value: { stringValue: 'api' } }]): Decoded =>
    decoder.decode('metrics', 'protobuf', encodeProtobuf('metrics', { resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics: [metric] }] }] }));
  return { send, clock };
}
const table = ({ blocks }: Decoded, name: string): Row[] => blocks.filter((block) => block.table === name).flatMap(readNative);
const values = (decoded: Decoded): unknown[] => table(decoded, 'metric_samples').map((row) => row['value']);
const orders = (aggregationTemporality: number, ...dataPoints: Plain[]): Plain => ({ name: 'orders', sum: { isMonotonic: true, aggregationTemporality, dataPoints } });

describe('deltas', () => {
  it('of a sum become a running total, as a counter is read', () => {
    const { send } = decoderAt();
    const first = send(orders(DELTA, point(10, { asInt: 3n }), point(20, { asInt: 4n })));
    expect(values(first)).toEqual([3, 7]);
    expect(table(first, 'metric_series')).toMatchObject([{ name: 'orders_total', type: 'counter', temporality: 'delta' }]);
    expect(values(send(orders(DELTA, point(30, { asDouble: 0.5 }))))).toEqual([7.5]);
  });

  it('of a histogram become running totals, bucket by bucket', () => {
    const { send } = decoderAt();
    const histogram = (seconds: number): Plain => ({ name: 'took', unit: 's', histogram: { aggregationTemporality: DELTA, dataPoints: [point(seconds, { count: 6n, sum: 9, explicitBounds: [1, 2], bucketCounts: [1n, 2n, 3n] })] } });
    expect(values(send(histogram(10)))).toEqual([6, 9, 1, 3, 6]);
    expect(values(send(histogram(20)))).toEqual([12, 18, 2, 6, 12]);
  });

  it.each([[NaN], [Infinity], [-Infinity]])('of %d count as 0, and their sender is told', (odd) => {
    const { send } = decoderAt();
    send(orders(DELTA, point(10, { asInt: 3n })));
    const decoded = send(orders(DELTA, point(20, { asDouble: odd })));
    expect(values(decoded)).toEqual([3]);
    expect(decoded).toMatchObject({ accepted: 1, rejected: 0, message: expect.stringContaining('counts as 0') });
    decoded.undo();
    expect(values(send(orders(DELTA, point(30, { asInt: 4n }))))).toEqual([7]);
  });

  it('of histograms whose sum is no number count without it', () => {
    const { send } = decoderAt();
    const exponential = (seconds: number, sum: number): Plain => ({ name: 'took', exponentialHistogram: { aggregationTemporality: DELTA, dataPoints: [point(seconds, { count: 2n, sum, scale: 0, positive: { bucketCounts: [2n] } })] } });
    const classic = (seconds: number, sum: number): Plain => ({ name: 'spent', histogram: { aggregationTemporality: DELTA, dataPoints: [point(seconds, { count: 2n, sum })] } });
    for (const histogram of [exponential, classic]) send(histogram(10, 5));
    const decoded = send(exponential(20, NaN));
    expect(values(decoded)).toEqual([4, 5]);
    expect(table(decoded, 'metric_histograms')).toMatchObject([{ count: 2n, sum: 0 }]);
    expect(decoded.message).toContain('counts as 0');
    expect(values(send(classic(20, Infinity)))).toEqual([4, 5, 4]);
  });

  it('of a sum that may fall add up, and their sender is told that nothing says where it began', () => {
    const { send } = decoderAt();
    const hits = (seconds: number, value: bigint): Plain => ({ name: 'hits', sum: { aggregationTemporality: DELTA, dataPoints: [point(seconds, { asInt: value })] } });
    send(hits(10, 3n));
    const decoded = send(hits(20, -1n));
    expect([values(decoded), decoded.message]).toEqual([[2], expect.stringContaining('is_monotonic_counter')]);
    expect(send(orders(DELTA, point(10, { asInt: 3n }))).message).toBe('');
  });

  it('that arrive twice count once', () => {
    const { send } = decoderAt();
    send(orders(DELTA, point(10, { asInt: 3n })));
    expect(values(send(orders(DELTA, point(10, { asInt: 3n }))))).toEqual([3]);
  });

  it('that are less than a millisecond apart both count', () => {
    const { send } = decoderAt();
    const at = (offset: bigint): Plain => point(0, { asInt: 3n, timeUnixNano: ns(START) + offset });
    expect(values(send(orders(DELTA, at(0n), at(20_000n))))).toEqual([3, 6]);
  });

  it('that arrive late are refused, with the likely reason', () => {
    const { send } = decoderAt();
    send(orders(DELTA, point(10, { asInt: 3n })));
    expect(send(orders(DELTA, point(5, { asInt: 3n })))).toMatchObject({ accepted: 0, rejected: 1, message: expect.stringContaining('service.instance.id') });
  });

  it('that overtake each other all count, each once', () => {
    const { send } = decoderAt();
    const from = (start: number, seconds: number): Plain => orders(DELTA, point(seconds, { startTimeUnixNano: ns(START + start * SECOND), asInt: 100n }));
    const sent = [from(30, 40), from(10, 20), from(60, 70), from(50, 60), from(20, 30), from(40, 50), from(70, 80)];
    expect(sent.map((metric) => table(send(metric), 'metric_samples').map(({ time, value }) => [Number(time) - START, value]))).toEqual([[[30_000, 0], [40_000, 100]], [[40_001, 200]], [[70_000, 300]], [[70_001, 400]], [[70_002, 500]], [[70_003, 600]], [[80_000, 700]]]);
    for (const metric of sent.slice(0, -1)) expect(send(metric)).toMatchObject({ accepted: 0, rejected: 1 });
  });

  it('that come late and could not be kept count when they are sent again', () => {
    const { send } = decoderAt();
    const from = (start: number, seconds: number): Plain => orders(DELTA, point(seconds, { startTimeUnixNano: ns(START + start * SECOND), asInt: 100n }));
    for (const metric of [from(10, 20), from(30, 40)]) send(metric);
    for (const late of [from(20, 30), from(5, 10)]) send(late).undo();
    expect([from(20, 30), from(5, 10)].map((late) => values(send(late)))).toEqual([[300], [400]]);
    expect([from(20, 30), from(5, 10)].map((late) => send(late).rejected)).toEqual([1, 1]);
  });

  it('that could not be kept count when they are sent again', () => {
    const { send } = decoderAt();
    send(orders(DELTA, point(10, { asInt: 3n })));
    send(orders(DELTA, point(20, { asInt: 4n }), point(30, { asInt: 5n }))).undo();
    const again = send(orders(DELTA, point(20, { asInt: 4n }), point(30, { asInt: 5n })));
    expect(values(again)).toEqual([7, 12]);
  });

  it('of several requests that could not be kept count when they are sent again, whichever is told first', () => {
    const { send } = decoderAt();
    const bodies = [20, 30, 40].map((seconds) => orders(DELTA, point(seconds, { asInt: 4n })));
    send(orders(DELTA, point(10, { asInt: 3n })));
    for (const decoded of bodies.map((body) => send(body))) decoded.undo();
    expect(bodies.map((body) => values(send(body)))).toEqual([[7], [11], [15]]);
  });
});

describe('what began after we did', () => {
  const SDK = Object.entries({ 'service.name': 'api', 'telemetry.sdk.language': 'go' }).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const began = (seconds: number, from: number, fields: Plain): Plain => point(seconds, { startTimeUnixNano: ns(START + from * SECOND), ...fields });
  const written = (decoded: Decoded): [time: number, value: unknown][] => table(decoded, 'metric_samples').map(({ time, value }) => [(Number(time) - START) / SECOND, value]);

  it('was 0 then: deltas', () => {
    const { send } = decoderAt();
    const first = send(orders(DELTA, began(20, 10, { asInt: 3n })));
    expect(written(first)).toEqual([[10, 0], [20, 3]]);
    expect(written(send(orders(DELTA, began(30, 20, { asInt: 4n }))))).toEqual([[30, 7]]);
    const lost = send({ ...orders(DELTA, began(20, 10, { asInt: 3n })), name: 'lost' });
    lost.undo();
    expect(written(send({ ...orders(DELTA, began(20, 10, { asInt: 3n })), name: 'lost' }))).toEqual([[10, 0], [20, 3]]);
  });

  it('was 0 then: every part of a histogram, and the buckets of an exponential one', () => {
    const { send } = decoderAt();
    expect(written(send({ name: 'took', histogram: { aggregationTemporality: DELTA, dataPoints: [began(20, 10, { count: 2n, sum: 1, explicitBounds: [1], bucketCounts: [2n, 0n] })] } }))).toEqual([...[0, 0, 0, 0].map((value) => [10, value]), [20, 2], [20, 1], [20, 2], [20, 2]]);
    const exponential = send({ name: 'fine', exponentialHistogram: { aggregationTemporality: DELTA, dataPoints: [began(20, 10, { count: 2n, sum: 1, scale: 3, positive: { bucketCounts: [2n] } })] } });
    expect(written(exponential)).toEqual([[10, 0], [10, 0], [20, 2], [20, 1]]);
    expect(table(exponential, 'metric_histograms')).toMatchObject([{ time: BigInt(START + 10_000), count: 0n, sum: 0, scale: 3, positive_counts: [] }, { time: BigInt(START + 20_000), count: 2n, positive_counts: [2n] }]);
  });

  it('was 0 then: histograms of an SDK in total, but no counter, which may be asked for what a machine did since it started, nor what a receiver asked for', () => {
    const { send } = decoderAt();
    const took = (seconds: number, count: bigint, name = 'took'): Plain => ({ name, histogram: { aggregationTemporality: CUMULATIVE, dataPoints: [began(seconds, 10, { count, sum: 1, explicitBounds: [1], bucketCounts: [count, 0n] })] } });
    const sent = (metric: Plain, resource?: typeof SDK): unknown[] => written(send(metric, resource)).map(([time]) => time);
    expect(sent(took(20, 3n), SDK)).toEqual([10, 10, 10, 10, 20, 20, 20, 20]);
    expect(sent(took(30, 5n), SDK)).toEqual([30, 30, 30, 30]);
    expect(sent(took(20, 3n, 'rows'))).toEqual([20, 20, 20, 20]);
    expect(written(send(orders(CUMULATIVE, began(20, 10, { asInt: 3n })), SDK))).toEqual([[20, 3]]);
  });

  it('is not known of what began before, or goes on, nor of what counts nothing', () => {
    const { send } = decoderAt();
    expect(written(send(orders(DELTA, began(20, -1, { asInt: 3n }))))).toEqual([[20, 3]]);
    expect(written(send({ name: 'size', sum: { aggregationTemporality: DELTA, dataPoints: [began(20, 10, { asInt: 3n })] } }))).toEqual([[20, 3]]);
    // Another process of the same series.
    expect(written(send(orders(DELTA, began(30, 10, { asInt: 4n })), SDK))).toEqual([[30, 7]]);
  });
});

describe('series', () => {
  it('are described once, and again when the first time was lost', () => {
    const { send } = decoderAt();
    send(orders(CUMULATIVE, point(10, { asInt: 3n }))).undo();
    expect(table(send(orders(CUMULATIVE, point(20, { asInt: 3n }))), 'metric_series')).toHaveLength(1);
    expect(table(send(orders(CUMULATIVE, point(30, { asInt: 3n }))), 'metric_series')).toHaveLength(0);
  });

  it('that ended are marked as Prometheus marks them, histograms too', () => {
    const { send } = decoderAt();
    const histogram = (fields: Plain): Plain => ({ name: 'took', histogram: { aggregationTemporality: CUMULATIVE, dataPoints: [point(10, fields)] } });
    send(histogram({ count: 1n, explicitBounds: [1], bucketCounts: [1n, 0n] }));
    const [block] = send(histogram({ flags: 1 })).blocks;
    expect(block?.table).toBe('metric_samples');
    expect(block?.rows).toBe(4);
    expect(block?.native.subarray(-8).toString('hex')).toBe('020000000000f07f');
  });

  it('of several processes that cannot be told apart are reported', () => {
    const { send } = decoderAt();
    send(orders(CUMULATIVE, point(10, { asInt: 100n, startTimeUnixNano: ns(START - 5_000) })));
    const other = send(orders(CUMULATIVE, point(11, { asInt: 1n, startTimeUnixNano: ns(START - 9_000) })));
    expect(other.sources[0]?.problems).toEqual(['several processes send the same series: give each its own service.instance.id']);
    expect(other).toMatchObject({ accepted: 1, rejected: 0, message: expect.stringContaining('service.instance.id') });
  });

  it.each([
    [{ 'service.instance.id': 'i', 'k8s.pod.name': 'p', 'host.name': 'h' }, 'i'],
    [{ 'k8s.pod.name': 'p', 'host.name': 'h' }, 'p'],
    [{ 'host.name': 'h' }, 'h'],
    [{}, undefined],
  ])('of %o carry the instance %s', (resource, instance) => {
    const { send } = decoderAt();
    const list = Object.entries({ 'service.name': 'api', 'telemetry.sdk.language': 'go', ...resource }).map(([key, stringValue]) => ({ key, value: { stringValue } }));
    const [row] = table(send(orders(CUMULATIVE, point(10, { asInt: 1n })), list), 'metric_series');
    expect(Object.fromEntries((row?.['labels'] ?? []) as [string, string][])).toEqual({ route: '/', job: 'api', ...(instance && { instance }) });
  });

  it('keep attributes of points that are called as labels of their resource', () => {
    const { send } = decoderAt();
    const disk = (own: Readonly<Record<string, string>>): Plain => point(10, { asInt: 1n, attributes: Object.entries(own).map(([key, stringValue]) => ({ key, value: { stringValue } })) });
    const labelsOf = (resource: readonly string[], ...points: Plain[]): unknown[] => table(send(orders(CUMULATIVE, ...points), resource.map((key) => ({ key, value: { stringValue: key === 'host.name' ? 'srv1' : 'win' } }))), 'metric_series').map((row) => Object.fromEntries(row['labels'] as [string, string][]));
    expect(labelsOf(['service.name', 'host.name'], disk({ instance: 'C:' }), disk({ instance: 'D:', exported_instance: 'x' }), disk({ job: 'nightly' }))).toEqual([
      { job: 'win', instance: 'srv1', exported_instance: 'C:' },
      { job: 'win', instance: 'srv1', exported_instance: 'x', exported_exported_instance: 'D:' },
      { job: 'win', instance: 'srv1', exported_job: 'nightly' },
    ]);
    expect(labelsOf(['service.name'], disk({ instance: 'C:' }))).toEqual([{ job: 'win', instance: 'C:' }]);
    expect(labelsOf(['service.name'], disk({ __name__: 'up', '': 'x' }))).toEqual([{ job: 'win', exported___name__: 'up' }]);
  });

  it('of a histogram go on when bounds that it had before come back', () => {
    const { send } = decoderAt();
    const histogram = (seconds: number, explicitBounds: number[], bucketCounts: bigint[]): Plain => ({ name: 'took', histogram: { aggregationTemporality: DELTA, dataPoints: [point(seconds, { count: 3n, sum: 1, explicitBounds, bucketCounts })] } });
    send(histogram(10, [1, 2], [1n, 1n, 1n]));
    expect(values(send(histogram(20, [5], [3n, 0n])))).toEqual([6, 2, 3, 6]);
    expect(values(send(histogram(30, [1, 2], [1n, 1n, 1n])))).toEqual([9, 3, 2, 4, 9]);
  });

  it('of the bucket that it fell into have an exemplar of a histogram, and others the one that shows them', () => {
    const { send } = decoderAt();
    const exemplars = [-1, 1, 1.5, 2, 3, Number.NaN].map((asDouble) => ({ timeUnixNano: ns(START), asDouble }));
    const seen = (metric: Plain): unknown[] => {
      const decoded = send(metric);
      const byId = new Map(table(decoded, 'metric_series').map((row) => [row['id'], row]));
      return table(decoded, 'metric_exemplars').map(({ series }) => `${String(byId.get(series)?.['name'])} ${Object.fromEntries(byId.get(series)?.['labels'] as [string, string][])['le'] ?? ''}`.trim());
    };
    expect(seen({ name: 'took', histogram: { aggregationTemporality: CUMULATIVE, dataPoints: [point(10, { count: 2n, sum: 1, explicitBounds: [1, 2], bucketCounts: [2n, 0n, 0n], exemplars })] } })).toEqual(['1', '1', '2', '2', '+Inf', '+Inf'].map((le) => `took_bucket ${le}`));
    expect(seen({ name: 'whole', histogram: { aggregationTemporality: CUMULATIVE, dataPoints: [point(10, { count: 2n, sum: 1, exemplars: exemplars.slice(0, 1) })] } })).toEqual(['whole_bucket +Inf']);
    expect(seen({ name: 'fine', exponentialHistogram: { aggregationTemporality: CUMULATIVE, dataPoints: [point(10, { count: 2n, sum: 1, exemplars: exemplars.slice(0, 1) })] } })).toEqual(['fine']);
    expect(seen(orders(CUMULATIVE, point(10, { asInt: 1n, exemplars: exemplars.slice(0, 1) })))).toEqual(['orders_total']);
  });

  it('keep a histogram whose bounds change in one family', () => {
    const { send } = decoderAt();
    const histogram = (seconds: number, explicitBounds: number[]): Plain => ({ name: 'took', histogram: { aggregationTemporality: DELTA, dataPoints: [point(seconds, { count: 2n, sum: 1, explicitBounds, bucketCounts: [2n, ...explicitBounds.map(() => 0n)] })] } });
    send(histogram(10, [1]));
    const changed = send(histogram(20, [1, 2]));
    expect(table(changed, 'metric_series').map((row) => row['name'])).toEqual(['took_count', 'took_sum', 'took_bucket', 'took_bucket', 'took_bucket']);
    expect(values(changed)).toEqual([4, 2, 4, 2, 4]);
  });
});
