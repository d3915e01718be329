import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Registry } from '#core/metrics.js';
import type { PromEngine, PromSeries } from '#core/promql.js';
import { openTestStore } from '#store/testing.js';
import type { Matcher } from './ast.js';
import { promqlConfig } from './config.js';
import { createPromEngine } from './engine.js';
import type { SampleSource } from './source.js';
import { createStoreSource } from './store/store-source.js';

const MINUTE = 60_000;
/** A noon in the past hour-of-day sense: far from midnight, inside retention. */
const NOW = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 12 * 3_600_000;
const iso = (time: number): string => new Date(time).toISOString();

let store: Awaited<ReturnType<typeof openTestStore>>;
let engine: PromEngine;
beforeAll(async () => {
  store = await openTestStore();
  engine = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({ max_series: 3 }) });
  const series = (id: number, name: string, labels: object, over: object = {}) => ({ id: String(id), name, labels, metric: name, type: 'counter', unit: '1', description: 'Orders.', service: 'shop', last_seen: Math.floor(NOW / 1000), ...over });
  await store.insert('metric_series', [
    series(1, 'orders_total', { job: 'shop', region: 'eu' }),
    series(1, 'orders_total', { job: 'shop', region: 'eu' }, { last_seen: Math.floor(NOW / 1000) + 1 }),
    series(2, 'orders_total', { job: 'shop' }),
    series(3, 'latency', { job: 'shop' }, { type: 'exponential_histogram' }),
    series(4, 'wait_delta', { job: 'shop' }, { type: 'exponential_histogram', temporality: 'delta' }),
    series(5, 'wait_cumulative', { job: 'shop' }, { type: 'exponential_histogram', temporality: 'cumulative' }),
    ...[[6, 'restarted'], [7, 'broad'], [8, 'odd']].map(([id, name]) => series(Number(id), String(name), { job: 'shop' }, { type: 'exponential_histogram', temporality: 'cumulative' })),
    ...[10, 11, 12, 13].map((id) => series(id, 'crowd', { n: String(id) })),
  ]);
  const samples = Array.from({ length: 11 }, (_none, at) => [1, 2].map((id) => ({ series: String(id), time: iso(NOW - (10 - at) * MINUTE), value: at * 60 * id }))).flat();
  // One sample was delivered twice.
  await store.insert('metric_samples', [...samples, ...samples.slice(0, 2)]);
  await store.insert('metric_histograms', [{ series: '3', time: iso(NOW), start: iso(NOW - MINUTE), count: '6', sum: 9, scale: 0, zero_count: '0', zero_threshold: 0, positive_offset: 0, positive_counts: ['2', '4'], negative_offset: 0, negative_counts: [] }]);
  // The same measurements: within a minute as often as `often` says two of about 1.2, one of about 3 and one of nothing, from the fourth on in coarser buckets. One delta was delivered twice.
  const often = [30, 7, 50, 1, 40, 2, 60, 9];
  const wait = (id: number, at: number, times: number) => ({
    series: String(id), time: iso(NOW - (7 - at) * MINUTE), start: iso(NOW - 8 * MINUTE), count: String(4 * times), sum: 5 * times, scale: at < 4 ? 1 : 0, zero_count: String(times), zero_threshold: 0,
    positive_offset: 0, positive_counts: (at < 4 ? [2, 0, 0, 1] : [2, 1]).map((count) => String(count * times)), negative_offset: 0, negative_counts: [],
  });
  const total = (at: number): number => often.slice(0, at + 1).reduce((sum, times) => sum + times, 0);
  await store.insert('metric_histograms', [...often.map((times, at) => wait(4, at, times)), wait(4, 6, 60), ...often.map((_times, at) => wait(5, at, total(at)))]);
  // The count alone goes on rising.
  await store.insert('metric_histograms', [['10', '0'], ['0', '20']].map((positive_counts, at) => ({ series: '6', time: iso(NOW - (1 - at) * MINUTE), start: iso(NOW - MINUTE), count: at === 0 ? '10' : '20', sum: 5, scale: 0, zero_count: '0', zero_threshold: 0, positive_offset: 0, positive_counts, negative_offset: 0, negative_counts: [] })));
  await store.insert('metric_histograms', [{ series: '8', time: iso(NOW), start: iso(NOW - MINUTE), count: '6', sum: 9, scale: 0, zero_count: '0', zero_threshold: 0, positive_offset: 0, positive_counts: ['1', '2', '3'], negative_offset: 0, negative_counts: [] }]);
  await store.insert('metric_exemplars', [{ series: '1', time: iso(NOW), value: 3, trace_id: 'abc', span_id: '', attributes: { user: 'u1' } }]);
  const span = (at: number, status: string) => ({ Timestamp: iso(at), TraceId: 'a'.repeat(32), SpanId: 'b'.repeat(16), ServiceName: 'cart', SpanName: 'GET /', SpanKind: 'Server', Duration: 20e6, StatusCode: status, ResourceAttributes: {}, SpanAttributes: {} });
  await store.insert('otel_traces', Array.from({ length: 60 }, (_none, at) => span(NOW - 10 * MINUTE + at * 10_000, at % 4 === 0 ? 'Error' : 'Unset')));
  await store.insert('watched_series', [{ id: 's1', kind: 'rate', service: 'cart', operation: '', metric: 'requests', unit: '1/s', labels: {}, first_seen: iso(NOW), last_seen: iso(NOW) }]);
  await store.insert('anomaly_scores', [{ time: iso(NOW), series: 's1', value: 9, expected: 5, lower: 4, upper: 6, score: 2.5 }]);
  await store.insert('incidents', [{ id: 'i1', status: 'resolved', severity: 'critical', title: '', starts_at: iso(NOW - 5 * MINUTE), ends_at: iso(NOW), updated_at: iso(NOW), version: '1', document: JSON.stringify({ causes: [{ service: 'cart' }] }) }]);
});
afterAll(() => store.close());

