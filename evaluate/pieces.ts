import type { Series, UnixMs } from '#core/types.js';
import type { Points } from './layout.js';

/** What was told of a series, as the detector would watch it. */
export interface Told extends Points {
  readonly series: Series;
  /** Requests or records that each value rests on, where that is known. */
  readonly counts?: readonly number[];
}

/** Pieces of time, all of one width, in which rows are counted. */
export interface Pieces {
  readonly widthMs: number;
  /** When each begins, ascending. */
  readonly starts: readonly UnixMs[];
  /** The piece that a time is in. */
  of(at: UnixMs): number | undefined;
}

/** Pieces in which anything of `rows` was told; one of them begins at `origin`. Of the others it is not known whether nothing happened or nothing was recorded. */
export function piecesOf(rows: readonly { readonly at: UnixMs }[], widthMs: number, origin: UnixMs): Pieces {
  const numberOf = (at: UnixMs): number => Math.floor((at - origin) / widthMs);
  const told = new Set<number>();
  for (const { at } of rows) if (Number.isFinite(at)) told.add(numberOf(at));
  const numbers = [...told].toSorted((a, b) => a - b);
  const places = new Map(numbers.map((number, place) => [number, place]));
  return { widthMs, starts: numbers.map((number) => origin + number * widthMs), of: (at) => places.get(numberOf(at)) };
}
