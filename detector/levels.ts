import { isLeft } from '#core/metric-words.js';
import type { Series } from '#core/types.js';

/** What a process holds until it gives it back, and shares of what there is. */
const LEVEL = /memory|heap|rss|disk|pool|utili[sz]ation/i;
const SHARE = /utili[sz]ation|ratio(?!n)|percent(?!ile)|pct|%/i;
const PER_CENT = /percent(?!ile)|pct|%/i;

/** Whether a series measures how much of a resource is in use, not how much of it passes in a second, nor what is left of it. */
export const isLevel = (series: Series): boolean => series.kind === 'metric' && LEVEL.test(series.metric) && !series.unit.endsWith('/s') && !isLeft(series);

/** What a series can come to that is a share of it; undefined where it is none. */
export function limitOf({ metric, unit }: Pick<Series, 'metric' | 'unit'>): number | undefined {
  const name = `${metric} ${unit}`;
  return SHARE.test(name) ? (PER_CENT.test(name) ? 100 : 1) : undefined;
}
