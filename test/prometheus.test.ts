import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFolder, startProduct, until, type Product } from './product.js';
import { hasPrometheus, startPrometheus, type RunningPrometheus } from './prometheus.js';

/** The same sample reaches Faultline on two ways and is stored once. */
const configOf = (address: string, product: Product): string => `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["${new URL(product.url).host}"] }] }] }
scrape_configs: [{ job_name: prometheus, static_configs: [{ targets: ["${address}"] }] }]
remote_write:
  - url: ${product.url}/api/v1/write
    send_exemplars: true
    queue_config: { batch_send_deadline: 500ms }
    metadata_config: { send_interval: 1s }
  - url: ${product.otlp}/api/v1/write
    name: again
    queue_config: { batch_send_deadline: 500ms }
`;

/** A real Prometheus that scrapes itself and writes to both ports; both then answer the same questions. */
describe.skipIf(!hasPrometheus)('remote write of a real Prometheus', () => {
  let product: Product;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    product = await startProduct({ FAULTLINE_DATA_DIR: dataFolder() });
    const folder = dataFolder();
    writeFileSync(join(folder, 'rules.yml'), 'groups: [{ name: g, rules: [{ alert: AlwaysOn, expr: vector(1), labels: { severity: none }, annotations: { summary: "value {{ $value }}" } }] }]');
    prometheus = await startPrometheus(folder, (address) => configOf(address, product));
  });
  afterAll(async () => {
    await prometheus.stop();
    await product.stop();
  });

  interface Answer { readonly data: { readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly values?: readonly unknown[]; readonly value?: readonly [number, string] }[] } }
  const ask = async (url: string, path: string, params: Record<string, string>): Promise<Answer['data']['result']> => {
    const response = await fetch(`${url}${path}?${new URLSearchParams(params).toString()}`);
    const answer = (await response.json()) as Answer;
    return answer.data.result.toSorted((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1));
  };
  const last = async (url: string): Promise<number> => Number((await ask(url, '/api/v1/query', { query: 'timestamp(up)' }))[0]?.value?.[1] ?? 0);

  it('finds in Faultline an Alertmanager', async () => {
    const known = async (): Promise<unknown[]> => (await (await fetch(`${product.url}/api/v2/alerts?filter=alertname%3DAlwaysOn`)).json()) as unknown[];
    await until('its alert is there', async () => (await known()).length > 0);
    expect(await known()).toMatchObject([{ labels: { alertname: 'AlwaysOn', severity: 'none' }, annotations: { summary: 'value 1' }, generatorURL: expect.stringContaining('/graph?g0.expr=vector%281%29'), status: { state: 'active' } }]);
  });

  it('arrives whole: both answer the same, sample by sample', async () => {
    await until('Prometheus has scraped itself', async () => (await last(prometheus.url)) > 0);
    const first = await last(prometheus.url);
    await until('a dozen more scrapes are stored', async () => (await last(product.url)) > first + 14);
    const end = Math.floor(await last(product.url)) - 2;
    for (const query of ['{job="prometheus"}', 'sum by (handler) (rate(prometheus_http_requests_total[5s]))', 'histogram_quantile(0.9, sum by (le) (rate(prometheus_http_request_duration_seconds_bucket[5s])))']) {
      // Counters are well past their beginning, where extrapolation differs between versions of Prometheus.
      const range = { query, start: String(end - 4), end: String(end), step: '1' };
      const [expected, actual] = await Promise.all([ask(prometheus.url, '/api/v1/query_range', range), ask(product.url, '/api/v1/query_range', range)]);
      expect(expected.length).toBeGreaterThan(0);
      expect(actual).toEqual(expected);
    }
  });

  it('stores each sample once, though it came twice', async () => {
    const response = await fetch(`${product.url}/clickhouse/?default_format=JSON`, { method: 'POST', body: 'SELECT count() AS rows, uniqExact(series, time) AS samples FROM metric_samples' });
    const { data } = (await response.json()) as { data: { rows: string; samples: string }[] };
    expect(Number(data[0]?.rows)).toBeGreaterThan(1_000);
    expect(data[0]?.rows).toBe(data[0]?.samples);
  });

  it('brings types and descriptions, and shows as a source without complaints', async () => {
    await until('metadata is known', async () => {
      const answer = (await (await fetch(`${product.url}/api/v1/metadata?metric=prometheus_http_requests_total`)).json()) as { data: Record<string, { type: string; help: string }[]> };
      return answer.data['prometheus_http_requests_total']?.[0]?.help === 'Counter of HTTP requests.';
    });
    const status = (await (await fetch(`${product.url}/api/sources`)).json()) as { sources: { service: string; sdk: string; problems: string[] }[] };
    expect(status.sources.find(({ service }) => service === 'prometheus')).toMatchObject({ sdk: expect.stringMatching(/^Prometheus\//), problems: [] });
    expect(prometheus.log()).not.toMatch(/non-recoverable|level=error/);
  });
});
