import type { Series, SeriesState, UnixMs } from '#core/types.js';
import { ARRIVAL_METRIC, RUN_METRIC } from './words.js';
import type { DetectorConfig } from './config.js';
import type { LongMemories } from './long/live.js';
import type { Watch } from './watch.js';

/** Whether a series is judged as of the step `at`; null for what is no series of the watch. */
export function seriesState({ id, metric, labels }: Series, at: UnixMs, { min_points: needed }: Pick<DetectorConfig, 'min_points'>, watch: Pick<Watch, 'known'> | undefined, memories: Pick<LongMemories, 'stateOf'> | undefined): SeriesState | null {
  if (metric === ARRIVAL_METRIC || metric === RUN_METRIC || labels['alertname'] !== undefined) return null;
  const known = watch?.known(id, at);
  if (!known) return { state: 'absent', points: 0, needed, lastSeenAt: 0, longMemory: null };
  const { points, lastSeenAt, silentMs, missed } = known;
  // Silence of requests that come in time is judged as none.
  const stale = !missed && at - lastSeenAt > silentMs;
  return { state: stale ? 'stale' : points < needed ? 'learning' : 'active', points, needed, lastSeenAt, longMemory: memories?.stateOf(id) ?? null };
}
