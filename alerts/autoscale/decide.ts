import type { UnixMs } from '#core/types.js';
import type { PolicyConfig } from '../config.js';
import type { LoadForecast } from './forecast.js';

export type Outcome = 'scale_out' | 'scale_in' | 'steady' | 'bounds' | 'held_confidence' | 'held_cooldown' | 'held_incident' | 'held_silent' | 'no_data';

export interface Decision {
  readonly outcome: Outcome;
  /** Equal to current when it is held. */
  readonly desired: number;
  /** Probability, 0..1, that the change is right: that load will exceed the replicas there are, or fit those that would be left. */
  readonly confidence: number;
  readonly reason: string;
}

export interface Situation {
  readonly now: UnixMs;
  readonly current: number;
  /** Nothing was accepted yet: how many there are is not known, and `current` is the least. */
  readonly isGuess: boolean;
  /** 0 when never. */
  readonly lastOutAt: UnixMs;
  readonly lastInAt: UnixMs;
  /** An incident that touches the service is not resolved. */
  readonly incidentOpen: boolean;
}

type PolicyRules = Pick<PolicyConfig, 'service' | 'target_per_replica' | 'min_replicas' | 'max_replicas' | 'max_step' | 'scale_in_cooldown' | 'scale_out_cooldown' | 'horizon' | 'min_confidence'>;

/** The number of replicas a policy wants. Adding is prompt, removing careful. */
export function decide(policy: PolicyRules, { now, current, isGuess, lastOutAt, lastInAt, incidentOpen }: Situation, forecast: LoadForecast | null): Decision {
  const { min_replicas: min, max_replicas: max, target_per_replica: target } = policy;
  const hold = (outcome: Outcome, reason: string, confidence = 1): Decision => ({ outcome, desired: current, confidence, reason });
  const inside = Math.min(max, Math.max(min, current));
  if (inside !== current) return { outcome: 'bounds', desired: inside, confidence: 1, reason: `${current} replicas are outside ${min} to ${max}` };
  if (forecast === null) return hold('no_data', `${policy.service}: too little load on record, or none of late, to decide`, 0);

  const peak = Math.max(forecast.now, forecast.expected);
  // A hair under a whole number of replicas is that number.
  const needed = Math.min(max, Math.max(min, Math.ceil(peak / target - 1e-9)));
  const seen = `${rate(forecast.now)} now, ${rate(forecast.expected)} expected in ${policy.horizon / 60_000} min (90 % band ${rate(forecast.lower)} to ${rate(forecast.upper)})`;
  // Whatever is asked for, there could be more.
  if (isGuess && incidentOpen) return hold('held_incident', `${seen}: nothing is asked for, because an incident on ${policy.service} is open and how many replicas there are is not known`);
  if (needed === current) return hold('steady', seen);
  // A step from a guess could take away replicas that there are.
  const step = isGuess ? Number.POSITIVE_INFINITY : policy.max_step;
  const desired = needed > current ? Math.min(needed, current + step) : Math.max(needed, current - step);
  const change = `${seen}: ${isGuess ? '' : `${current} → `}${desired} replicas at ${rate(target)} each`;

  if (desired > current) {
    const confidence = forecast.now > current * target ? 1 : probability((forecast.expected - current * target) / forecast.sigma);
    if (confidence < policy.min_confidence) return hold('held_confidence', `${change} held: confidence ${confidence.toFixed(2)}`, confidence);
    if (Math.abs(now - lastOutAt) < policy.scale_out_cooldown) return hold('held_cooldown', `${change} held: replicas were added a moment ago`, confidence);
    return { outcome: 'scale_out', desired, confidence, reason: change };
  }
  const confidence = probability((desired * target - peak) / forecast.sigma);
  if (forecast.now === 0) return hold('held_silent', `${change} held: a service that reports nothing may be down`, confidence);
  if (incidentOpen) return hold('held_incident', `${change} held: an incident on ${policy.service} is open`, confidence);
  if (confidence < policy.min_confidence) return hold('held_confidence', `${change} held: confidence ${confidence.toFixed(2)}`, confidence);
  if (Math.abs(now - Math.max(lastOutAt, lastInAt)) < policy.scale_in_cooldown) return hold('held_cooldown', `${change} held: the number changed a moment ago`, confidence);
  return { outcome: 'scale_in', desired, confidence, reason: change };
}

/** The normal distribution function to within 0.01. Source: Bowling et al., A logistic approximation to the cumulative normal distribution (2009). */
function probability(z: number): number {
  return 1 / (1 + Math.exp(-1.702 * z));
}

function rate(perSecond: number): string {
  return `${Number(perSecond.toPrecision(3))}/s`;
}
