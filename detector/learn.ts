import { setImmediate } from 'node:timers/promises';
import type { Series, UnixMs } from '#core/types.js';
import type { Arrivals } from './arrival.js';
import { isGone, type EpisodeState } from './episode.js';
import type { Measured } from './measured.js';
import { BLOCK_ROWS } from './rings.js';
import { mayBeNone, type Rows } from './rows.js';
import type { Silence } from './silence.js';

/** What was expected in slots that were judged abnormal, by series id. */
export type Abnormal = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Points that are learned without a pause. */
const SLICE = 16_384;

export interface LearnOptions {
  readonly stepMs: number;
  readonly rows: Rows;
  readonly arrivals: Pick<Arrivals, 'learn'>;
  readonly silence: Pick<Silence, 'noteAsked'>;
  /** Sees every reading. */
  readonly feed: (series: Series, at: UnixMs, value: number, count: number) => void;
}

/** Puts slots into the windows without judging them. Returns the series that were not known. */
export type Learn = (from: UnixMs, measured: Measured, abnormal: Abnormal) => Promise<Series[]>;

export function createLearn({ stepMs, rows, arrivals, silence, feed }: LearnOptions): Learn {
  const { blockOf } = rows;

  /** Metrics have nothing to do with each other: one series after another, so that its points stay in the cache. */
  async function learnMetrics(from: UnixMs, measured: Measured): Promise<Series[]> {
    const { slots, values, counts } = measured;
    const pause = Math.ceil(SLICE / slots);
    const fresh: Series[] = [];
    for (let slot = 0; slot < slots; slot += 1) arrivals.learn(from + slot * stepMs, measured, slot);
    for (let index = 0; index < measured.series.length; index += 1) {
      const series = measured.series[index];
      let row = -1;
      for (let slot = 0; series && slot < slots; slot += 1) {
        const value = values[index * slots + slot] ?? Number.NaN;
        if (Number.isNaN(value)) continue;
        const at = from + slot * stepMs;
        if (row === -1) row = rows.rowFor(series, fresh, at);
        if (row === -1) break;
        const { block } = blockOf(row);
        const own = row % BLOCK_ROWS;
        const count = counts[index * slots + slot] ?? 0;
        block.see(own, at, value, count);
        block.push(own, value, at);
        feed(series, at, value, count);
      }
      if (index % pause === pause - 1) await setImmediate();
    }
    return fresh;
  }

  /** Silence of requests means none, and what logs say for the first time they did not say before: one slot after another. */
  async function learnSlots(from: UnixMs, measured: Measured, abnormal: Abnormal): Promise<Series[]> {
    const fresh: Series[] = [];
    for (let slot = 0; slot < measured.slots; slot += 1) {
      await setImmediate();
      const at = from + slot * stepMs;
      for (const series of rows.admit(at, measured, slot, false)) fresh.push(series);
      arrivals.learn(at, measured, slot);
      const places = rows.rowsOf(measured.series);
      for (let index = 0; index < places.length; index += 1) {
        const value = measured.values[index * measured.slots + slot] ?? Number.NaN;
        const series = measured.series[index];
        const row = places[index] ?? -1;
        if (row === -1 || !series || Number.isNaN(value)) continue;
        blockOf(row).block.push(row % BLOCK_ROWS, value, at);
        feed(series, at, value, measured.counts[index * measured.slots + slot] ?? 0);
      }
      if (measured.alive[slot] !== 1) continue;
      silence.noteAsked(at);
      for (const row of rows.counted) {
        const { block } = blockOf(row);
        const own = row % BLOCK_ROWS;
        const series = block.series[own];
        if (!series || block.readAt[own] === at || !mayBeNone(block, own, at)) continue;
        block.push(own, abnormal.get(series.id)?.get(slot) ?? missed(block.episodes.get(own), at), at);
        feed(series, at, 0, 0);
      }
    }
    return fresh;
  }

  return (from, measured, abnormal) => (!measured.alive.includes(1) && measured.series.every(({ kind }) => kind === 'metric') ? learnMetrics(from, measured) : learnSlots(from, measured, abnormal));
}

/** Of a service that lost all its requests, how many were expected. */
function missed(state: EpisodeState | undefined, at: UnixMs): number {
  return state?.open && isGone(state) && at >= state.open.startsAt ? state.open.expected : 0;
}
