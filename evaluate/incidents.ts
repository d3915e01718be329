import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Incident, Series } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Config } from '../config.js';
import { atPaceOf } from '../detector/incidents/config.js';
import { createIncidents } from '../detector/incidents/incidents.js';
import { createTopology, type Topology } from '../detector/incidents/topology.js';
import { openInference } from '../detector/onnx/inference.js';
import { Readings } from '../detector/measured.js';
import type { Ask } from '../detector/ask.js';
import { createWatch } from '../detector/watch.js';
import { isWait } from './classify.js';
import { callSeries, classified, edgeOf, stepOf } from './evidence.js';
import { ownOf } from './shared.js';
import { listCases, readCase, type CallTimes, type Case, type Measurement } from './layout.js';

export interface Found {
  /** When it opened, epoch seconds. */
  readonly start: number;
  readonly ranking: readonly (readonly [name: string, confidence: number])[];
}

/** Steps after its opening at which an incident's ranking is taken: who is paged looks by then. */
const LOOK_STEPS = 2;
/** Health of a call is that of so many steps against the hour before. */
const RECENT_STEPS = 4;
const USUAL_MS = 3_600_000;
/** What a mean or percentile rests on where nobody says. */
const TYPICAL_COUNT = 30;
const STEP_UNIT_MS = 5_000;
/** Of a span of years in which a clock went wrong, so much is lived through. */
const MOST_STEPS = 100_000;

/** Lives through every case below `root` as one timeline: the same watch, models, correlation and ranking as live, on the times of the data. */
export async function findIncidents(root: string, config: Pick<Config, 'detector' | 'incidents'>): Promise<Record<string, Found[]>> {
  const inference = await openInference();
  try {
    const found: Record<string, Found[]> = {};
    for (const id of listCases(root)) found[id] = await live(readCase(root, id), config, inference.ask);
    return found;
  } finally {
    await inference.close();
  }
}

async function live(one: Case, { detector, incidents: given }: Pick<Config, 'detector' | 'incidents'>, models: Ask): Promise<Found[]> {
  const step = Math.max(STEP_UNIT_MS, Math.round(stepOf(one.metrics) / STEP_UNIT_MS) * STEP_UNIT_MS);
  const config = { ...detector, step };
  const slots = slotsOf(ownOf(one.metrics, step), one.calls, step);
  const times = [...slots.keys()].toSorted((a, b) => a - b);
  const [from, to] = [times[0] ?? 0, times.at(-1) ?? 0];
  let now = from;
  /** Every state of every incident, in order. */
  const states = new Map<string, Incident[]>();
  const incidents = createIncidents({
    store: nothing, registry: new Registry(), logger: silentLogger, clock: () => now, config: atPaceOf(config, given),
    events: { consume: async ({ incident }) => void states.set(incident.id, [...(states.get(incident.id) ?? []), incident]) },
    topologyAt: async (at) => topologyOf(one, at, step),
  });
  const watch = createWatch(config, models);
  for (let at = from, left = MOST_STEPS; at <= to && left > 0; at += step, left -= 1) {
    const { anomalies } = await watch.step(at, slots.get(at) ?? empty, 0, undefined);
    now = at + step + config.delay;
    await incidents.consume(anomalies);
  }
  return [...states.values()].flatMap((all) => {
    const [opened] = all;
    const seen = opened && (all.findLast(({ updatedAt }) => updatedAt <= opened.openedAt + LOOK_STEPS * step) ?? opened);
    return opened && seen ? [{ start: opened.openedAt / 1000, ranking: seen.causes.map(({ service, confidence }) => [service, confidence] as const) }] : [];
  });
}

const empty = new Readings();

/** Readings by the beginning of their step; of several points in one step the last counts. */
function slotsOf(metrics: readonly Measurement[], calls: readonly CallTimes[], step: number): Map<number, Readings> {
  const slots = new Map<number, Readings>();
  const rates = new Map<string, Map<number, number>>();
  const all = metrics.map((measurement) => ({ measurement, ...classified(measurement) }));
  const serving = new Set(all.filter(({ series }) => series.kind === 'latency').map(({ series }) => series.service));
  // Where it is known how long an entity takes, how long it waits is a part of that, and noisier.
  const read = all.filter(({ series }) => !(serving.has(series.service) && isWait(series.metric)));
  for (const { measurement, series } of read) {
    if (series.kind !== 'rate') continue;
    const known = rates.get(series.service) ?? new Map<number, number>();
    rates.set(series.service, known);
    for (const [index, time] of measurement.times.entries()) known.set(Math.floor(time / step), (measurement.values[index] ?? 0) * (step / 1000));
  }
  const put = (series: Series, time: number, value: number, count: number): void => {
    const at = Math.floor(time / step) * step;
    const slot = slots.get(at) ?? new Readings();
    slots.set(at, slot);
    slot.alive[0] = 1;
    slot.put(series, 0, value, count);
  };
  for (const { measurement, series, of } of read) {
    for (const [index, time] of measurement.times.entries()) {
      const requests = rates.get(series.service)?.get(Math.floor(time / step)) ?? TYPICAL_COUNT;
      const count = series.kind === 'metric' ? 0 : Math.round(requests * (series.kind === 'latency' ? tailOf(series.metric) : 1));
      put(series, time, of(measurement.values[index] ?? 0), count);
    }
  }
  for (const call of calls) {
    const series = callSeries(call);
    for (const [index, time] of call.times.entries()) put(series, time, call.ms[index] ?? 0, TYPICAL_COUNT);
  }
  return slots;
}

/** The detector takes latencies for 95th percentiles: a 99th rests on a fifth of the requests, a median on ten times as many. */
function tailOf(metric: string): number {
  const percentile = /p(50|75|90|95|99)(?!\d)/i.exec(metric)?.[1];
  return percentile === undefined ? 1 : (100 - Number(percentile)) / 5;
}

/** The given graph with the health of its calls as of a time. */
function topologyOf({ edges, calls, metrics }: Case, at: number, step: number): Topology {
  const measured = new Set(metrics.map(({ entity }) => entity));
  const start = at - RECENT_STEPS * step;
  const compared = { start, end: at, usual: (time: number) => time < start && time >= start - USUAL_MS };
  const all = [...edges.map(({ caller, callee }) => ({ client: caller, server: callee, errorRise: 0, slowdown: 1 })), ...calls.map((call) => edgeOf(call, compared))];
  return createTopology(all.map((edge) => ({ ...edge, silent: !measured.has(edge.server) })));
}

/** A store without anything in it: files are read, nothing is kept. */
const nothing: Store = {
  mode: 'embedded', version: '', query: async () => [], queryBytes: async () => Buffer.alloc(0), command: async () => {},
  insert: async () => {}, insertNative: async () => {}, insertNativeFile: async () => {}, readRaw: async () => ({ body: Buffer.alloc(0), readRows: 0, readBytes: 0 }), diskBytes: async () => 0, close: async () => {},
};
