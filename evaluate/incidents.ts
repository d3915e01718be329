import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Incident, Series, UnixMs } from '#core/types.js';
import { emptyStore } from '#store/empty.js';
import type { Config } from '../config.js';
import { atPaceOf } from '../detector/incidents/config.js';
import { createIncidents } from '../detector/incidents/incidents.js';
import { keepStates } from '../detector/incidents/states.js';
import { createTopology, type Topology } from '../detector/incidents/graph/topology.js';
import { openInference } from '../detector/onnx/inference.js';
import { Readings } from '../detector/measured.js';
import type { Ask } from '../detector/ask.js';
import { createWatch } from '../detector/watch.js';
import { isWait } from './classify.js';
import { edgesOf, stepOf, toldBy, waitsOf } from './evidence.js';
import { ownOf } from './shared.js';
import { listCases, readCase, type Case } from './layout.js';
import { measureComplaints } from './logs.js';
import { piecesOf, type Pieces, type Told } from './pieces.js';
import { measureSpans, type FromSpans } from './spans.js';

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
    for (const id of listCases(root)) {
      const one = readCase(root, id);
      found[id] = (await liveThrough(one, config, inference.ask)).flatMap((states) => foundIn(states, stepIn(one, config)));
    }
    return found;
  } finally {
    await inference.close();
  }
}

/** The step at which a case is lived through. */
function stepIn({ metrics }: Case, { detector }: Pick<Config, 'detector'>): number {
  return metrics.length > 0 ? Math.max(STEP_UNIT_MS, Math.round(stepOf(metrics) / STEP_UNIT_MS) * STEP_UNIT_MS) : detector.step;
}

/** Lives through a case; returns all states of each of its incidents. Who calls whom, and how calls go, is that of `topologyAt` where it is given. */
export async function liveThrough(one: Case, { detector, incidents: given }: Pick<Config, 'detector' | 'incidents'>, models: Ask, topologyAt?: (at: UnixMs) => Topology): Promise<Incident[][]> {
  const step = stepIn(one, { detector });
  const config = { ...detector, step };
  const pieces = piecesOf([...one.spans, ...one.logs], step, 0);
  const spans = measureSpans(one.spans, pieces);
  const slots = slotsOf(one, spans, pieces);
  const times = [...slots.keys()].toSorted((a, b) => a - b);
  const [from, to] = [times[0] ?? 0, times.at(-1) ?? 0];
  let now = from;
  const states = keepStates();
  const incidents = createIncidents({
    store: emptyStore, registry: new Registry(), logger: silentLogger, clock: () => now, config: atPaceOf(config, given),
    events: states.events,
    topologyAt: async (at) => topologyAt?.(at) ?? topologyOf(one, spans, pieces, at),
  });
  const watch = createWatch(config, models);
  for (let at = from, left = MOST_STEPS; at <= to && left > 0; at += step, left -= 1) {
    const { anomalies } = await watch.step(at, slots.get(at) ?? empty, 0, undefined);
    now = at + step + config.delay;
    await incidents.consume(anomalies);
  }
  return states.all();
}

/** The state of an incident that whoever is paged looks at. */
export function lookedAt(states: readonly Incident[], step: number): Incident | undefined {
  const [opened] = states;
  return opened && (states.findLast(({ updatedAt }) => updatedAt <= opened.openedAt + LOOK_STEPS * step) ?? opened);
}

function foundIn(states: readonly Incident[], step: number): Found[] {
  const [opened] = states;
  const seen = lookedAt(states, step);
  return opened && seen ? [{ start: opened.openedAt / 1000, ranking: seen.causes.map(({ service, confidence }) => [service, confidence] as const) }] : [];
}

const empty = new Readings();

/** Readings by the beginning of their step; of several points in one step the last counts. */
function slotsOf({ metrics, calls, logs }: Case, spans: FromSpans, pieces: Pieces): Map<number, Readings> {
  const step = pieces.widthMs;
  const slots = new Map<number, Readings>();
  const rates = new Map<string, Map<number, number>>();
  const all = ownOf(metrics, step).map(toldBy);
  const serving = new Set([...all, ...spans.told].filter(({ series }) => series.kind === 'latency').map(({ series }) => series.service));
  // Where it is known how long an entity takes, how long it waits is a part of that, and noisier.
  const read = all.filter(({ series }) => !(serving.has(series.service) && isWait(series.metric)));
  for (const { series, times, values } of read) {
    if (series.kind !== 'rate') continue;
    const known = rates.get(series.service) ?? new Map<number, number>();
    rates.set(series.service, known);
    for (const [index, time] of times.entries()) known.set(Math.floor(time / step), (values[index] ?? 0) * (step / 1000));
  }
  /** What a value rests on where that is not told. */
  const guess = ({ kind, service, metric }: Series, time: number): number =>
    kind === 'metric' ? 0 : Math.round((rates.get(service)?.get(Math.floor(time / step)) ?? TYPICAL_COUNT) * (kind === 'latency' ? tailOf(metric) : 1));
  const slotAt = (time: number): Readings => {
    const at = Math.floor(time / step) * step;
    const slot = slots.get(at) ?? new Readings();
    slots.set(at, slot);
    return slot;
  };
  const put = ({ series, times, values, counts }: Told, count: (time: number) => number): void => {
    for (const [index, time] of times.entries()) {
      const slot = slotAt(time);
      slot.alive[0] = 1;
      slot.put(series, 0, values[index] ?? 0, counts?.[index] ?? count(time));
    }
  };
  for (const told of [...read, ...spans.told, ...measureComplaints(logs, pieces)]) put(told, (time) => guess(told.series, time));
  for (const { entity, times } of metrics) for (const time of times) slotAt(time).arrive(entity, 0, 1);
  for (const call of calls) put(waitsOf(call), () => TYPICAL_COUNT);
  return slots;
}

/** The detector takes latencies for 95th percentiles: a 99th rests on a fifth of the requests, a median on ten times as many. */
function tailOf(metric: string): number {
  const percentile = /p(50|75|90|95|99)(?!\d)/i.exec(metric)?.[1];
  return percentile === undefined ? 1 : (100 - Number(percentile)) / 5;
}

/** The given graph, and that of the spans, with the health of its calls as of a time. */
function topologyOf(one: Case, spans: FromSpans, pieces: Pieces, at: number): Topology {
  const measured = new Set([...one.metrics.map(({ entity }) => entity), ...spans.told.map(({ series }) => series.service)]);
  const start = at - RECENT_STEPS * pieces.widthMs;
  const compared = { start, end: at, usual: (time: number) => time < start && time >= start - USUAL_MS };
  return createTopology([...edgesOf(one, spans, pieces, compared).values()].map((edge) => ({ ...edge, silent: !measured.has(edge.server) })));
}
