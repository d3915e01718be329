import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { systemClock } from '#core/clock.js';
import { fingerprint } from '#core/fingerprint.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { QueryError, type QueryErrorType } from '#core/promql.js';
import { MapColumn, nativeBlock, NumberColumn, StringColumn } from '#store/native.js';
import type { Store } from '#store/store.js';
import { promqlConfig } from '../promql/config.js';
import { createPromEngine } from '../promql/engine.js';
import { compareLabels, fromRecord, keyOf, labelOf, METRIC_NAME, toRecord, type LabelSet } from '../promql/labels.js';
import { HISTOGRAM, type SampleSource, type SeriesData } from '../promql/source.js';
import { createStoreSource } from '../promql/store/store-source.js';
import { prometheusApi } from '../server/prometheus/api.js';
import type { Outcome, Point } from './compare.js';
import { createMemorySource, type MemorySource } from './memory.js';
import { numberOf } from '../promql/notation.js';
import type { Subject } from './runner.js';

/** So that what queries keep for each other is tried too. */
const CACHE_BYTES = 64 * 1024 ** 2;

export interface HttpSubject extends Subject {
  close(): Promise<void>;
}

/**
 * The whole path: samples are inserted into the store, read back by the engine, asked for over HTTP.
 * Native histograms with fractional counts, custom buckets or hints have no column in the store, nor have start times; they stay in memory and are joined to what the store answers.
 */
