import { setImmediate } from 'node:timers/promises';
import { Bytes, nativeBlock, NumberColumn, StringColumn } from '#store/native.js';
import type { Series } from '#core/types.js';
import type { JudgedPart } from './judged.js';
import { BLOCK_ROWS } from './rings.js';

/** A band is kept to this share of its width, as a power of two: the digits beyond it would be most of the table. */
const FINEST = 2 ** -10;

const double = new Float64Array(1);
const [LOW, HIGH] = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? [0, 1] : [1, 0];
const halves = new Uint32Array(double.buffer);
/** Sign and exponent of a double's upper half. */
const EXPONENT = 0xfff0_0000;

/** The largest power of two that is not above a positive number: its double without the digits. */
function powerWithin(value: number): number {
  double[0] = value;
  halves[LOW] = 0;
  halves[HIGH] = (halves[HIGH] ?? 0) & EXPONENT;
  return double[0];
}

/** To what expected value and band are kept; 0 for exactly, where there is no width. */
export function unitOf(lower: number, upper: number): number {
  const width = upper - lower;
  return width > 0 && width < Infinity ? powerWithin(width) * FINEST : 0;
}

export const kept = (value: number, unit: number): number => (unit === 0 ? value : Math.round(value / unit) * unit);

/** Blocks of `anomaly_scores` of what was judged at a time, sorted as the table is, with pauses between them. */
export type ScoreBlocks = (at: number, parts: readonly JudgedPart[]) => Promise<Buffer[]>;

/**
 * The order of series is followed from step to step, as few come and go, and their ids are written once: ClickHouse would sort them by their texts in each step, which takes it longer than all of this.
 * Series are known here by their slots: a part's number times BLOCK_ROWS, and their place in it.
 */
export function createScoreBlocks(): ScoreBlocks {
  /** By slot: whose it is, and one more than its row in its part, 0 where it is not judged in this step. */
  const owners: (Series | undefined)[] = [];
  let rows = new Uint16Array(0);
  /** Slots by their series' ids. */
  let order = new Uint32Array(0);
  /** Their ids as they are written, back to back, and where each begins. */
  let ids = new Bytes();
  let begins = new Uint32Array(1);
  const time = new NumberColumn('time', 'DateTime64(3)');
  const series = new StringColumn('series');
  const numbers = (['value', 'expected', 'lower', 'upper', 'score'] as const).map((name) => new NumberColumn(name, 'Float64'));
  const [values, expected, lower, upper, scores] = [new Float64Array(BLOCK_ROWS), new Float64Array(BLOCK_ROWS), new Float64Array(BLOCK_ROWS), new Float64Array(BLOCK_ROWS), new Float64Array(BLOCK_ROWS)];
  const columns = [time, series, ...numbers];

  const idOf = (slot: number): string => owners[slot]?.id ?? '';

  /** Notes in which rows the slots of a part are. Returns those that are another series' than before. */
  function note(part: JudgedPart, from: number): number[] {
    const changed: number[] = [];
    rows.fill(0, from, from + BLOCK_ROWS);
    for (let row = 0; row < part.rows; row += 1) {
      const slot = from + (part.places[row] ?? 0);
      rows[slot] = row + 1;
      if (owners[slot] === part.series[row]) continue;
      owners[slot] = part.series[row];
      changed.push(slot);
    }
    return changed;
  }

  /** Brings slots that changed to their places in the order, and takes them from where they were. */
  function insert(changed: number[]): void {
    const moved = new Set(changed);
    const rest = order.filter((slot) => !moved.has(slot));
    changed.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
    order = new Uint32Array(rest.length + changed.length);
    let taken = 0;
    for (const [index, slot] of changed.entries()) {
      const id = idOf(slot);
      while (taken < rest.length && idOf(rest[taken] ?? 0) < id) {
        order[index + taken] = rest[taken] ?? 0;
        taken += 1;
      }
      order[index + taken] = slot;
    }
    order.set(rest.subarray(taken), changed.length + taken);
  }

  function writeIds(): void {
    ids = new Bytes();
    begins = new Uint32Array(order.length + 1);
    for (const [rank, slot] of order.entries()) {
      ids.text(idOf(slot));
      begins[rank + 1] = ids.length;
    }
  }

  /** The block of some ranks. */
  function blockOf(at: number, parts: readonly JudgedPart[], first: number, end: number): Buffer | undefined {
    for (const column of columns) column.reset();
    let count = 0;
    for (let rank = first; rank < end; rank += 1) {
      const slot = order[rank] ?? 0;
      const row = (rows[slot] ?? 0) - 1;
      const part = parts[Math.floor(slot / BLOCK_ROWS)];
      if (row === -1 || !part) continue;
      const unit = unitOf(part.lower[row] ?? 0, part.upper[row] ?? 0);
      values[count] = part.values[row] ?? 0;
      expected[count] = kept(part.expected[row] ?? 0, unit);
      lower[count] = kept(part.lower[row] ?? 0, unit);
      upper[count] = kept(part.upper[row] ?? 0, unit);
      scores[count] = part.scores[row] ?? 0;
      count += 1;
    }
    if (count === 0) return undefined;
    if (count === end - first) series.pushEncoded(ids.buffer, begins[first] ?? 0, begins[end] ?? 0, count);
    else for (let rank = first; rank < end; rank += 1) if ((rows[order[rank] ?? 0] ?? 0) > 0) series.pushEncoded(ids.buffer, begins[rank] ?? 0, begins[rank + 1] ?? 0, 1);
    time.pushAll(new BigInt64Array(count).fill(BigInt(at)));
    for (const [index, column] of [values, expected, lower, upper, scores].entries()) numbers[index]?.pushAll(column.subarray(0, count));
    return nativeBlock(columns);
  }

  return async (at, parts) => {
    if (rows.length < parts.length * BLOCK_ROWS) rows = new Uint16Array(parts.length * BLOCK_ROWS);
    let isNew = false;
    for (const [index, part] of parts.entries()) {
      const changed = note(part, index * BLOCK_ROWS);
      if (changed.length === 0) continue;
      insert(changed);
      isNew = true;
      await setImmediate();
    }
    if (isNew) writeIds();
    const blocks: Buffer[] = [];
    for (let first = 0; first < order.length; first += BLOCK_ROWS) {
      const block = blockOf(at, parts, first, Math.min(order.length, first + BLOCK_ROWS));
      if (!block) continue;
      blocks.push(block);
      await setImmediate();
    }
    return blocks;
  };
}
