import type { UnixMs } from '#core/types.js';
import { exponentialMs } from '../../demo/random.js';
import type { Case, Measurement, SpanRow } from '../../evaluate/layout.js';
import { createServing, STEP_MS, type Notes, type Step, type Times } from './serve.js';
import type { Gauge } from './parts.js';
import type { System } from './system.js';

/** A case as docs/evaluate.md lays it out, and what spans and metrics say beyond that. */
export interface Recorded {
  readonly told: Case;
  readonly onset: UnixMs;
  /** By span, whom a call was meant for that nobody answered. */
  readonly meant: ReadonlyMap<SpanRow, string>;
  readonly hosts: System['hosts'];
}

const START: UnixMs = 1_760_000_040_000;
/** A fault begins at any time of a step. */
const WITHIN_S = 14;
const FIRST_JOB_MS = 5_000;
const FIRST_JOB_OF_FAULT_MS = 2_000;
/** When in its step a metric is read. */
const READ_AFTER_MS = 7_000;

/** Lives through the quiet and the fault of a system. */
export function record(system: System, id: string): Recorded {
  const onset = START + (system.quietS + Math.floor(system.random() * WITHIN_S)) * 1000;
  const times: Times = { start: START, onset, end: START + (system.quietS + system.faultS) * 1000 };
  const notes = send(system, times);
  const tells = (signal: System['omitted'][number]): boolean => !system.omitted.includes(signal);
  const edges = new Map(system.calls().map(({ from, call }) => [`${from} ${call.to}`, { caller: from, callee: call.to }]));
  return {
    told: {
      id, window: { start: onset, end: times.end }, baseline: undefined, alarm: undefined, system: '', entities: undefined, calls: [], alerts: [],
      metrics: tells('metrics') ? measure(system, notes, times) : [], edges: system.isDrawn ? [...edges.values()] : [],
      spans: tells('traces') ? notes.spans : [], logs: tells('logs') ? notes.logs : [],
    },
    onset, meant: tells('traces') ? notes.meant : new Map(), hosts: system.hosts,
  };
}

function send(system: System, times: Times): Notes {
  const { random, usually, fault, entries, jobs } = system;
  const { notes, begin } = createServing(system, times);
  const { start, onset, end } = times;
  const weights = entries.reduce((sum, { weight }) => sum + weight, 0);
  for (let at = start; at < end; ) {
    const hooks = at >= onset ? { ...usually, ...fault } : usually;
    at += exponentialMs(random, system.ratePerS * system.curve((at - start) / 1000) * (hooks.traffic ?? 1));
    let left = random() * weights;
    const entry = entries.find(({ weight }) => (left -= weight) < 0);
    if (entry && at < end && (at < onset || fault.enters?.(entry) !== false)) begin(at, entry.service, entry.operation);
  }
  for (const { service, operation, everyS, only } of jobs) {
    const [from, until] = [only === 'after' ? onset + FIRST_JOB_OF_FAULT_MS : start + FIRST_JOB_MS, only === 'before' ? onset : end];
    for (let at = from; at < until; at += everyS * 1000) begin(at + random() * 1000, service, operation);
  }
  return notes;
}

/** Of each service the processor, memory and, where that is measured, requests; and all gauges. */
function measure(system: System, notes: Notes, { start, onset, end }: Times): Measurement[] {
  const steps = Array.from({ length: Math.floor((end - start) / STEP_MS) }, (_, step) => step);
  const timeOf = (step: number): UnixMs => start + step * STEP_MS + READ_AFTER_MS;
  const measurement = (entity: string, metric: string, of: (step: number) => number | undefined): Measurement => {
    const points = steps.flatMap((step) => {
      const value = of(step);
      return value === undefined ? [] : [{ at: timeOf(step), value }];
    });
    return { entity, metric, times: points.map(({ at }) => at), values: points.map(({ value }) => value) };
  };
  const [cpu, memory] = system.measuredAs === 'prometheus' ? ['container_cpu_usage_seconds_rate', 'container_memory_working_set_bytes'] : ['process_cpu_utilization', 'process_memory_usage_bytes'];
  const ofServices = [...system.services.keys()].flatMap((name) => {
    const did = (step: number): Step => notes.steps.get(name)?.get(step) ?? NOTHING;
    const typical = steps.map((step) => did(step).busyMs).toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] || 1;
    const own = system.gauges[name] ?? {};
    return [
      ...(cpu in own ? [] : [measurement(name, cpu, (step) => Math.min(0.99, system.near(0.1, 0.1) + (0.2 * did(step).busyMs) / typical))]),
      measurement(name, memory, () => Math.round(system.near(3e8, 0.013))),
      ...Object.entries(system.measuredAs === undefined ? {} : REQUESTS[system.measuredAs]).map(([metric, of]) => measurement(name, metric, (step) => of(did(step)))),
    ];
  });
  const ofGauge = (name: string, metric: string, of: Gauge): Measurement => measurement(name, metric, (step) => of((timeOf(step) - onset) / 1000, (timeOf(step) - start) / 1000));
  return [...ofServices, ...Object.entries(system.gauges).flatMap(([name, gauges]) => Object.entries(gauges).map(([metric, of]) => ofGauge(name, metric, of)))];
}

const NOTHING: Step = { durations: [], failures: 0, busyMs: 0 };
const rate = ({ durations }: Step): number => durations.length / (STEP_MS / 1000);
const failing = ({ durations, failures }: Step): number | undefined => (durations.length > 0 ? failures / durations.length : undefined);
const tail = ({ durations }: Step): number | undefined => durations.toSorted((a, b) => a - b)[Math.floor(0.95 * durations.length)];

const REQUESTS: Readonly<Record<NonNullable<System['measuredAs']>, Readonly<Record<string, (step: Step) => number | undefined>>>> = {
  opentelemetry: { http_server_request_rate: rate, http_server_error_ratio: failing, http_server_duration_p95_ms: tail },
  prometheus: {
    http_requests_per_second: rate, http_requests_5xx_ratio: failing,
    http_request_duration_p95_seconds: (step) => (step.durations.length > 0 ? (tail(step) ?? 0) / 1000 : undefined),
  },
};