async function ask(query: string, time = NOW): Promise<readonly PromSeries[]> {
  const { result } = await engine.instant(query, time);
  if (!('series' in result)) throw new Error(`expected series, got a ${result.type}`);
  return result.series;
}
const scope = (...selectors: string[]) => ({ selectors, from: NOW - 60 * MINUTE, to: NOW, limit: 0 });

describe('PromQL over the store', () => {
  it('computes rates of what was received; a label that is absent is empty, a sample stored twice counts once', async () => {
    expect(await ask('rate(orders_total{region=""}[5m])')).toMatchObject([{ metric: { job: 'shop' }, values: Float64Array.of(2) }]);
    expect(await ask('sum by (region) (increase(orders_total{region=~"e."}[5m]))')).toMatchObject([{ metric: { region: 'eu' }, values: Float64Array.of(300) }]);
    expect(await ask('count_over_time(orders_total{region="eu"}[1h])')).toMatchObject([{ values: Float64Array.of(11) }]);
  });
  it('answers ranges as columns', async () => {
    const { result } = await engine.range('orders_total{region="eu"}', { start: NOW - 2 * MINUTE, end: NOW, stepMs: MINUTE });
    expect(result).toMatchObject({ type: 'matrix', series: [{ metric: { __name__: 'orders_total' }, values: Float64Array.of(480, 540, 600) }] });
  });
  it('reads exponential histograms as native ones', async () => {
    expect((await ask('latency'))[0]?.histograms[0]?.histogram).toEqual({ count: 6, sum: 9, buckets: [[0, 1, 2, 2], [0, 2, 4, 4]] });
    expect((await ask('histogram_quantile(0.5, latency)'))[0]?.values[0]).toBeCloseTo(2.378, 3);
  });
  it.each(['histogram_count(increase(W[5m]))', 'histogram_count(increase(W[4m]))', 'histogram_sum(rate(W[5m]))', 'histogram_quantile(0.9, rate(W[5m]))', 'histogram_quantile(0.9, increase(W[2m]))', 'histogram_count(W)', 'rate(W[3m])'])(
    'deltas of exponential histograms are added up: %s is what it is of running totals',
    async (query) => {
      const of = async (name: string): Promise<unknown> => (await ask(query.replace('W', name), NOW + 20_000)).map(({ values, histograms }) => ({ values, histograms }));
      const delta = await of('wait_delta');
      expect(delta).toHaveLength(1);
      expect(delta).toEqual(await of('wait_cumulative'));
    },
  );
  it('counts exponential histograms with their buckets, unless only counts are asked for', async () => {
    // Eight of them: 20 with their buckets.
    const narrow = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({ max_samples: 19 }) });
    await expect(narrow.instant('histogram_quantile(0.9, rate(wait_cumulative[8m]))', NOW)).rejects.toMatchObject({ type: 'execution', message: expect.stringContaining('too many samples') });
    for (const query of ['histogram_count(rate(wait_cumulative[8m]))', 'histogram_sum(wait_delta)']) expect(await narrow.instant(query, NOW)).toMatchObject({ result: (await engine.instant(query, NOW)).result });
    expect((await engine.instant('wait_cumulative[8m]', NOW)).stats?.samples).toBe(20);
  });
  it.each(['rate(orders_total{region="eu"}[5m])', 'traces_span_metrics_calls_total'])('reads %s also after a histogram with an odd number of buckets', async (next) => {
    const fresh = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({ recent: '0B' }) });
    const { result, stats } = await fresh.instant(`histogram_quantile(0.9, odd) or ${next}`, NOW);
    expect(result).toMatchObject({ series: [{ metric: { job: 'shop' } }, ...(await ask(next))] });
    expect(stats?.samples).toBeGreaterThan(3);
  });
  it('finds resets by the buckets of histograms of which only counts are asked for', async () => {
    // 20 in the minute between the two, and as many for the half minute on either side; without the reset, 10.
    expect(await ask('histogram_count(increase(restarted[2m]))')).toMatchObject([{ values: Float64Array.of(30) }]);
    expect(await ask('histogram_count(restarted)')).toMatchObject([{ values: Float64Array.of(20) }]);
  });
  it('looks at its time while it reads histograms', async () => {
    await store.command(`INSERT INTO metric_histograms (series, time, count, sum, positive_counts) SELECT 7, fromUnixTimestamp64Milli(${NOW} - number * 100), 320, 1, arrayWithConstant(160, 2) FROM numbers(2000)`);
    const [read, matchers]: [SampleSource, Matcher[]] = [createStoreSource(store, { recentBytes: 0, cacheBytes: 0 }), [{ name: '__name__', op: '=', value: 'broad' }]];
    const limits = { maxSeries: 10, maxSamples: 1e6, timeoutSeconds: 60 };
    expect((await read.select(matchers, NOW - 60 * MINUTE, NOW, limits))[0]?.times).toHaveLength(2000);
    await expect(read.select(matchers, NOW - 60 * MINUTE, NOW, { ...limits, timeoutSeconds: 0 })).rejects.toMatchObject({ type: 'timeout' });
    await expect(read.select(matchers, NOW - 60 * MINUTE, NOW, { ...limits, signal: AbortSignal.abort() })).rejects.toMatchObject({ type: 'canceled' });
  });
  it('refuses what is too large, and says so', async () => {
    await expect(engine.instant('crowd', NOW)).rejects.toMatchObject({ type: 'execution', message: expect.stringContaining('more than 3 series') });
    await expect(engine.instant('rate(orders_total)', NOW)).rejects.toMatchObject({ type: 'bad_data', message: '1:6: parse error: expected type range vector in call to function "rate", got instant vector' });
    await expect(engine.instant('sum(', NOW)).rejects.toMatchObject({ type: 'bad_data', message: expect.stringContaining('unexpected end of input') });
  });
  it.each([
    'count_over_time(vector(1)[12h:1ms])', 'vector(1)[1000y:1ms]', 'sum_over_time((count_over_time(vector(1)[1000y:1ms]))[1h:1m])', 'count_over_time(orders_total[2h:1ms])', 'count_over_time((count_values("t", vector(time())))[10m:100ms])',
    'max_over_time((rate(orders_total[5m]))[2h:1ms])', 'max_over_time((label_replace(vector(1), "a", "b", "", "") or vector(1))[2h:1ms])',
  ])('refuses more steps of a subquery than a query may hold: %s', async (query) => {
    await expect(engine.instant(query, NOW)).rejects.toMatchObject({ type: 'execution', message: 'query processing would load too many samples into memory in query execution' });
  });
  it('matches as RE2 does, in linear time', async () => {
    expect(await ask('count(orders_total{region=~"(?i:EU)|\\\\pN"})')).toMatchObject([{ values: Float64Array.of(1) }]);
    expect(await ask('label_replace(orders_total{region="eu"}, "job", "${last}-$1", "job", "(.*)(?P<last>.)")')).toMatchObject([{ metric: { job: 'p-sho' } }]);
    expect(await ask('count(label_replace(orders_total, "x", "$1", "job", "(shop|(\\\\w+)+!)"))')).toHaveLength(1);
    await expect(engine.instant('orders_total{region=~"("}', NOW)).rejects.toMatchObject({ type: 'bad_data', message: expect.stringContaining('error parsing regexp: missing closing )') });
  });
  it('knows series, labels, metadata and exemplars', async () => {
    expect(await engine.series(scope('orders_total'))).toEqual([{ __name__: 'orders_total', job: 'shop', region: 'eu' }, { __name__: 'orders_total', job: 'shop' }]);
    expect(await engine.labelNames(scope('orders_total'))).toEqual(['__name__', 'job', 'region']);
    expect(await engine.labelValues('region', scope())).toEqual(['eu']);
    expect(await engine.labelValues('__name__', scope())).toEqual(expect.arrayContaining(['orders_total', 'faultline_incident', 'traces_span_metrics_calls_total']));
    const backwards = { ...scope('orders_total'), from: NOW, to: NOW - MINUTE };
    expect([await engine.series(backwards), await engine.labelNames(backwards), await engine.labelValues('region', { ...backwards, selectors: [] })]).toEqual([[], [], []]);
    await expect(engine.series({ ...backwards, selectors: ['{'] })).rejects.toMatchObject({ type: 'bad_data' });
    expect(await engine.metadata('orders_total', 0)).toEqual({ orders_total: [{ type: 'counter', help: 'Orders.', unit: '1' }] });
    expect(await engine.exemplars('rate(orders_total[5m])', NOW - MINUTE, NOW)).toEqual([{ seriesLabels: { __name__: 'orders_total', job: 'shop', region: 'eu' }, exemplars: [{ time: NOW, value: 3, labels: { user: 'u1', trace_id: 'abc' } }] }]);
  });
  it('lays a query out', () => {
    expect(engine.format('sum by(job)(rate(orders_total{region!=""}[5m]offset 1h))/ignoring(a)group_left b')).toBe('sum by (job) (rate(orders_total{region!=""}[5m] offset 1h)) / ignoring (a) group_left () b');
  });
});

