/** The usual value of a series by time of day or of week, learned from what it was at that time before. */
export interface Profile {
  readonly periodMs: number;
  readonly centre: Float32Array;
  /** Points learned per bucket; 0 where nothing is known. */
  readonly seen: Float32Array;
  /** How many points of a bucket are remembered. */
  readonly memory: number;
  /** Several points of a period share a bucket: values between two buckets' middles are interpolated. */
  readonly smooth: boolean;
}

export function createProfile(periodMs: number, widthMs: number, stepMs: number, periods: number): Profile {
  const buckets = Math.max(1, Math.round(periodMs / Math.max(widthMs, stepMs)));
  const smooth = stepMs < widthMs;
  return { periodMs, centre: new Float32Array(buckets), seen: new Float32Array(buckets), memory: periods * (smooth ? widthMs / stepMs : 1), smooth };
}

const bucketOf = ({ periodMs, centre }: Profile, time: number): number => Math.floor(((time % periodMs) / periodMs) * centre.length) % centre.length;

/** What is usual at `time`; NaN where that is not known yet. */
export function usualAt(profile: Profile, time: number): number {
  const { periodMs, centre, seen, smooth } = profile;
  if (!smooth) {
    const bucket = bucketOf(profile, time);
    return (seen[bucket] ?? 0) > 0 ? (centre[bucket] ?? 0) : Number.NaN;
  }
  const position = ((time % periodMs) / periodMs) * centre.length - 0.5;
  const left = Math.floor(position);
  const a = (left + centre.length) % centre.length;
  const b = (left + 1) % centre.length;
  if (!seen[a] || !seen[b]) return Number.NaN;
  return (centre[a] ?? 0) + ((centre[b] ?? 0) - (centre[a] ?? 0)) * (position - left);
}

export function learnUsual(profile: Profile, time: number, value: number): void {
  const bucket = bucketOf(profile, time);
  const seen = Math.min((profile.seen[bucket] ?? 0) + 1, profile.memory);
  profile.seen[bucket] = seen;
  profile.centre[bucket] = (profile.centre[bucket] ?? 0) + (value - (profile.centre[bucket] ?? 0)) / seen;
}
