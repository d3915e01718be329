import type { UnixMs } from '#core/types.js';
import type { LogRow, SpanRow } from '../../evaluate/layout.js';
import type { Context, OnCall, OnRequest } from './hooks.js';
import type { Call } from './parts.js';
import type { System } from './system.js';

export const STEP_MS = 15_000;
/** Share of requests that fail for no reason. */
const FAILING = 0.0005;
const SILENT_FAILING = 0.0001;
const NETWORK_MS = 0.3;
const SIDECAR_MS = 0.5;
const PUBLISH_MS = 2;
const BACKOFF_MS = 100;
const LEAST_MS = 0.05;
const TAKEN_AFTER_S = 0.05;
const TAKEN_AGAIN_S = 3;

/** What a service did in a step. */
export interface Step {
  readonly durations: number[];
  failures: number;
  busyMs: number;
}

/** What is told of requests. */
export interface Notes {
  readonly spans: SpanRow[];
  readonly logs: LogRow[];
  /** By span, whom a call was meant for that nobody answered. */
  readonly meant: Map<SpanRow, string>;
  readonly steps: Map<string, Map<number, Step>>;
}

/** When it begins, breaks and ends. */
export interface Times {
  readonly start: UnixMs;
  readonly onset: UnixMs;
  readonly end: UnixMs;
}

interface Request extends Context {
  readonly trace: string;
  readonly isKept: boolean;
}

/** `isRefused`: with a 4xx, which is no failure of who answers; `isLost`: there is no answer. */
interface Outcome {
  readonly ms: number;
  readonly failed: boolean;
  readonly isRefused?: boolean;
  readonly isLost?: boolean;
}

const LOST: Outcome = { ms: 0, failed: true, isLost: true };

