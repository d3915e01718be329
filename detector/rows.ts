import { setImmediate } from 'node:timers/promises';
import { DAY_MS } from '#core/clock.js';
import { seriesOf } from '#core/series.js';
import type { Anomaly, Series, UnixMs } from '#core/types.js';
import { Block } from './block.js';
import type { DetectorConfig } from './config.js';
import { isGone } from './episode.js';
import { forgetEpisodes, type Habit } from './habit.js';
import { JudgedPart } from './judged.js';
import type { Measured } from './measured.js';
import { LOG_PATTERN_METRIC } from './words.js';
import { BLOCK_ROWS } from './rings.js';

/** Which series is in which row: a row's number is that of its block times BLOCK_ROWS, and its place in it. */
export interface Rows {
  readonly blocks: readonly Watched[];
  /** Rows in which silence means none. */
  readonly counted: ReadonlySet<number>;
  /** Habits of services that have no row any more, by the id of their requests: what nobody uses at the weekend comes back. */
  readonly away: Map<string, Habit>;
  size(): number;
  /** Series of the last readings that found no room. */
  unwatched(): number;
  readonly blockOf: (row: number) => Watched;
  find(id: string): number | undefined;
  /** Rows of these series; -1 for those that have none. */
  rowsOf(all: readonly Series[]): Int32Array;
  /** The row of a series, which is given one, and put into `fresh`, when it has none and there is room; -1 when there is not. */
  readonly rowFor: (series: Series, fresh: Series[], at: UnixMs, isRenewed?: boolean) => number;
  /** Gives the readings of a slot to their rows: of a step that is judged, or of one that is learned later. Returns the series that were given one. */
  admit(at: UnixMs, measured: Measured, slot: number, inTime: boolean): Series[];
  /** Notes where each series is in what was read of the day before. */
  meet(yesterday: Measured | undefined): Promise<void>;
  /** Frees the rows of series that were not seen for long, and in one block after another, a step each, what no longer counts of their habits. */
  forget(at: UnixMs): void;
}

/** A series unseen for so long is forgotten. */
export const FORGET_MS = 3_600_000;
/** Series that are looked up without a pause. */
const SLICE = 8_192;
/** Metric series leave room for what users notice: requests, errors, latencies and logs. */
const METRICS_SHARE = 0.9;

