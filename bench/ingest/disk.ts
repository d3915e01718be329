import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { compressSync } from 'snappy';
import { openStore } from '#store/open.js';
import { startProduct } from '../product.js';
import { NO_PROMETHEUS, startPrometheus } from '../prometheus.js';
import { drained, grouped } from '../report.js';
import { type Body, tracesBody } from './bodies.js';
import { REMOTE_WRITE_HEADERS, writeSeries } from './remote-write-bodies.js';
import { overHttp } from './send.js';

const SPAN_BODIES = 64;
const SPANS = 8_192;
const SERIES = 1_000;
const HOURS = 6;
const STEP_MS = 15_000;
/** A scrape is seldom on time: plus or minus this much. */
const JITTER_MS = 200;
const SAMPLES_PER_REQUEST = 60;
const SPAN_TARGET = 60;
const SAMPLE_TARGET = 0.8;

/** Bytes on disk, when the merges are done: spans of eight attributes, and the same samples in Faultline and in Prometheus' blocks. */
export async function disk(): Promise<object> {
  const dataDir = mkdtempSync(join(tmpdir(), 'faultline-disk-'));
  try {
    const requests = sampleBodies();
    const samples = requests.reduce((sum, { items }) => sum + items, 0);
    const product = await startProduct({ SELF_TELEMETRY_ENABLED: 'false' }, dataDir);
    try {
      const traces = overHttp(`${product.otlpHttpUrl}/v1/traces`, 2);
      for (let seed = 0; seed < SPAN_BODIES; seed += 1) await traces.send(tracesBody(SPANS, seed));
      traces.close();
      const metrics = overHttp(`${product.otlpHttpUrl}/api/v1/write`, 1, REMOTE_WRITE_HEADERS);
      for (const body of requests) await metrics.send(body);
      metrics.close();
      await drained(product);
    } finally {
      await product.stop();
    }
    const tables = await tableBytes(dataDir);
    const own = tables.get('metric_samples') ?? 0;
    const spanBytes = (tables.get('otel_traces') ?? 0) / (SPAN_BODIES * SPANS);
    const besides = ['otel_traces_trace_id_ts', 'edge_halves', 'red_5s', 'red_1m'].map((table) => `${table} ${((tables.get(table) ?? 0) / (SPAN_BODIES * SPANS)).toFixed(1)}`).join(', ');
    console.log(`\ndisk, after all merges\n  a span of 8 attributes: ${spanBytes.toFixed(1)} bytes (target ${SPAN_TARGET}); beside it ${besides}`);
    console.log(`  a sample: ${(own / samples).toFixed(2)} bytes, and ${((tables.get('metric_1m') ?? 0) / samples).toFixed(2)} for its rollup by the minute; ${grouped(samples)} samples of ${grouped(SERIES)} series, every ${STEP_MS / 1000} s ± ${JITTER_MS} ms`);
    const peer = await prometheusBytes(requests);
    if (!peer) console.log(`  ${NO_PROMETHEUS}`);
    else console.log(`  Prometheus: ${(peer.all / samples).toFixed(2)} bytes a sample with its index (${(peer.chunks / samples).toFixed(2)} of chunks); ratio ${(own / peer.all).toFixed(2)} × (target ${SAMPLE_TARGET})`);
    return { name: 'disk', spanBytes, samples, own, prometheus: peer, tables: Object.fromEntries(tables) };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Of a stopped product's folder, everything merged. */
async function tableBytes(dataDir: string): Promise<ReadonlyMap<string, number>> {
  const store = await openStore({ dataDir });
  try {
    for (const table of ['otel_traces', 'otel_traces_trace_id_ts', 'metric_samples', 'metric_1m']) await store.command(`OPTIMIZE TABLE ${table} FINAL`, { timeoutSeconds: 120 });
    const rows = await store.query<{ table: string; bytes: string }>('SELECT table, sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table');
    return new Map(rows.map(({ table, bytes }) => [table, Number(bytes)]));
  } finally {
    await store.close();
  }
}

/** Its own snapshot of the same samples: blocks as it writes them every two hours. */
async function prometheusBytes(requests: readonly Body[]): Promise<{ readonly chunks: number; readonly all: number } | undefined> {
  const peer = await startPrometheus();
  if (!peer) return undefined;
  try {
    const sender = overHttp(`${peer.url}/api/v1/write`, 1, REMOTE_WRITE_HEADERS);
    for (const body of requests) await sender.send(body);
    sender.close();
    const response = await fetch(`${peer.url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' });
    const { data } = (await response.json()) as { data: { name: string } };
    const folder = join(peer.dataDir, 'snapshots', data.name);
    return { chunks: sizeOf(folder, 'chunks'), all: sizeOf(folder) };
  } finally {
    await peer.stop();
  }
}

function sizeOf(folder: string, within?: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).reduce((bytes, entry) => bytes + (entry.isFile() && (within === undefined || entry.parentPath.endsWith(within)) ? statSync(join(entry.parentPath, entry.name)).size : 0), 0);
}

/** What a fleet exports: counters of requests, byte counters, durations that are summed up, gauges that wander, gauges that rest, ratios. */
const SHAPES: readonly (() => (step: number) => number)[] = [
  () => { let total = Math.floor(Math.random() * 1e6); const rate = 20 + Math.random() * 400; return () => (total += Math.floor(rate * (0.8 + 0.4 * Math.random()))); },
  () => { let total = Math.floor(Math.random() * 1e9); return () => (total += 1_000 * Math.floor(50 + 900 * Math.random()) + Math.floor(Math.random() * 1_000)); },
  () => { let total = Math.random() * 1e3; return () => (total += 0.4 + Math.random() * 3.3); },
  () => { let level = 40 + Math.random() * 20; return () => (level = Math.max(0, level + (Math.random() - 0.5) * 2)); },
  () => { const limit = 2 ** (28 + Math.floor(Math.random() * 6)); return () => limit; },
  () => { let level = 4096 * Math.floor(20_000 + Math.random() * 50_000); return () => (level += 4096 * Math.floor((Math.random() - 0.5) * 200)); },
  (): ((step: number) => number) => { const idle = Math.random(); return (step) => (step % 40 === 0 ? Math.round(idle * 10) : 0); },
  () => () => Math.round(Math.random() * 1_000) / 1_000,
];

function sampleBodies(): Body[] {
  const steps = (HOURS * 3_600_000) / STEP_MS;
  const begin = Date.now() - HOURS * 3_600_000;
  const series = Array.from({ length: SERIES }, (_, index) => {
    const next = (SHAPES[index % SHAPES.length] ?? (() => () => 0))();
    const offset = Math.floor(Math.random() * STEP_MS);
    return { labels: labelsOf(index), samples: Array.from({ length: steps }, (__, step): [number, number] => [begin + offset + step * STEP_MS + Math.round((Math.random() * 2 - 1) * JITTER_MS), next(step)]) };
  });
  const bodies: Body[] = [];
  for (let step = 0; step < steps; step += SAMPLES_PER_REQUEST) {
    for (let from = 0; from < SERIES; from += 500) {
      const writer = protobuf.Writer.create();
      let items = 0;
      for (const { labels, samples } of series.slice(from, from + 500)) {
        const some = samples.slice(step, step + SAMPLES_PER_REQUEST);
        items += some.length;
        writeSeries(writer, labels, some);
      }
      bodies.push({ bytes: compressSync(Buffer.from(writer.finish())) as Buffer, items });
    }
  }
  return bodies;
}

const labelsOf = (index: number): readonly (readonly [string, string])[] => [
  ['__name__', `app_metric_${index % SHAPES.length}`], ['instance', `10.3.0.${Math.floor(index / SHAPES.length)}:9090`], ['job', 'shop'], ['namespace', 'production'], ['pod', `shop-${Math.floor(index / SHAPES.length)}`],
];