/** Serves requests of `system`, each with all that it leads to, and notes what that tells. Nothing waits for anything but its own calls. */
export function createServing(system: System, { start, onset, end }: Times): { readonly begin: (at: UnixMs, service: string, operation: string) => void; readonly notes: Notes } {
  const { random, usually } = system;
  const broken = { ...usually, ...system.fault };
  const notes: Notes = { spans: [], logs: [], meant: new Map(), steps: new Map() };
  let traces = 0;
  let spans = 0;
  const nextSpan = (): string => (spans++).toString(36);
  const hooksAt = (at: UnixMs) => (at >= onset ? broken : usually);
  const since = (at: UnixMs): number => (at - onset) / 1000;
  const clockOf = (service: string, at: UnixMs): UnixMs => at + (system.clockAheadS[service] ?? 0) * 1000;

  function note({ trace, isKept }: Request, span: Omit<SpanRow, 'trace'>, meant?: string): void {
    if (!isKept) return;
    const row = { ...span, trace, at: clockOf(span.entity, span.at), durationMs: Math.max(LEAST_MS, span.durationMs) };
    notes.spans.push(row);
    if (meant !== undefined) notes.meant.set(row, meant);
  }
  const log = (at: UnixMs, entity: string, severity: string, message: string): void => void notes.logs.push({ at: clockOf(entity, at), entity, severity, message });

  function stepOf(at: UnixMs, service: string): Step {
    const steps = notes.steps.get(service) ?? new Map<number, Step>();
    notes.steps.set(service, steps);
    const number = Math.floor((at - start) / STEP_MS);
    const step = steps.get(number) ?? { durations: [], failures: 0, busyMs: 0 };
    steps.set(number, step);
    return step;
  }

  function serve(at: UnixMs, service: string, operation: string, request: Request, parent: string, caller: string): Outcome {
    const span = nextSpan();
    const effect: OnRequest = hooksAt(at).request?.({ ...request, service, operation, caller, since: since(at) }) ?? {};
    if (effect.isLost) return LOST;
    if (effect.log !== undefined) log(at, service, effect.severity ?? 'error', effect.log);
    const step = stepOf(at, service);
    const answer = (ms: number, failed: boolean, refusal?: OnRequest['refusal']): Outcome => {
      const hasFailed = failed && refusal === undefined;
      note(request, { at, span, parent, entity: service, operation, durationMs: ms, failed: hasFailed });
      step.durations.push(ms);
      if (hasFailed) step.failures += 1;
      return { ms, failed, isRefused: refusal === 'expected' };
    };
    if (effect.rejects) return answer(system.durationOf(effect.ms ?? 1), true, effect.refusal);
    const { selfMs, calls } = system.operation(service, operation);
    const self = system.durationOf(selfMs) * (effect.slower ?? 1);
    step.busyMs += self * (effect.cpu ?? 1);
    const below = callAll(at + self / 2 + (effect.addedMs ?? 0), service, calls, request, span);
    if (below.isLost) return LOST;
    const ms = below.at - at + self / 2;
    if (below.failed) {
      if (!below.isRefused) log(at, service, 'error', `${operation} failed: upstream error`);
      return answer(ms, true, below.isRefused ? 'expected' : undefined);
    }
    const failed = random() < (effect.failing ?? FAILING);
    if (failed) log(at, service, 'error', effect.why ?? `${operation} failed: internal error ${Math.floor(random() * 1e6)}`);
    return answer(ms, failed);
  }

  /** One after the other, parallel ones at once, until one fails that is needed; what was done before is undone then. */
  function callAll(from: UnixMs, service: string, calls: readonly Call[], request: Request, parent: string): { at: UnixMs; failed: boolean; isRefused: boolean; isLost?: boolean } {
    let at = from;
    let last = from;
    let failed = false;
    let isRefused = false;
    const made: Call[] = [];
    for (const [index, call] of calls.entries()) {
      if (failed && !call.parallel) break;
      if (!call.parallel || !calls[index - 1]?.parallel) at = last;
      if (call.share !== undefined && random() > call.share) continue;
      const times = hooksAt(at).times?.({ ...request, service, call, since: since(at) }) ?? call.times ?? 1;
      for (let left = times; left > 0 && (!failed || call.parallel); left -= 1) {
        const outcome = send(at, service, call, request, parent);
        if (outcome.isLost) return { at, failed, isRefused, isLost: true };
        last = Math.max(last, at + outcome.ms);
        if (!call.parallel) at = last;
        if (outcome.failed && !call.optional) {
          failed = true;
          isRefused ||= outcome.isRefused ?? false;
        } else made.push(call);
      }
    }
    if (failed) for (const { undo } of made.toReversed()) if (undo) last += send(last, service, undo, request, parent).ms;
    return { at: last, failed, isRefused };
  }

  /** A call, and as often as its client tries it again. */
  function send(from: UnixMs, service: string, call: Call, request: Request, parent: string): Outcome {
    let ms = 0;
    for (let attempt = 0; ; attempt += 1) {
      if (attempt > 0) ms += (call.backoffMs ?? BACKOFF_MS) * 2 ** (attempt - 1);
      const effect = hooksAt(from + ms).call?.({ ...request, service, call, since: since(from + ms) }) ?? {};
      if (effect.isSpared) return { ms: ms + NETWORK_MS, failed: true };
      const outcome = attemptTo(from + ms, service, call, request, parent, effect);
      if (outcome.isLost) return outcome;
      ms += outcome.ms;
      if (!outcome.failed || outcome.isRefused || attempt >= (call.retries ?? 0)) return { ...outcome, ms };
    }
  }

  function attemptTo(at: UnixMs, service: string, call: Call, request: Request, parent: string, effect: OnCall): Outcome {
    const { to, operation, timeoutMs = Number.POSITIVE_INFINITY } = call;
    const span = nextSpan();
    const usualMs = system.silent[to];
    const told = ({ ms, failed, isRefused = false }: Outcome, meant?: string): Outcome => {
      const outcome = { ms: Math.min(ms, timeoutMs), failed: failed || ms > timeoutMs, isRefused };
      note(request, { at, span, parent, entity: service, operation: usualMs === undefined ? `call ${to}` : `call ${to} ${operation}`, durationMs: outcome.ms, failed: outcome.failed }, meant);
      return outcome;
    };
    if (effect.isRefused) return told({ ms: system.durationOf(effect.ms ?? 1, 0.1), failed: true }, to);
    if (usualMs !== undefined) return told({ ms: system.durationOf(call.ms ?? usualMs) * (effect.slower ?? 1) + (effect.addedMs ?? 0), failed: random() < (effect.failing ?? SILENT_FAILING) }, to);
    if (call.topic !== undefined) return publish(at, service, call, call.topic, request, span, parent);
    if (system.isMesh) return told(throughSidecars(at, service, call, request, span));
    const outcome = serve(at + NETWORK_MS, to, operation, request, span, service);
    if (!outcome.isLost) return told({ ...outcome, ms: outcome.ms + 2 * NETWORK_MS });
    return timeoutMs === Number.POSITIVE_INFINITY ? outcome : told({ ms: timeoutMs + 1, failed: true }, to);
  }

  /** Puts a message into a queue, where it waits until it is taken. */
  function publish(at: UnixMs, service: string, call: Call, topic: string, request: Request, span: string, parent: string): Outcome {
    const ms = system.durationOf(PUBLISH_MS);
    const { isStuck = false, lagS = TAKEN_AFTER_S, times = 1, everyS = TAKEN_AGAIN_S } = hooksAt(at).message?.({ ...request, service, call, since: since(at) }) ?? {};
    const taken = Array.from({ length: isStuck ? 0 : times }, (_, again) => at + (lagS + again * everyS) * 1000).filter((when) => when < end);
    note(request, { at, span, parent, entity: service, operation: `publish ${topic}`, durationMs: ms, failed: false }, taken.length === 0 ? 'kafka' : undefined);
    for (const [again, when] of taken.entries()) serve(when, call.to, call.operation, { ...request, again }, span, service);
    return { ms, failed: false };
  }

  function throughSidecars(at: UnixMs, service: string, { to, operation }: Call, request: Request, parent: string): Outcome {
    const [egress, ingress] = [nextSpan(), nextSpan()];
    const sent = { at: at + SIDECAR_MS, span: egress, parent, entity: `${service}.prod`, operation: `egress ${to}` };
    const refusedMs = hooksAt(at).sidecar?.(to);
    if (refusedMs !== undefined) {
      note(request, { ...sent, durationMs: refusedMs, failed: true }, `${to}.prod`);
      return { ms: refusedMs + SIDECAR_MS, failed: true };
    }
    const outcome = serve(at + 4 * SIDECAR_MS, to, operation, request, ingress, service);
    if (outcome.isLost) return outcome;
    const { ms, failed, isRefused = false } = outcome;
    note(request, { at: at + 2 * SIDECAR_MS, span: ingress, parent: egress, entity: `${to}.prod`, operation: `ingress ${operation}`, durationMs: ms + SIDECAR_MS, failed: failed && !isRefused });
    note(request, { ...sent, durationMs: ms + 2 * SIDECAR_MS, failed });
    return { ...outcome, ms: ms + 3 * SIDECAR_MS };
  }

  return {
    notes,
    begin(at, service, operation) {
      const trace = (traces++).toString(36);
      serve(at, service, operation, { trace, pod: random(), user: random(), isKept: random() < system.sampled }, '', '');
    },
  };
}