export function createRows(config: Pick<DetectorConfig, 'max_series' | 'step'>): Rows {
  const blocks: Watched[] = [];
  /** Rows by series id: the block's number times BLOCK_ROWS, and the row in it. */
  const rows = new Map<string, number>();
  const free: number[] = [];
  /** Rows in which silence means none. */
  const counted = new Set<number>();
  const away = new Map<string, Habit>();
  let unwatched = 0;
  /** What was measured last and the rows it went to: most series come in the same places again. */
  let last: { readonly series: readonly Series[]; readonly rows: Int32Array } = { series: [], rows: new Int32Array() };
  /** The day before, and where a series is in it. */
  let yesterdays: { readonly of: readonly Series[] | undefined; readonly places: ReadonlyMap<string, number> } = { of: undefined, places: new Map() };

  function blockOf(row: number): Watched {
    const index = Math.floor(row / BLOCK_ROWS);
    const known = blocks[index];
    if (known) return known;
    const made = createWatched();
    blocks.push(made);
    return made;
  }

  /** Rows of these series; -1 for those that have none. */
  function rowsOf(all: readonly Series[]): Int32Array {
    if (all === last.series) return last.rows;
    const found = new Int32Array(all.length);
    for (let index = 0; index < all.length; index += 1) {
      const series = all[index];
      const before = last.series[index] === series ? (last.rows[index] ?? -1) : -1;
      found[index] = before === -1 && series ? (rows.get(series.id) ?? -1) : before;
    }
    last = { series: all, rows: found };
    return found;
  }

  /** Gives the readings of a slot to their rows. */
  function admit(at: UnixMs, { slots, series: all, values, counts, renewed }: Measured, slot: number, inTime: boolean): Series[] {
    const fresh: Series[] = [];
    const places = rowsOf(all);
    unwatched = 0;
    for (let index = 0; index < all.length; index += 1) {
      const value = values[index * slots + slot] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      const series = all[index];
      let row = places[index] ?? -1;
      if (row === -1 && series) row = rowFor(series, fresh, at, renewed.has(series.id));
      if (row === -1) continue;
      places[index] = row;
      const { block } = blockOf(row);
      const own = row % BLOCK_ROWS;
      // What a pattern says may have grown more general.
      if (series?.metric === LOG_PATTERN_METRIC) block.series[own] = series;
      block.see(own, at, value, counts[index * slots + slot] ?? 0);
      if (inTime) block.inTime[own] = 1;
    }
    return fresh;
  }

  function rowFor(series: Series, fresh: Series[], at: UnixMs, isRenewed = false): number {
    const known = rows.get(series.id);
    if (known !== undefined) return known;
    if (rows.size >= config.max_series * (series.kind === 'metric' ? METRICS_SHARE : 1)) {
      unwatched += 1;
      return -1;
    }
    const row = free.pop() ?? rows.size;
    begin(row, series, at, isRenewed);
    fresh.push(series);
    return row;
  }

  function begin(row: number, series: Series, at: UnixMs, isRenewed: boolean): void {
    const { block } = blockOf(row);
    const own = row % BLOCK_ROWS;
    rows.set(series.id, row);
    block.begin(own, series);
    block.before[own] = yesterdays.places.get(series.id) ?? -1;
    if (block.rules[own]?.isCounted) counted.add(row);
    const habit = away.get(series.id);
    if (habit) block.habits.set(own, habit);
    away.delete(series.id);
    if (series.metric === LOG_PATTERN_METRIC && !isRenewed) for (let silent = logsKnown(series.service); silent > 0; silent -= 1) block.push(own, 0, at - silent * config.step);
  }

  /** Notes where each series is in what was read of the day before. */
  async function meet(yesterday: Measured | undefined): Promise<void> {
    if (yesterday?.series === yesterdays.of) return;
    const places = new Map<string, number>();
    for (const [place, { id }] of (yesterday?.series ?? []).entries()) {
      places.set(id, place);
      if (place % SLICE === SLICE - 1) await setImmediate();
    }
    for (const { block } of blocks) {
      for (const [row, series] of block.series.entries()) block.before[row] = (series && places.get(series.id)) ?? -1;
      await setImmediate();
    }
    yesterdays = { of: yesterday?.series, places };
  }

  /** Points that are known of a service's logs: what it says for the first time it did not say in any of them. */
  function logsKnown(service: string): number {
    const row = rows.get(seriesOf('logs', service, '', 'error_logs', '1/s').id);
    return row === undefined ? 0 : blockOf(row).block.rings.known(row % BLOCK_ROWS);
  }

  function forget(at: UnixMs): void {
    const turn = Math.floor(at / config.step) % blocks.length;
    if (turn === 0) forgetEpisodes(away, at);
    for (const [index, { block }] of blocks.entries()) {
      if (index === turn) forgetEpisodes(block.habits, at);
      for (let row = 0; row < block.series.length; row += 1) {
        const series = block.series[row];
        if (!series || at - (block.lastSeenAt[row] ?? 0) <= FORGET_MS || isMissed(block, row, at)) continue;
        block.series[row] = undefined;
        last = { series: [], rows: new Int32Array() };
        block.episodes.delete(row);
        const habit = block.habits.get(row);
        if (habit && series.kind === 'rate' && series.operation === '' && away.size < config.max_series) away.set(series.id, habit);
        block.habits.delete(row);
        block.surges.delete(row);
        rows.delete(series.id);
        counted.delete(index * BLOCK_ROWS + row);
        free.push(index * BLOCK_ROWS + row);
      }
    }
  }

  return { blocks, counted, away, size: () => rows.size, unwatched: () => unwatched, blockOf, find: (id) => rows.get(id), rowsOf, rowFor, admit, meet, forget };
}

/** A block and how far it is in the step: after an error it goes on from there. */
export interface Watched {
  readonly block: Block;
  readonly part: JudgedPart;
  askedAt: UnixMs;
  gatheredAt: UnixMs;
  judgedAt: UnixMs;
  /** What the models were asked in turn. */
  answers: Promise<void>[];
  /** Episodes that changed in the step. */
  changed: Anomaly[];
}

function createWatched(): Watched {
  const block = new Block();
  return { block, part: new JudgedPart(block.rings), askedAt: Number.NaN, gatheredAt: Number.NaN, judgedAt: Number.NaN, answers: [], changed: [] };
}

/** No spans may mean no requests, provided that telemetry flows; for an hour, and where all of a service were lost for a day. */
export const mayBeNone = (block: Block, row: number, at: UnixMs): boolean => at - (block.lastSeenAt[row] ?? 0) < FORGET_MS || isMissed(block, row, at);

/** Whether a service is known to have lost all its requests. */
export function isMissed(block: Block, row: number, at: UnixMs): boolean {
  const episode = at - (block.lastSeenAt[row] ?? 0) < DAY_MS ? block.episodes.get(row) : undefined;
  return episode !== undefined && isGone(episode);
}
