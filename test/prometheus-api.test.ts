import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeV1, packed, STALE, type TestSeries } from '../collector/testing/remote-write.js';
import { dataFolder, startProduct, until, type Product } from './product.js';
import { hasPrometheus, startPrometheus, type RunningPrometheus } from './prometheus.js';

const NOW = Math.floor(Date.now() / 15_000) * 15_000;
const SCRAPES = 80;
const START = NOW - SCRAPES * 15_000;

const steady = (labels: Record<string, string>, value: (at: number) => number | typeof STALE): TestSeries => ({
  labels: Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  samples: Array.from({ length: SCRAPES }, (_none, at): [number, number | typeof STALE] => [START + at * 15_000 + 333, value(at)]),
});
const SERIES = [
  ...[1, 2, 3].flatMap((instance) => ['200', '500'].map((code) => steady({ __name__: 'http_requests_total', job: 'api', instance: `i${instance}`, code }, (at) => (at % 50) * instance * Number(code)))),
  steady({ __name__: 'queue_depth', job: 'api', instance: 'i1' }, (at) => Math.sin(at) * 10),
  steady({ __name__: 'queue_depth', job: 'batch', instance: 'i9' }, (at) => (at === 60 ? STALE : at)),
  ...['0.1', '1', '+Inf'].map((le, at) => steady({ __name__: 'latency_seconds_bucket', job: 'api', le }, (scrape) => scrape * (at + 1) * 3)),
];

const WINDOW = { start: String((NOW - 900_000) / 1000), end: String((NOW - 60_000) / 1000) };
const TIME = { time: WINDOW.end };

