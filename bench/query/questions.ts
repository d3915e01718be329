/** One question of a dashboard. `scale` is about how many series it touches: 1, 100, or half of all. */
export interface Question {
  readonly query: string;
  readonly kind: 'instant' | 'range';
  readonly scale: '1' | '100' | 'many';
}

const one = 'instance="10.0.0.0:9100",path="/api/v1/resource-0",code="200",method="GET",shard="0"';
const host = 'instance="10.0.0.1:9100"';

/** Thirty of them: what Grafana's and the mixins' dashboards ask of counters, gauges and histograms. */
export const QUESTIONS: readonly Question[] = [
  { kind: 'instant', scale: '1', query: `http_requests_total{${one}}` },
  { kind: 'instant', scale: '1', query: `rate(http_requests_total{${one}}[5m])` },
  { kind: 'instant', scale: '100', query: `http_requests_total{${host}}` },
  { kind: 'instant', scale: '100', query: `sum by (code) (rate(http_requests_total{${host}}[5m]))` },
  { kind: 'instant', scale: '100', query: `topk(5, rate(http_requests_total{${host}}[5m]))` },
  { kind: 'instant', scale: '100', query: `histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{${host}}[5m])))` },
  { kind: 'instant', scale: '100', query: `max_over_time(process_resident_memory_bytes[1h])` },
  { kind: 'instant', scale: 'many', query: 'count(http_requests_total)' },
  { kind: 'instant', scale: 'many', query: 'sum by (job) (rate(http_requests_total[5m]))' },
  { kind: 'instant', scale: 'many', query: 'topk(10, sum by (path) (rate(http_requests_total[5m])))' },
  { kind: 'instant', scale: 'many', query: 'sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m]))' },
  { kind: 'instant', scale: 'many', query: 'histogram_quantile(0.99, sum by (le, path) (rate(http_request_duration_seconds_bucket[5m])))' },
  { kind: 'instant', scale: 'many', query: 'rate(http_requests_total[5m]) > 3' },
  { kind: 'instant', scale: 'many', query: 'sum without (instance, shard) (http_requests_total)' },
  { kind: 'range', scale: '1', query: `http_requests_total{${one}}` },
  { kind: 'range', scale: '1', query: `rate(http_requests_total{${one}}[5m])` },
  { kind: 'range', scale: '1', query: `deriv(process_resident_memory_bytes{instance="10.0.0.0:9100",worker="0"}[10m])` },
  { kind: 'range', scale: '100', query: `sum by (code) (rate(http_requests_total{${host}}[5m]))` },
  { kind: 'range', scale: '100', query: `sum by (path) (increase(http_requests_total{${host}}[1m]))` },
  { kind: 'range', scale: '100', query: `histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{${host}}[5m])))` },
  { kind: 'range', scale: '100', query: `process_resident_memory_bytes` },
  { kind: 'range', scale: '100', query: `avg by (job) (avg_over_time(process_resident_memory_bytes[5m]))` },
  { kind: 'range', scale: '100', query: `100 * rate(http_requests_total{${host},code="500"}[5m]) / on (instance, path, method, shard) group_left rate(http_requests_total{${host},code="500"}[10m])` },
  { kind: 'range', scale: '100', query: `quantile(0.9, rate(http_requests_total{${host}}[5m]))` },
  { kind: 'range', scale: 'many', query: 'sum(rate(http_requests_total[5m]))' },
  { kind: 'range', scale: 'many', query: 'sum by (job, code) (rate(http_requests_total[5m]))' },
  { kind: 'range', scale: 'many', query: 'topk(5, sum by (path) (rate(http_requests_total[5m])))' },
  { kind: 'range', scale: 'many', query: 'sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m]))' },
  { kind: 'range', scale: 'many', query: 'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))' },
  { kind: 'range', scale: 'many', query: 'sum by (job) (http_requests_total)' },
];
