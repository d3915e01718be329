import { BY_METRICS } from '#core/served.js';
import { seriesOf } from '#core/series.js';
import type { Anomaly, Series, UnixMs } from '#core/types.js';
import { isLeftOut } from '../detector/incidents/cause/calls-per-request.js';
import { shiftOf, type Guards } from '../detector/incidents/cause/shift.js';
import type { Edge } from '../detector/incidents/graph/edges.js';
import { symptomOf } from '../detector/incidents/symptom.js';
import { createTopology, type Topology } from '../detector/incidents/graph/topology.js';
import { classify, named } from './classify.js';
import type { Alert, CallTimes, Case, Measurement } from './layout.js';
import { measureLogs } from './logs.js';
import { piecesOf, type Pieces, type Told } from './pieces.js';
import { ownOf } from './shared.js';
import { silencesOf } from './silences.js';
import { edgesOfCalls, measureSpans, type FromSpans } from './spans.js';

/** What the ranking works on. */
export interface Evidence {
  readonly anomalies: readonly Anomaly[];
  readonly topology: Topology;
  readonly entities: readonly string[];
  /** The largest move of each entity that stayed within what is usual, 0..1; MOVED where one beyond it hurts nobody, such as requests that are served faster, or where it leaves out calls. */
  readonly faint: ReadonlyMap<string, number>;
  /** Usual time between two points, milliseconds; 0 when nothing is measured. */
  readonly step: number;
}

/** More than any hint within what is usual: such an entity comes right behind the suspects. */
const MOVED = 3;
const GUARDS: Readonly<Record<Series['kind'], Guards>> = {
  rate: { relative: 0.4, absolute: 0 },
  errors: { relative: 0, absolute: 0.005 },
  latency: { relative: 0.2, absolute: 0 },
  metric: { relative: 0.1, absolute: 0 },
  logs: { relative: 0.5, absolute: 2 },
};
/** Fewer failed requests in the whole window are what fails now and then. */
const LEAST_FAILED = 3;
/** A latency that moves by less does not matter, where its unit is known. */
const LEAST_MS = 5;
const CALL_METRIC = 'call_ms';
/** Points before the window that are not yet usual nor yet the fault. */
const MARGIN_MS = 60_000;
/** Spans and records are counted by the minute, or in so many pieces of a shorter window, of some seconds at least. */
const PIECE_MS = 60_000;
const PIECES = 4;
const LEAST_PIECE_MS = 5_000;

/** Compares the case's window with its usual times: every series that moved is an anomaly, every alert is one already. */
export function evidenceOf(one: Case): Evidence {
  const window = windowOf(one);
  const recorded = [...one.spans, ...one.logs];
  const pieces = piecesOf(recorded, Math.min(PIECE_MS, Math.max(LEAST_PIECE_MS, (window.end - window.start) / PIECES)), window.start);
  const spans = measureSpans(one.spans, pieces);
  // Slow calls speak against their callee, whoever measured them.
  const told = [...ownOf(one.metrics, stepOf(one.metrics)).map(toldBy), ...spans.told, ...measureLogs(one.logs, pieces), ...one.calls.map(waitsOf)];
  const measured = told.flatMap((series) => movedOf(series, window) ?? []);
  const faint = new Map<string, number>();
  const hint = (entity: string, move: number): void => void faint.set(entity, Math.max(faint.get(entity) ?? 0, move));
  for (const anomaly of measured) if (anomaly.score <= 1 || symptomOf(anomaly) === 'none') hint(anomaly.series.service, anomaly.score <= 1 ? anomaly.score : MOVED);
  const edges = edgesOf(one, spans, pieces, window);
  for (const edge of edges.values()) if (isLeftOut(edge)) hint(edge.client, MOVED);
  for (const { caller, entity } of one.alerts) if (caller !== '' && caller !== entity) edges.set(`${caller}\0${entity}`, { client: caller, server: entity, errorRise: 0, slowdown: 1 });
  const named = new Set([...one.metrics.map(({ entity }) => entity), ...one.spans.map(({ entity }) => entity), ...one.alerts.map(({ entity }) => entity), ...one.logs.map(({ entity }) => entity), ...[...edges.values()].flatMap(({ client, server }) => [client, server])]);
  return {
    anomalies: [...measured.filter(({ score }) => score > 1), ...silencesOf(one.metrics, window, stepOf(one.metrics)), ...one.alerts.map(anomalyOfAlert)],
    topology: createTopology([...edges.values()]),
    entities: one.entities ?? [...named].toSorted(),
    faint,
    step: one.metrics.length === 0 && recorded.length > 0 ? pieces.widthMs : stepOf(one.metrics),
  };
}

/** The time that one caller waits for its callee, a series of the callee. */
export function callSeries({ caller, callee }: CallTimes): Series {
  return seriesOf('latency', callee, `calls of ${caller}`, CALL_METRIC, 'ms');
}