describe('queries in line', () => {
  /** An engine for one query at a time, each of which takes until `release`. */
  function slowEngine() {
    let release = (): void => undefined;
    const held = new Promise<never[]>((resolve) => (release = () => resolve([])));
    const slow = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({ max_concurrency: 1 }), source: { select: () => held } });
    return { slow, release, first: slow.instant('up', NOW) };
  }
  it('wait no longer than they may take', async () => {
    const { slow, release, first } = slowEngine();
    const waits = slow.instant('up', NOW, { timeoutMs: 20 });
    await expect(waits).rejects.toMatchObject({ type: 'timeout', message: 'query timed out in query queue' });
    const last = slow.instant('up', NOW);
    release();
    expect(await Promise.all([first, last])).toHaveLength(2);
  });
  it('leave, and end, when nobody waits for them any more', async () => {
    const { slow, release, first } = slowEngine();
    const [before, during] = [new AbortController(), new AbortController()];
    const waiting = expect(slow.instant('up', NOW, { signal: before.signal })).rejects.toMatchObject({ type: 'canceled', message: 'query was canceled in query queue' });
    const next = expect(slow.instant('up', NOW, { signal: during.signal })).rejects.toMatchObject({ type: 'canceled' });
    before.abort();
    await waiting;
    release();
    await first;
    during.abort();
    await next;
    await expect(slow.instant('up', NOW, { signal: during.signal })).rejects.toMatchObject({ type: 'canceled' });
  });
  it('do not keep rules waiting', async () => {
    const { slow, release, first } = slowEngine();
    expect(await Promise.race([slow.forRules.instant('1', NOW), first])).toMatchObject({ result: { type: 'scalar' } });
    release();
    await first;
  });
});

