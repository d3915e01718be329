import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Incident } from '#core/types.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from './config.js';
import { incidentsConfig } from './incidents/config.js';
import { openInference, type Inference } from './onnx/inference.js';
import { replay } from './replay.js';
import { createRandom } from './testing.js';

const STEP = 15_000;
/** Steps of history that is learned, of quiet that is judged, and of trouble. */
const [HISTORY, QUIET, TROUBLE] = [120, 40, 16];
const FROM = Math.floor(Date.now() / STEP) * STEP - (QUIET + TROUBLE + 4) * STEP;
const ONSET = FROM + QUIET * STEP;
const PATHS = ['/items', '/orders'];

let store: Store;
let inference: Inference;
beforeAll(async () => {
  store = await openTestStore();
  inference = await openInference(['cpu']);
});
afterEach(async () => {
  for (const table of ['metric_series', 'metric_samples', 'metric_1m']) await store.command(`TRUNCATE TABLE ${table}`);
});
afterAll(async () => {
  await inference.close();
  await store.close();
});

interface Behaviour {
  /** What one of two processes holds. */
  readonly bytes?: number;
  /** Mean time of a request, and the share that fails. */
  readonly ms: number;
  readonly failing: number;
  /** Of one path of one instance in a step. */
  readonly requests?: number;
}

/** What Prometheus scrapes of two web servers before two of an API, which asks a database. */
async function scrape(trouble: { readonly web: Behaviour; readonly api: (instance: string) => Behaviour; readonly connections: number; readonly down?: string }): Promise<void> {
  const random = createRandom(7);
  const samples: { series: string; time: string; value: number }[] = [];
  const described: object[] = [];
  const series = (service: string, name: string, type: string, labels: Record<string, string>): string => {
    described.push({ id: String(described.length + 1), name, metric: name, type, unit: name.includes('seconds') ? 's' : '', service, labels: { job: service, ...labels }, last_seen: Math.floor(ONSET / 1000) });
    return String(described.length);
  };
  const held = new Map<string, [number, number][]>(['web-a', 'web-b', 'api-a', 'api-b'].map((process) => [process, []]));
  const at = Array.from({ length: HISTORY + QUIET + TROUBLE }, (_, slot) => FROM + (slot - HISTORY) * STEP);
  for (const [service, usual, code] of [['web', 24, '502'], ['api', 20, '500']] as const) {
    for (const instance of ['a', 'b']) {
      for (const path of PATHS) {
        const counter = (name: string, labels: Record<string, string> = {}): string => series(service, name, 'counter', { instance: `${service}-${instance}:8080`, path, ...labels });
        const ids = [counter('http_requests_total', { code: '200' }), counter('http_requests_total', { code }), counter('http_request_duration_seconds_count'), counter('http_request_duration_seconds_sum')];
        const sums = [0, 0, 0, 0];
        for (const time of at) {
          const { ms, failing, bytes, requests: usually = 75 } = time < ONSET ? { ms: usual, failing: 0.002, bytes: 1e8 } : service === 'web' ? trouble.web : trouble.api(instance);
          const requests = random.poisson(usually);
          const failed = Math.min(requests, random.poisson(requests * failing));
          if (path === '/items') held.get(`${service}-${instance}`)?.push([time, (bytes ?? 1e8) + 1e6 * random.normal()]);
          for (const [index, gain] of [requests - failed, failed, requests, requests * (ms / 1000) * (1 + 0.05 * random.normal())].entries()) {
            sums[index] = (sums[index] ?? 0) + gain;
            samples.push({ series: ids[index] ?? '', time: new Date(time + 2_000).toISOString(), value: sums[index] ?? 0 });
          }
        }
      }
    }
  }
  for (const [process, all] of held) {
    const id = series(process.slice(0, 3), 'process_resident_memory_bytes', 'gauge', { instance: `${process}:8080` });
    const up = series(process.slice(0, 3), 'up', 'gauge', { instance: `${process}:8080` });
    for (const [time, value] of all) {
      samples.push({ series: id, time: new Date(time + 2_000).toISOString(), value });
      samples.push({ series: up, time: new Date(time + 2_000).toISOString(), value: time >= ONSET && process === trouble.down ? 0 : 1 });
    }
  }
  const connections = series('postgres', 'pg_stat_activity_count', 'gauge', { instance: 'postgres:9187', state: 'active' });
  for (const time of at) samples.push({ series: connections, time: new Date(time + 2_000).toISOString(), value: Math.round((time < ONSET ? 6 : trouble.connections) + random.normal()) });
  await store.insert('metric_series', described);
  await store.insert('metric_samples', samples);
}