/** Median time between two points. */
export function stepOf(metrics: readonly Measurement[]): number {
  const gaps = metrics.flatMap(({ times }) => times.slice(1, 4).map((time, index) => time - (times[index] ?? time))).toSorted((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 0;
}

export interface Compared {
  readonly start: UnixMs;
  readonly end: UnixMs;
  readonly usual: (at: UnixMs) => boolean;
}

/** The window of the case; its second half where none is given. */
function windowOf({ window, baseline, metrics, spans, logs }: Case): Compared {
  const rows = [spans, logs].flat();
  const first = metrics.reduce((least, { times }) => Math.min(least, times[0] ?? least), rows.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY));
  const last = metrics.reduce((most, { times }) => Math.max(most, times.at(-1) ?? most), rows.reduce((most, { at }) => Math.max(most, at), 0));
  const start = window?.start ?? (first + last) / 2;
  const usual = baseline ? (at: UnixMs) => at >= baseline.start && at <= baseline.end : (at: UnixMs) => at < start - (window ? MARGIN_MS : 0);
  return { start, end: window?.end ?? Number.POSITIVE_INFINITY, usual };
}

/** A neutral metric as the series that the product would watch. */
export function toldBy({ entity, metric, times, values }: Measurement): Told {
  const known = classify(entity, metric, values.reduce((most, value) => Math.max(most, value), 0));
  const series = known.series.kind === 'metric' ? known.series : { ...known.series, labels: BY_METRICS };
  return { series, times, values: values.map((value) => known.of(value)) };
}

export const waitsOf = (call: CallTimes): Told => ({ series: callSeries(call), times: call.times, values: call.ms });

function movedOf({ series, times, values, counts }: Told, { start, end, usual }: Compared): Anomaly | undefined {
  const before: number[] = [];
  const now: number[] = [];
  const at: UnixMs[] = [];
  let failed = 0;
  for (const [index, time] of times.entries()) {
    const value = values[index] ?? 0;
    if (usual(time)) before.push(value);
    else if (time >= start && time <= end) {
      now.push(value);
      at.push(time);
      failed += value * (counts?.[index] ?? 0);
    }
  }
  const { relative, absolute } = GUARDS[series.kind];
  const shift = shiftOf(before, now, { relative, absolute: series.unit === 'ms' ? LEAST_MS : absolute });
  if (!shift) return undefined;
  const { expected, value, lower, upper, direction, onset } = shift;
  const score = series.kind === 'errors' && counts && Math.round(failed) < LEAST_FAILED ? Math.min(1, shift.score) : shift.score;
  const startsAt = at[onset] ?? start;
  const last = at.at(-1) ?? startsAt;
  return { id: series.id, series, startsAt, endsAt: null, peakAt: startsAt, updatedAt: last, value, expected, lower, upper, score, direction, points: now.length, contributions: [] };
}

function anomalyOfAlert({ at, entity, name, kind, direction, caller }: Alert): Anomaly {
  const known = classify(entity, name, 0).series;
  // A share of what went well that falls is errors that rise.
  const rises = known.kind === 'errors' && direction === 'down' ? 'up' : direction;
  const labels = caller === '' ? {} : { caller };
  const base = kind === '' ? known : named(isKind(kind) ? kind : 'metric', entity, name, '');
  const series = { ...base, id: `${base.id} ${caller}`, labels };
  return { id: series.id, series, startsAt: at, endsAt: null, peakAt: at, updatedAt: at, value: 1, expected: 0, lower: 0, upper: 0, score: 1, direction: rises, points: 1, contributions: [] };
}

const isKind = (kind: string): kind is Series['kind'] => kind in GUARDS;

/** Who calls whom, by both names: the given graph, and how calls go in the spans and in what callers waited. */
export function edgesOf({ edges, calls }: Pick<Case, 'edges' | 'calls'>, spans: FromSpans, pieces: Pieces, compared: Compared): Map<string, Edge> {
  const found = [
    ...edges.map(({ caller, callee }): Edge => ({ client: caller, server: callee, errorRise: 0, slowdown: 1 })),
    ...edgesOfCalls(spans.calls, pieces, (at) => at >= compared.start && at <= compared.end, compared.usual),
    ...calls.map((call) => edgeOf(call, compared)),
  ];
  return new Map(found.map((edge) => [`${edge.client}\0${edge.server}`, edge]));
}

/** How much slower a caller sees its callee, against usual. */
function edgeOf(call: CallTimes, window: Compared): Edge {
  const seen = movedOf(waitsOf(call), window);
  const slower = seen && seen.score > 1 && seen.expected > 0 ? seen.value / seen.expected : 1;
  return { client: call.caller, server: call.callee, errorRise: 0, slowdown: slower };
}
