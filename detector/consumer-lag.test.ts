import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Incident, Labels } from '#core/types.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from './config.js';
import { incidentsConfig } from './incidents/config.js';
import { openInference, type Inference } from './onnx/inference.js';
import { replay } from './replay.js';
import { createRandom } from './testing.js';

const STEP = 15_000;
/** Steps of history that is learned, of quiet that is judged, and of trouble. */
const [HISTORY, QUIET, TROUBLE] = [60, 6, 10];
const FROM = Math.floor(Date.now() / STEP) * STEP - (QUIET + TROUBLE + 4) * STEP;
const ONSET = FROM + QUIET * STEP;
const SECONDS = ((HISTORY + QUIET + TROUBLE) * STEP) / 1000;
const BEGAN = FROM - HISTORY * STEP;

let store: Store;
let inference: Inference;
beforeAll(async () => {
  store = await openTestStore();
  inference = await openInference(['cpu']);
});
afterEach(async () => {
  for (const table of ['metric_series', 'metric_samples', 'metric_1m', 'otel_traces', 'red_5s', 'service_edges', 'edge_halves']) await store.command(`TRUNCATE TABLE ${table}`);
});
afterAll(async () => {
  await inference.close();
  await store.close();
});

/** A broker's exporter counts what waits for each of two consumers; of one of them more and more does since the onset, and each message takes it so many milliseconds. */
async function tell(metric: string, labels: (consumer: string) => Labels, slowMs: number): Promise<void> {
  const random = createRandom(11);
  const consumers = ['indexer', 'biller'];
  await store.insert('metric_series', consumers.map((consumer, at) => ({ id: String(at + 1), name: metric, metric, type: 'gauge', unit: '', service: 'broker-exporter', labels: { job: 'broker-exporter', instance: 'exporter:9308', ...labels(consumer) }, last_seen: Math.floor(ONSET / 1000) })));
  await store.insert('metric_samples', consumers.flatMap((consumer, at) => Array.from({ length: SECONDS / 15 }, (_, slot) => {
    const time = BEGAN + slot * STEP;
    const grown = consumer === 'indexer' && time >= ONSET ? (6 * (time - ONSET)) / 1000 : 0;
    return { series: String(at + 1), time: new Date(time + 2_000).toISOString(), value: Math.round(20 + grown + 3 * random.normal()) };
  })));
  for (const [consumer, topic] of [['indexer', 'events'], ['biller', 'invoices']]) {
    await store.command(
      `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName, SpanAttributes, Duration, StatusCode)
       SELECT fromUnixTimestamp64Milli(toInt64(${BEGAN}) + number * 500), concat('${consumer}', toString(number)), 's', 'p', 'process ${topic}', 'Consumer', '${consumer}', map('messaging.system', 'kafka'),
         if('${consumer}' = 'indexer' AND ${BEGAN} + number * 500 >= ${ONSET}, ${slowMs}, 6) * 1000000 + cityHash64(number) % 1000000, 'Unset' FROM numbers(${SECONDS * 2})`,
    );
    await store.command(`INSERT INTO service_edges (time, client, server, kind, count, errors, duration_sum) SELECT toDateTime(intDiv(${BEGAN}, 1000) + number * 5), 'kafka', '${consumer}', 'messaging', 10, 0, 60 FROM numbers(${SECONDS / 5})`);
  }
}

/** The incidents at their last. */
async function lived(): Promise<Incident[]> {
  const found = new Map<string, Incident>();
  await replay({
    store, models: inference.ask, config: { detector: detectorConfig.parse({}), incidents: incidentsConfig.parse({}) }, from: FROM, to: FROM + (QUIET + TROUBLE) * STEP,
    events: { consume: async ({ incident }) => void found.set(incident.id, incident) },
  });
  return [...found.values()];
}
const evidenceOf = ({ evidence }: Incident): string[] => [...new Set(evidence.map(({ series, measuredBy }) => [series.service, series.kind, ...(measuredBy === undefined ? [] : [`by ${measuredBy}`])].join(' ')))].toSorted();

it('is a part of the incident of the consumer that is slow', async () => {
  await tell('kafka_consumergroup_lag', (consumergroup) => ({ consumergroup, topic: 'usage' }), 80);
  const [found, ...others] = await lived();
  expect(others).toEqual([]);
  expect(found && evidenceOf(found)).toEqual(['indexer latency', 'indexer metric by broker-exporter']);
  expect(found?.causes.map(({ service }) => service)).toEqual(['indexer']);
});

it('is that of the consumer whose spans name the queue, where it shows nothing else', async () => {
  await tell('rabbitmq_queue_messages_ready', (consumer) => ({ queue: consumer === 'indexer' ? 'events' : 'invoices' }), 6);
  const [found, ...others] = await lived();
  expect(others).toEqual([]);
  expect(found && evidenceOf(found)).toEqual(['indexer metric by broker-exporter']);
  expect(found?.title).toMatch(/^indexer: queue length /);
});