/** The incidents at their last, and when each was told first, in seconds after the onset. */
async function lived(): Promise<{ readonly incident: Incident; readonly afterS: number }[]> {
  const found = new Map<string, { incident: Incident; afterS: number }>();
  await replay({
    store, models: inference.ask, config: { detector: detectorConfig.parse({}), incidents: incidentsConfig.parse({}) }, from: FROM, to: FROM + (QUIET + TROUBLE) * STEP,
    events: { consume: async ({ incident }) => void found.set(incident.id, { incident, afterS: found.get(incident.id)?.afterS ?? (incident.openedAt - ONSET) / 1000 }) },
  });
  return [...found.values()];
}

it('finds a database that has no connections left, in one incident with those who call it, where Prometheus is all there is', async () => {
  await scrape({ web: { ms: 135, failing: 0.1 }, api: () => ({ ms: 130, failing: 0.1 }), connections: 96 });
  const [found, ...others] = await lived();
  expect(others).toEqual([]);
  expect(found?.incident.services.toSorted()).toEqual(['api', 'postgres', 'web']);
  expect(found?.incident.causes[0]?.service).toBe('postgres');
  expect([found?.incident.severity, (found?.afterS ?? 0) <= 60]).toEqual(['critical', true]);
});

it('finds the one instance that is slow, and says which', async () => {
  await scrape({ web: { ms: 60, failing: 0.002 }, api: (instance) => ({ ms: instance === 'b' ? 160 : 20, failing: 0.002 }), connections: 6 });
  const [found, ...others] = await lived();
  expect(others).toEqual([]);
  expect(found?.incident.causes[0]?.service).toBe('api');
  expect(found?.incident.summary).toContain('All slow requests of api have instance api-b:8080; of the others none does.');
  expect(found?.incident.firstCheck).toContain('Compare api-b:8080 with the other instances of api');
});

it('finds the one process that holds ever more, and says which of them', async () => {
  await scrape({ web: { ms: 24, failing: 0.002 }, api: (instance) => ({ ms: 20, failing: 0.002, bytes: instance === 'b' ? 6e8 : 1e8 }), connections: 6 });
  const [found, ...others] = await lived();
  expect(others).toEqual([]);
  expect(found?.incident.causes[0]).toMatchObject({ service: 'api', reason: expect.stringMatching(/^memory .* Of its 2 instances only api-b:8080 shows it\.$/) as string });
});

it('finds that the requests of all stay away', async () => {
  await scrape({ web: { ms: 24, failing: 0.002, requests: 6 }, api: () => ({ ms: 20, failing: 0.002, requests: 6 }), connections: 6 });
  const [found, ...others] = await lived();
  expect(others).toEqual([]);
  expect(found?.incident.services.toSorted()).toEqual(['api', 'web']);
  expect([found?.incident.severity, found?.incident.title, found?.incident.firstCheck]).toEqual(['critical', expect.stringMatching(/^(?:web|api): traffic 20\.\d\/s → 1\/s$/), expect.stringMatching(/^Check what stands before (?:web|api): /)]);
});

it('finds a target that does not answer', async () => {
  await scrape({ web: { ms: 24, failing: 0.002 }, api: () => ({ ms: 20, failing: 0.002 }), connections: 6, down: 'api-b' });
  const [found, ...others] = await lived();
  expect(others).toEqual([]);
  expect([found?.incident.title, found?.incident.firstCheck]).toEqual(['api: api-b:8080 does not answer', 'Check that api-b:8080 of api runs and can be reached: it does not answer Prometheus.']);
});

it('opens nothing while all is as usual', async () => {
  await scrape({ web: { ms: 24, failing: 0.002 }, api: () => ({ ms: 20, failing: 0.002 }), connections: 6 });
  expect(await lived()).toEqual([]);
});
