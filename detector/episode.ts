import { DAY_MS } from '#core/clock.js';
import type { Anomaly, Series, UnixMs } from '#core/types.js';
import type { Reading, Verdict } from './band.js';
import { isSign } from './signs.js';

/** Points inside the band that end an episode. */
const CALM_POINTS = 3;
/** Share of the band that a point must return to: the edge alone would let an episode flicker. */
export const RETURN_SCORE = 0.6;
/** Of the last three points, how many must be outside to begin one. */
const NEEDED = 2;
/** Failures, lost requests, of which this share is left at most, and what a sign says are no new level before they lasted as long as the long memories take to accept one. */
const LOST = 0.1;

/** The memory that turns points into episodes. */
export interface EpisodeState {
  /** Times of the last three points that were outside, newest first; undefined where inside. */
  recent: (Outside | undefined)[];
  calm: number;
  calmSince: UnixMs;
  /** Beyond what it was outside when it opened, however far models err: where it has been since is no measure of what is usual. */
  reach: number;
  open: Anomaly | undefined;
}

interface Outside {
  readonly at: UnixMs;
  readonly value: number;
  readonly verdict: Verdict;
}

export const createEpisodeState = (): EpisodeState => ({ recent: [], calm: 0, calmSince: 0, reach: Number.NaN, open: undefined });

/** Whether a point belongs to trouble: outside the band, or, while an episode lasts, not yet well inside it. */
export function isOutside(state: EpisodeState, score: number): boolean {
  return score > (state.open ? RETURN_SCORE : 1);
}

/** A level that requests rose to and that was taken for the new one, and what was expected before it. */
export interface Surge {
  readonly at: UnixMs;
  readonly before: number;
}

/** Remembers for a day what was usual before requests rose: when they fall back to it none are lost. */
export function noteSurge(surges: Map<number, Surge>, place: number, { series, direction, expected, endsAt, ended }: Anomaly): void {
  if (series.kind !== 'rate' || direction !== 'up' || ended !== 'new level' || endsAt === null) return;
  const known = surges.get(place);
  surges.set(place, { at: endsAt, before: known && endsAt - known.at <= DAY_MS ? Math.min(known.before, expected) : expected });
}

/** How long an episode lasts before the level that its series came to is taken for the new one; `least` for most. */
export function relearnMs(anomaly: Anomaly, least: number, surge?: Surge): number {
  const { series: { kind }, startsAt, value, expected } = anomaly;
  const before = surge && startsAt - surge.at <= DAY_MS ? surge.before : undefined;
  const isLost = kind === 'rate' && value <= Math.min(expected, before ?? expected) * LOST;
  return kind === 'errors' || isLost || isSign(anomaly) ? Math.max(least, DAY_MS) : least;
}

/** Whether a service has lost all its requests. */
export const isGone = ({ open }: EpisodeState): boolean => open?.series.kind === 'rate' && open.series.operation === '' && open.direction === 'absent';

/** Whether there is nothing to remember. */
export const isBlank = ({ recent, open }: EpisodeState): boolean => open === undefined && recent.every((point) => point === undefined);

/** Feeds one judged point; `relearned`: its series has been taken for usual since. Returns the episode as it is now when it began, goes on or has just ended. */
export function advance(state: EpisodeState, series: Series, at: UnixMs, reading: Reading, verdict: Verdict, relearned = false): Anomaly | undefined {
  const outside = isOutside(state, verdict.score) ? { at, value: reading.value, verdict } : undefined;
  state.recent = [outside, ...state.recent].slice(0, 3);
  if (!state.open) {
    const found = state.recent.filter((point) => point !== undefined);
    const first = found.at(-1);
    if (found.length < NEEDED || !first) return undefined;
    const up = isUp(first);
    state.calm = 0;
    state.open = {
      id: `${series.id}-${first.at}`, series, startsAt: first.at, endsAt: null, updatedAt: at, points: found.length,
      ...peakOf(found.reduce((a, b) => (isFurther(b.value, a.value, up) ? b : a))), ...strengthOf(found.reduce((a, b) => (b.verdict.score > a.verdict.score ? b : a))),
    };
    return state.open;
  }
  if (outside && isUp(outside) !== (state.open.direction === 'up')) {
    // The other way round it is another trouble, with an onset of its own.
    const ended = { ...state.open, endsAt: at };
    state.open = undefined;
    state.recent = [outside];
    return ended;
  }
  state.calm = outside ? 0 : state.calm + 1;
  if (state.calm === 1) state.calmSince = at;
  if (state.calm >= CALM_POINTS) {
    const { lower, upper, direction } = state.open;
    const lasts = relearned && (direction === 'up' ? reading.value > upper : reading.value < lower);
    const ended: Anomaly = { ...state.open, endsAt: state.calmSince, ...(lasts && { ended: 'new level' }) };
    state.open = undefined;
    state.recent = [];
    return ended;
  }
  const { value, score, direction, points } = state.open;
  if (outside) state.open = { ...state.open, series, updatedAt: at, points: points + 1, ...(isFurther(reading.value, value, direction === 'up') && peakOf(outside)), ...(verdict.score > score && strengthOf(outside)) };
  return state.open;
}

/** Ends an episode at its last point. */
export function abandon(state: EpisodeState): Anomaly | undefined {
  if (!state.open) return undefined;
  const ended = { ...state.open, endsAt: state.open.updatedAt };
  state.open = undefined;
  state.recent = [];
  return ended;
}

/** An anomaly that ended when the clock was set back to `at`. */
export const endedBy = (anomaly: Anomaly, at: UnixMs): Anomaly => ({ ...anomaly, endsAt: Math.max(anomaly.startsAt, Math.min(anomaly.updatedAt, at)) });

const isUp = ({ value, verdict }: Pick<Outside, 'value' | 'verdict'>): boolean => value > verdict.expected;

const isFurther = (value: number, than: number, up: boolean): boolean => (up ? value > than : value < than);

/** Where the series was furthest away, as a chart of it shows. */
function peakOf({ at, value, verdict }: Outside): Pick<Anomaly, 'peakAt' | 'value' | 'expected' | 'lower' | 'upper' | 'direction'> {
  const { expected, lower, upper } = verdict;
  return { peakAt: at, value, expected, lower, upper, direction: isUp({ value, verdict }) ? 'up' : value === 0 && expected > 0 ? 'absent' : 'down' };
}

/** The band moves with the series, so the highest score may come before or after the peak. */
function strengthOf({ verdict: { score, contributions } }: Outside): Pick<Anomaly, 'score' | 'contributions'> {
  return { score, contributions };
}
