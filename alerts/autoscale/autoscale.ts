import { randomUUID } from 'node:crypto';
import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { createRepeat } from '#core/repeat.js';
import type { Component, Consumer, IncidentEvent } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { AlertsMetrics } from '../alerts-metrics.js';
import type { PolicyConfig } from '../config.js';
import type { Channel } from '../notify/receiver.js';
import { createSignedChannel } from '../notify/webhook/webhook.js';
import type { Draft } from '../outbox/outbox.js';
import { loadPending } from '../outbox/table.js';
import { readScaleBody, scaleBody } from './body.js';
import { decide, type Decision, type Outcome } from './decide.js';
import { loadApplied, saveDecision, saveForecasts, type ForecastRow } from './decisions.js';
import { forecastLoad, type LoadForecast } from './forecast.js';
import { readLoad, STEP_S } from './load.js';
import { createTroubled } from './troubled.js';

/** Of these `desired` is what there is: nothing to ask for where that is a guess. */
const ASKS_NOTHING = new Set<Outcome>(['held_confidence', 'held_cooldown', 'held_incident', 'held_silent', 'no_data']);

export interface AutoscaleOptions {
  readonly store: Store;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics: AlertsMetrics;
  readonly policies: readonly PolicyConfig[];
  /** Resolves when the message is in the outbox. */
  readonly send: (draft: Draft) => Promise<void>;
}

export interface Autoscale extends Component, Consumer<IncidentEvent> {
  /** Where the outbox delivers the decisions, one per policy that is not a dry run. */
  readonly channels: readonly Channel[];
  /** Judges every policy once. */
  evaluate(): Promise<void>;
}

/** A policy and what is known of its service. */
interface Scaled {
  readonly policy: PolicyConfig;
  /** As last accepted by the webhook; in a dry run, as last decided. The least of the policy while `isGuess`. */
  current: number;
  isGuess: boolean;
  /** Sent and not answered yet. */
  requested: number | null;
  lastOutAt: number;
  lastInAt: number;
  /** There was a forecast since the start. */
  foreseen: boolean;
  /** The last outcome on record, so that one that lasts is recorded once. */
  recorded: string;
}