/** The same remote-write stream goes to Faultline and to a real Prometheus; then both are asked the same. */
describe.skipIf(!hasPrometheus)('a real Prometheus after the same samples', () => {
  let product: Product;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    product = await startProduct({ FAULTLINE_DATA_DIR: dataFolder(), FAULTLINE_SELF_TELEMETRY_ENABLED: 'false' });
    prometheus = await startPrometheus(dataFolder(), () => 'global: {}\n', '--web.enable-remote-write-receiver');
    const body = packed(encodeV1(SERIES));
    for (const url of [product.url, prometheus.url]) {
      const response = await fetch(`${url}/api/v1/write`, { method: 'POST', headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' }, body: new Uint8Array(body) });
      expect(response.status).toBeLessThan(300);
    }
    await until('Faultline answers', async () => ((await ask(product.url, '/api/v1/query', { query: 'count({job=~".+"})', ...TIME })).body as Answer).data.result.length > 0);
  });
  afterAll(async () => {
    await prometheus.stop();
    await product.stop();
  });

  interface Answer { readonly data: { readonly result: readonly unknown[] } }
  interface Reply { readonly status: number; readonly body: unknown }
  async function ask(url: string, path: string, params: Record<string, string> | [string, string][], post = false): Promise<Reply> {
    const form = new URLSearchParams(params);
    const response = post ? await fetch(`${url}${path}`, { method: 'POST', body: form }) : await fetch(`${url}${path}?${form.toString()}`);
    return { status: response.status, body: await response.json() };
  }
  const both = (path: string, params: Record<string, string> | [string, string][], post?: boolean): Promise<[Reply, Reply]> => Promise.all([ask(product.url, path, params, post), ask(prometheus.url, path, params, post)]);
  /** Infos are newer than the peer may be; series come in any order; sums in floats may differ in the last digits. */
  const comparable = ({ status, body }: Reply): unknown => {
    const { infos: _infos, warnings: _warnings, ...rest } = body as Record<string, unknown>;
    const { data } = rest as { data?: { result?: unknown[] } };
    const text = (value: unknown): string => JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' && /^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(inner) ? Number(inner).toPrecision(10) : inner));
    return { status, body: data?.result && Array.isArray(data.result) ? { ...rest, data: { ...data, result: data.result.map(text).toSorted() } } : rest };
  };

  it.each([
    'http_requests_total', 'sum by (code) (rate(http_requests_total[5m]))', 'topk(2, increase(http_requests_total[3m]))', 'histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))', 'queue_depth', 'max_over_time(queue_depth[4m])',
    'rate(http_requests_total{code="500"}[5m]) / ignoring (code) rate(http_requests_total{code="200"}[5m])', 'absent(nothing)', 'sum without (instance) (http_requests_total) > 3000', 'avg_over_time(rate(http_requests_total[1m])[299s:30s])', 'scalar(sum(queue_depth))', '1 + 1', '"text"', 'time()', 'count_values("v", latency_seconds_bucket)', 'deriv(queue_depth[5m])', 'resets(http_requests_total[10m])', 'label_replace(queue_depth, "x", "$1", "job", "(.).*")',
  ])('answers %s alike', async (query) => {
    const [ours, theirs] = await both('/api/v1/query', { query, ...TIME }, true);
    expect(comparable(ours)).toEqual(comparable(theirs));
    if (query === '"text"') return;
    const [ourRange, theirRange] = await both('/api/v1/query_range', { query, ...WINDOW, step: '30' });
    expect(comparable(ourRange)).toEqual(comparable(theirRange));
  });
  it.each<[string, [string, string][]]>([
    ['/api/v1/series', [['match[]', '{job="api"}'], ['start', WINDOW.start], ['end', WINDOW.end]]],
    ['/api/v1/labels', [['match[]', 'http_requests_total']]],
    ['/api/v1/label/instance/values', []],
    ['/api/v1/label/code/values', [['match[]', '{job="api"}']]],
    ['/api/v1/format_query', [['query', 'sum by(a)(rate(b[5m]))']]],
    ['/api/v1/series', [['match[]', '{job="api"}'], ['start', '20'], ['end', '10']]],
    ['/api/v1/alertmanagers', []],
    ['/api/v1/targets/metadata', []],
    ['/api/v1/alerts', []],
  ])('%s is alike', async (path, params) => {
    const [ours, theirs] = await both(path, params);
    const sorted = ({ status, body }: Reply): unknown => {
      const { data } = body as { data: unknown };
      return { status, data: Array.isArray(data) ? data.map((one) => JSON.stringify(one)).toSorted() : data };
    };
    expect(sorted(ours)).toEqual(sorted(theirs));
  });
  it.each([
    ['/api/v1/query', { query: 'sum(' }], ['/api/v1/query', { query: 'rate(up)' }], ['/api/v1/query_range', { query: 'up', start: '2', end: '1', step: '1' }], ['/api/v1/query_range', { query: 'up', start: '1', end: '2', step: '0' }],
    ['/api/v1/query_range', { query: 'up', start: '0', end: '20000', step: '1' }], ['/api/v1/series', {}], ['/api/v1/query', { query: 'http_requests_total / on (job) queue_depth', ...TIME }], ['/api/v1/query_range', { query: '"text"', ...WINDOW, step: '30' }],
  ])('%s refuses %o alike', async (path, params: Record<string, string>) => {
    const [ours, theirs] = await both(path, params);
    const shape = ({ status, body }: Reply): unknown => ({ status, errorType: (body as { errorType: string }).errorType });
    expect(shape(ours)).toEqual(shape(theirs));
  });
  it('counts series as Prometheus does', async () => {
    interface Tsdb { readonly data: { readonly headStats: { readonly numSeries: number; readonly numLabelPairs: number }; readonly seriesCountByMetricName: unknown; readonly labelValueCountByLabelName: unknown; readonly seriesCountByLabelValuePair: unknown } }
    const [ours, theirs] = (await both('/api/v1/status/tsdb', {})).map(({ body }) => (body as Tsdb).data);
    expect({ ...ours?.headStats, chunkCount: 0, minTime: 0, maxTime: 0 }).toEqual({ ...theirs?.headStats, chunkCount: 0, minTime: 0, maxTime: 0 });
    const sets = (data: Tsdb['data'] | undefined): unknown => [data?.seriesCountByMetricName, data?.labelValueCountByLabelName].map((list) => new Set((list as object[]).map((one) => JSON.stringify(one))));
    expect(sets(ours)).toEqual(sets(theirs));
  });
  it('has every field that clients read in its answers about itself', async () => {
    for (const path of ['/api/v1/status/runtimeinfo', '/api/v1/status/config', '/api/v1/status/buildinfo', '/api/v1/targets', '/api/v1/status/tsdb']) {
      const [ours, theirs] = await both(path, {});
      expect(ours.status, path).toBe(200);
      expect(Object.keys((ours.body as { data: object }).data), path).toEqual(expect.arrayContaining(Object.keys((theirs.body as { data: object }).data)));
    }
    const [flags] = await both('/api/v1/status/flags', {});
    expect(flags.body).toMatchObject({ data: { 'query.lookback-delta': '5m' } });
    for (const path of ['/-/healthy', '/-/ready']) expect((await fetch(product.url + path)).status).toBe(200);
    const [ours, theirs] = await both('/api/v1/query', { query: 'sum(rate(http_requests_total[5m]))', stats: 'all', ...TIME });
    const stats = ({ body }: Reply): { timings: object; samples: object } => (body as { data: { stats: { timings: object; samples: object } } }).data.stats;
    expect(Object.keys(stats(ours).timings).toSorted()).toEqual(Object.keys(stats(theirs).timings).toSorted());
    expect(stats(ours).samples).toMatchObject({ totalQueryableSamples: expect.any(Number), peakSamples: expect.any(Number) });
  });
});
