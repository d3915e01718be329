import type { UnixMs } from '#core/types.js';
import type { Points } from './layout.js';

const BIN_MS = 60_000;
/** A day of minutes, for any two times that far apart: a wrong clock must not fill the memory. */
const MOST_BINS = 20_000;

/** Minutes from `from` to `to` with what `measure` makes of the rows in each; minutes of which it makes nothing are missing. */
export function binned<T extends { readonly at: UnixMs }>(rows: readonly T[], from: UnixMs, to: UnixMs, measure: (bin: readonly T[]) => number | undefined): Points {
  const first = Math.floor(from / BIN_MS);
  const count = Math.min(MOST_BINS, Math.floor(to / BIN_MS) - first + 1);
  const bins: T[][] = Array.from({ length: count }, () => []);
  for (const row of rows) bins[Math.floor(row.at / BIN_MS) - first]?.push(row);
  const points = bins.flatMap((bin, at) => {
    const value = measure(bin);
    return value === undefined ? [] : [[(first + at) * BIN_MS, value] as const];
  });
  return { times: points.map(([time]) => time), values: points.map(([, value]) => value) };
}