export async function createHttpSubject(store: Store): Promise<HttpSubject> {
  // The scripts' samples are from 1970, which retention would delete at once, with what they are of.
  for (const table of ['metric_samples', 'metric_series']) await store.command(`ALTER TABLE ${table} REMOVE TTL`);
  const memory = createMemorySource();
  const source = withMemory(createStoreSource(store, { recentBytes: CACHE_BYTES, cacheBytes: CACHE_BYTES }), memory);
  const config = promqlConfig.parse({ timeout: '100s' });
  const engine = createPromEngine({ store, registry: new Registry(), config, source });
  const app = express().use(prometheusApi({ rules: { groups: () => [], faults: () => [], noteOf: () => '' }, engine, clock: systemClock, logger: silentLogger, version: '0', sources: () => [], status: () => Promise.reject(new Error('none')), ready: () => Promise.resolve(true) }));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
  const folder = mkdtempSync(join(tmpdir(), 'faultline-conformance-'));
  const loader = createLoader(store, folder);
  return {
    async load(series, stepMs) {
      for (const one of series) memory.load(one, stepMs);
      loader.changed = true;
    },
    async clear() {
      memory.clear();
      loader.changed = true;
    },
    async ask({ text, start, end, stepMs, instant }) {
      if (loader.changed) await loader.load(memory);
      const form = instant ? { query: text, time: String(start / 1000) } : { query: text, start: String(start / 1000), end: String(end / 1000), step: String(stepMs / 1000) };
      const response = await fetch(`${url}/query${instant ? '' : '_range'}`, { method: 'POST', body: new URLSearchParams(form) });
      return readOutcome((await response.json()) as ApiBody);
    },
    async close() {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes what the scripts loaded into the store's own tables, as its collector does: one Native block per table. */
function createLoader(store: Store, folder: string) {
  let batch = 0;
  const loader = {
    changed: false,
    async load(memory: MemorySource): Promise<void> {
      loader.changed = false;
      batch += 1;
      await store.command('TRUNCATE TABLE metric_series');
      await store.command('TRUNCATE TABLE metric_samples');
      const series = { id: new NumberColumn('id', 'UInt64'), name: new StringColumn('name'), labels: new MapColumn('labels') };
      const samples = { series: new NumberColumn('series', 'UInt64'), time: new NumberColumn('time', 'DateTime64(3)'), value: new NumberColumn('value', 'Float64') };
      for (const { labels, samples: written } of memory.all()) {
        const id = BigInt(`0x${fingerprint(toRecord(labels))}`);
        series.id.pushBigInt(id);
        series.name.push(labelOf(labels, METRIC_NAME));
        series.labels.pushRecord(Object.fromEntries(Object.entries(toRecord(labels)).filter(([name]) => name !== METRIC_NAME)));
        for (const [time, sample] of written) {
          if (typeof sample !== 'number' && sample !== 'stale') continue;
          samples.series.pushBigInt(id);
          samples.time.push(time);
          if (sample === 'stale') samples.value.pushParts(2, 0x7ff0_0000);
          else samples.value.push(sample);
        }
      }
      for (const [table, columns] of [['metric_series', series], ['metric_samples', samples]] as const) {
        const all = Object.values(columns);
        if ((all[0]?.rows ?? 0) === 0) continue;
        const path = join(folder, `${table}-${batch}.native`);
        writeFileSync(path, nativeBlock(all));
        const names = all.map(({ name }) => name).join(', ');
        await (table === 'metric_samples' ? store.insertNativeFile(table, path, `${folder}-${table}-${batch}`) : store.command(`INSERT INTO ${table} (${names}) SELECT ${names} FROM file('${path}', 'Native')`));
      }
    },
  };
  return loader;
}

/** Floats from the store, histograms and start times from memory. */
function withMemory(store: SampleSource, memory: MemorySource): SampleSource {
  return {
    async select(matchers, from, to, limits) {
      const floats = await store.select(matchers, from, to, limits);
      const native = (await memory.select(matchers, from, to, limits)).filter(({ kinds, starts }) => kinds.includes(HISTOGRAM) || starts);
      const byLabels = new Map(floats.map((series) => [keyOf(series.labels), series]));
      for (const one of native) byLabels.set(keyOf(one.labels), joined(byLabels.get(keyOf(one.labels)), one));
      return [...byLabels.values()].toSorted((a, b) => compareLabels(a.labels, b.labels));
    },
  };
}

function joined(floats: SeriesData | undefined, native: SeriesData): SeriesData {
  const starts = native.starts && new Map(Array.from(native.times, (time, at) => [time, native.starts?.[at] ?? 0]));
  const rows = [...(floats ? rowsOf(floats) : []), ...rowsOf(native).filter(({ kind }) => kind === HISTOGRAM)].toSorted((a, b) => a.time - b.time);
  return { labels: native.labels, times: Float64Array.from(rows, ({ time }) => time), values: Float64Array.from(rows, ({ value }) => value), kinds: Uint8Array.from(rows, ({ kind }) => kind), histograms: rows.map(({ histogram }) => histogram), ...(starts && { starts: Float64Array.from(rows, ({ time }) => starts.get(time) ?? 0) }) };
}

function rowsOf({ times, values, kinds, histograms }: SeriesData) {
  return Array.from(times, (time, at) => ({ time, value: values[at] ?? Number.NaN, kind: kinds[at] ?? 0, histogram: histograms?.[at] }));
}

type ApiSample = readonly [number, string];
interface ApiNative {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [number, string, string, string])[];
}
interface ApiSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: ApiSample;
  readonly histogram?: readonly [number, ApiNative];
  readonly values?: readonly ApiSample[];
  readonly histograms?: readonly (readonly [number, ApiNative])[];
}
type ApiBody =
  | { readonly status: 'error'; readonly errorType: QueryErrorType; readonly error: string }
  | { readonly status: 'success'; readonly data: { readonly resultType: 'scalar'; readonly result: ApiSample } | { readonly resultType: 'string'; readonly result: ApiSample } | { readonly resultType: 'vector'; readonly result: readonly ApiSeries[] } | { readonly resultType: 'matrix'; readonly result: readonly ApiSeries[] }; readonly warnings?: readonly string[]; readonly infos?: readonly string[] };

function readOutcome(body: ApiBody): Outcome {
  if (body.status === 'error') throw new QueryError(body.errorType, body.error);
  const { data, warnings = [], infos = [] } = body;
  switch (data.resultType) {
    case 'scalar':
      return { type: 'scalar', scalar: numberOf(data.result[1]), series: [], warnings, infos };
    case 'string':
      return { type: 'string', string: data.result[1], series: [], warnings, infos };
    case 'vector':
    case 'matrix':
      return { type: data.resultType, series: data.result.map(readSeries), warnings, infos };
  }
}

function readSeries({ metric, value, values = [], histogram, histograms = [] }: ApiSeries): { labels: LabelSet; points: Map<number, Point> } {
  const points = new Map<number, Point>();
  const at = (seconds: number): number => Math.round(seconds * 1000);
  for (const [time, text] of value ? [value] : values) points.set(at(time), numberOf(text));
  for (const [time, native] of histogram ? [histogram] : histograms) points.set(at(time), { count: numberOf(native.count), sum: numberOf(native.sum), buckets: (native.buckets ?? []).map(([boundaries, lower, upper, count]) => [boundaries, numberOf(lower), numberOf(upper), numberOf(count)] as const) });
  return { labels: fromRecord(metric), points };
}

