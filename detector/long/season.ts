import type { Walk } from './state.js';

/** What is usual at each time of a period, and how far off that usually is: learned from the same time in earlier periods. */
export interface Profile {
  readonly periodMs: number;
  readonly centre: Float32Array;
  /** Mean absolute error per bucket. */
  readonly error: Float32Array;
  /** Points learned per bucket, at most `memory`; 0 where nothing is known. */
  readonly seen: Float32Array;
  readonly memory: number;
  /** Several points of a period share a bucket: values between two buckets' middles are interpolated. */
  readonly smooth: boolean;
}

/** Buckets are `widthMs` wide, or one step when that is longer; about `periods` periods are remembered. */
export function createProfile(periodMs: number, widthMs: number, stepMs: number, periods: number): Profile {
  const buckets = Math.max(1, Math.round(periodMs / Math.max(widthMs, stepMs)));
  const smooth = stepMs < widthMs;
  const column = (): Float32Array => new Float32Array(buckets);
  return { periodMs, centre: column(), error: column(), seen: column(), memory: periods * (smooth ? widthMs / stepMs : 1), smooth };
}

/** Position in the period, 0..1, also for times before 1970. */
const phaseOf = ({ periodMs }: Profile, time: number): number => (((time % periodMs) + periodMs) % periodMs) / periodMs;
const bucketOf = (profile: Profile, time: number): number => Math.floor(phaseOf(profile, time) * profile.centre.length) % profile.centre.length;

/** What is usual at `time`; NaN where that is not known yet. */
export function usualAt(profile: Profile, time: number): number {
  const { centre, seen, smooth } = profile;
  if (!smooth) {
    const bucket = bucketOf(profile, time);
    return seen[bucket] ? (centre[bucket] ?? Number.NaN) : Number.NaN;
  }
  const position = phaseOf(profile, time) * centre.length - 0.5;
  const left = Math.floor(position);
  const from = (left + centre.length) % centre.length;
  const to = (left + 1) % centre.length;
  if (!seen[from] || !seen[to]) return Number.NaN;
  return (centre[from] ?? 0) + ((centre[to] ?? 0) - (centre[from] ?? 0)) * (position - left);
}

/** Mean absolute error at `time`, taken as `general` as far as its bucket is young. Never below half of `general`: few points that happen to agree prove little. */
export function errorAt(profile: Profile, time: number, general: number): number {
  const bucket = bucketOf(profile, time);
  const known = (profile.seen[bucket] ?? 0) / profile.memory;
  return Math.max(general / 2, (profile.error[bucket] ?? 0) * known + general * (1 - known));
}

/** Learns a value and, where one was expected, how far off that was. */
export function learnUsual(profile: Profile, time: number, value: number, expected: number): void {
  const bucket = bucketOf(profile, time);
  const before = profile.seen[bucket] ?? 0;
  if (!Number.isNaN(expected)) profile.error[bucket] = (profile.error[bucket] ?? 0) + (Math.abs(value - expected) - (profile.error[bucket] ?? 0)) / Math.max(1, before);
  const seen = Math.min(before + 1, profile.memory);
  profile.seen[bucket] = seen;
  profile.centre[bucket] = (profile.centre[bucket] ?? 0) + (value - (profile.centre[bucket] ?? 0)) / Math.max(1, seen);
}

export function walkProfile({ centre, error, seen }: Profile, walk: Walk): void {
  for (const column of [centre, error, seen]) walk.column(column);
}
