/** Levels that stand for the 95th percentile, by how many requests it takes for two of them to be slower. */
export const TAIL_LEVELS = [0.25, 0.5, 0.75, 0.8, 0.85, 0.9, 0.95] as const;
const SLOWER = 2;

/** The place of the level that so many requests allow: one slow request among a dozen is chance, and one of the three that are left when traffic goes elsewhere too, so none that rests on it alone is judged. */
export function levelFor(count: number): number {
  const found = TAIL_LEVELS.findLastIndex((level) => count * (1 - level) >= SLOWER - 1e-9);
  return Math.max(0, found);
}