describe('virtual series', () => {
  it('counts spans as the spanmetrics connector does', async () => {
    const calls = await ask('sum by (status_code) (increase(traces_span_metrics_calls_total{service_name="cart", span_kind="SPAN_KIND_SERVER"}[5m]))');
    // Six spans a minute, every fourth an error.
    expect(calls.map(({ metric, values }) => [metric['status_code'], Math.round(values[0] ?? 0)])).toEqual([['STATUS_CODE_ERROR', 7], ['STATUS_CODE_UNSET', 22]]);
    const mean = await ask('rate(traces_span_metrics_duration_milliseconds_sum[5m]) / rate(traces_span_metrics_duration_milliseconds_count[5m])');
    expect(mean[0]?.values[0]).toBeCloseTo(20);
    expect((await ask('traces_span_metrics_duration_milliseconds{quantile="0.95", span_name="GET /"}'))[0]?.values[0]).toBeCloseTo(20, 1);
  });
  it('counts spans by the hour for a range of days, exactly up to the last minute', async () => {
    // A request a second for 54 hours, and from midnight on fifty: its first hour counts more than the day before.
    const rows = [...Array(90 * 60).keys()].map((minute) => `(toDateTime(${NOW / 1000 - (minute + 1) * 60}), 'wide', 'GET /', 'Server', '', ${minute < 36 * 60 ? 3000 : 60})`);
    await store.command(`INSERT INTO red_1m (time, service, operation, kind, version, count) VALUES ${rows.join(',')}`);
    const few = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({ max_samples: 600 }) });
    const selected = 'traces_span_metrics_calls_total{service_name="wide"}';
    const { result: total } = await few.instant(`increase(${selected}[4d])`, NOW - 30 * MINUTE);
    expect('series' in total && total.series[0]?.values[0]).toBeCloseTo(35.5 * 180_000 + 54 * 3600);
    // A shorter one sees every minute, however long the graph is.
    await expect(few.instant(`rate(${selected}[1d])`, NOW)).rejects.toThrow('too many samples');
    const { result } = await engine.range(`rate(${selected}[5m])`, { start: NOW - 80 * 60 * MINUTE, end: NOW, stepMs: 60 * MINUTE });
    expect('series' in result && result.series[0]?.times.length).toBe(81);
  });
  it('counts spans of a week ago, of which only minutes are kept', async () => {
    const then = NOW - 7 * 24 * 60 * MINUTE;
    await store.insert('otel_traces', Array.from({ length: 60 }, (_none, at) => ({ Timestamp: iso(then - 10 * MINUTE + at * 10_000), TraceId: 'c'.repeat(32), SpanId: 'd'.repeat(16), ServiceName: 'old', SpanName: 'GET /', SpanKind: 'Server', Duration: 20e6, StatusCode: 'Unset', ResourceAttributes: {}, SpanAttributes: {} })));
    await store.command(`ALTER TABLE red_5s DROP PARTITION '${iso(then).slice(0, 10)}'`);
    expect((await ask('sum(increase(traces_span_metrics_calls_total{service_name="old"}[5m] offset 7d))'))[0]?.values[0]).toBeCloseTo(30);
    expect((await ask('traces_span_metrics_duration_milliseconds{service_name="old", quantile="0.5"}', then))[0]?.values[0]).toBeCloseTo(20, 1);
  });
  it('leaves what a spanmetrics connector counts of a service to it', async () => {
    const labels = { job: 'sampled', service_name: 'sampled', span_name: 'GET /', span_kind: 'SPAN_KIND_SERVER', status_code: 'STATUS_CODE_UNSET' };
    await store.insert('metric_series', [{ id: '20', name: 'traces_span_metrics_calls_total', labels, metric: 'traces.span.metrics.calls', type: 'counter', unit: '1', description: '', service: 'sampled', last_seen: Math.floor(NOW / 1000) }]);
    await store.insert('metric_samples', Array.from({ length: 6 }, (_none, at) => ({ series: '20', time: iso(NOW - (5 - at) * MINUTE), value: at * 600 })));
    await store.command(`INSERT INTO red_1m (time, service, operation, kind, version, count) SELECT toDateTime(${NOW / 1000} - 60 * number), 'sampled', 'GET /', 'Server', '', 60 FROM numbers(6)`);
    await store.command(`INSERT INTO red_5s (time, service, operation, kind, version, count) SELECT toDateTime(${NOW / 1000} - 60 * number), 'sampled', 'GET /', 'Server', '', 60 FROM numbers(6)`);
    const rates = await ask('sort(sum by (service_name) (rate(traces_span_metrics_calls_total{service_name=~"sampled|cart"}[4m])))');
    expect(rates.map(({ metric, values }) => [metric['service_name'], Math.round(10 * (values[0] ?? 0)) / 10])).toEqual([['cart', 0.1], ['sampled', 10]]);
  });
  it('answers what scaling policies foresaw', async () => {
    await store.insert('load_forecasts', [{ time: NOW - MINUTE, policy: 'shop', service: 'cart', horizon: 300, load: 10, forecast: 14, lower: 12, upper: 16 }]);
    expect(await ask('faultline_load_forecast{service="cart"} - on (policy) faultline_load')).toMatchObject([{ metric: { policy: 'shop' }, values: Float64Array.of(4) }]);
    expect(await ask('faultline_load_forecast_upper')).toMatchObject([{ metric: { policy: 'shop', service: 'cart', horizon: '300' }, values: Float64Array.of(16) }]);
  });

  it('shows scores, bands and incidents', async () => {
    expect(await ask('faultline_anomaly_score > 1')).toMatchObject([{ metric: { service: 'cart', metric: 'requests' }, values: Float64Array.of(2.5) }]);
    expect(await ask('faultline_anomaly_upper - faultline_anomaly_lower')).toMatchObject([{ values: Float64Array.of(2) }]);
    expect(await ask('count by (service, severity) (faultline_incident)')).toMatchObject([{ metric: { service: 'cart', severity: 'critical' }, values: Float64Array.of(1) }]);
    expect(await ask('faultline_incident', NOW - 6 * MINUTE)).toEqual([]);
    expect(await ask('ALERTS{alertname="FaultlineIncident",severity="critical"}')).toMatchObject([{ metric: { alertstate: 'firing', incident: 'i1', service: 'cart' }, values: Float64Array.of(1) }]);
    expect(await ask('count by (state) (faultline_incident)')).toMatchObject([{ metric: { state: 'resolved' } }]);
  });
});
