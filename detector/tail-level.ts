/** Levels that stand for the 95th percentile, by how many requests it takes for two of them to be slower. */
export const TAIL_LEVELS = [0.25, 0.75, 0.8, 0.85, 0.9, 0.95] as const;
const SLOWER = 2;
/** Of fewer, which are left when traffic goes elsewhere, one that is slow is chance too. */
const FEW = 4;

/** The place of the level that so many requests allow: one slow request among a dozen is chance, so none that rests on it alone is judged, where there are a dozen. */
export function levelFor(count: number): number {
  const found = TAIL_LEVELS.findLastIndex((level) => count * (1 - level) >= SLOWER - 1e-9);
  return Math.max(count < FEW ? 0 : 1, found);
}