/** Watches the load of each policy's service and asks for replicas before they are needed. */
export function createAutoscale({ store, logger, clock, metrics, policies, send }: AutoscaleOptions): Autoscale {
  const scaled = policies.map((policy): Scaled => ({ policy, current: policy.min_replicas, isGuess: true, requested: null, lastOutAt: 0, lastInAt: 0, foreseen: false, recorded: '' }));
  const services = [...new Set(policies.map(({ service }) => service))];
  const troubled = createTroubled(store);

  function moved(one: Scaled, from: number, to: number): void {
    if (to > from) one.lastOutAt = clock();
    if (to < from) one.lastInAt = clock();
  }

  async function evaluate(): Promise<void> {
    const now = clock();
    const load = await readLoad(store, services, now);
    const foreseen: ForecastRow[] = [];
    for (const one of scaled) {
      const { policy, current, isGuess, lastOutAt, lastInAt } = one;
      const forecast = forecastLoad(load.get(policy.service) ?? [], Math.round(policy.horizon / 1000 / STEP_S), STEP_S);
      const decision = decide(policy, { now, current, isGuess, lastOutAt, lastInAt, incidentOpen: troubled.has(policy.service) }, forecast);
      if (forecast) foreseen.push({ time: now, policy: policy.name, service: policy.service, horizon: Math.round(policy.horizon / 1000), load: forecast.now, forecast: forecast.expected, lower: forecast.lower, upper: forecast.upper });
      await act(one, decision, forecast);
      observe(one, decision, forecast);
    }
    await saveForecasts(store, foreseen);
  }

  async function act(one: Scaled, decision: Decision, forecast: LoadForecast | null): Promise<void> {
    const { policy, current, isGuess } = one;
    const key = `${decision.outcome} ${decision.desired}`;
    const news = key !== one.recorded;
    one.foreseen ||= forecast !== null;
    const silent = decision.outcome === 'steady' || (decision.outcome === 'no_data' && !one.foreseen);
    if (news && !silent) {
      const reason = policy.dry_run ? `dry run: ${decision.reason}` : decision.reason;
      const values = { value: forecast?.now ?? 0, forecast: forecast?.expected ?? 0 };
      await saveDecision(store, { time: clock(), policy: policy.name, service: policy.service, ...values, current, desired: decision.desired, applied: false, reason });
      logger.info({ policy: policy.name, service: policy.service, current, desired: decision.desired, outcome: decision.outcome }, reason);
    }
    if (policy.dry_run) {
      moved(one, current, decision.desired);
      if (decision.desired !== current) one.isGuess = false;
      one.current = decision.desired;
    } else if (decision.desired !== (one.requested ?? current) && !(isGuess && ASKS_NOTHING.has(decision.outcome))) {
      // Sent also when it is back at current: that takes the place of a request that is still waiting.
      await send({ id: `msg_${randomUUID().replaceAll('-', '')}`, receiver: policy.name, event: 'scale', incident: '', body: scaleBody(policy, isGuess ? null : current, decision, forecast, clock()) });
      one.requested = decision.desired;
    }
    one.recorded = key;
  }

  function observe({ policy, current }: Scaled, decision: Decision, forecast: LoadForecast | null): void {
    const labels = { policy: policy.name };
    metrics.faultline_alerts_scaling_decisions_total.inc({ ...labels, outcome: decision.outcome });
    metrics.faultline_alerts_scaling_replicas.set({ ...labels, state: 'current' }, current);
    metrics.faultline_alerts_scaling_replicas.set({ ...labels, state: 'desired' }, decision.desired);
    if (!forecast) return;
    metrics.faultline_alerts_scaling_load_per_second.set({ ...labels, at: 'now' }, forecast.now);
    metrics.faultline_alerts_scaling_load_per_second.set({ ...labels, at: 'horizon' }, forecast.expected);
  }

  function channelOf(one: Scaled): Channel {
    const { policy } = one;
    return {
      ...createSignedChannel(policy),
      async settled({ body }, outcome) {
        const { currentReplicas, desiredReplicas, load, forecast, reason } = readScaleBody(body);
        // One that was refused is not asked for again before its cooldown is over.
        if (outcome === 'dead') moved(one, currentReplicas ?? one.current, desiredReplicas);
        else {
          const row = { time: clock(), policy: policy.name, service: policy.service, value: load ?? 0, forecast: forecast ?? 0 };
          await saveDecision(store, { ...row, current: one.current, desired: desiredReplicas, applied: true, reason });
          moved(one, one.current, desiredReplicas);
          one.current = desiredReplicas;
          one.isGuess = false;
        }
        if (one.requested === desiredReplicas) one.requested = null;
      },
    };
  }

  const evaluating = createRepeat(STEP_S * 1000, evaluate, (error) => {
    metrics.faultline_alerts_scaling_failures_total.inc();
    logger.warn({ error: messageOf(error) }, 'autoscaling could not be evaluated; trying again');
  });

  return {
    name: 'autoscale',
    channels: scaled.filter(({ policy }) => !policy.dry_run).map(channelOf),
    evaluate,
    async start() {
      if (scaled.length === 0) return;
      const [applied, pending] = await Promise.all([loadApplied(store), loadPending(store)]);
      for (const one of scaled) {
        const last = applied.get(one.policy.name);
        if (last) Object.assign(one, { current: last.desired, isGuess: false, lastOutAt: last.lastOutAt, lastInAt: last.lastInAt });
        const waiting = pending.findLast(({ event, receiver }) => event === 'scale' && receiver === one.policy.name);
        if (waiting) one.requested = readScaleBody(waiting.body).desiredReplicas;
      }
      await troubled.load();
      evaluating.start();
    },
    stop: () => evaluating.stop(),
    async consume(event) {
      troubled.note(event);
    },
  };
}
