import type { Anomaly } from '#core/types.js';
import { keyOf, surpriseOf } from '../detector/incidents/cause/rarity.js';
import { symptomOf } from '../detector/incidents/symptom.js';

/** So many of the most alike are asked. */
const ASKED = 5;
/** The likeness counts to this power: the most alike decide. */
const SHARPNESS = 4;
/** Scores this far apart are told apart. */
const DECIDED = 0.3;
/** What their agreement adds at most to a score. */
const AGREED = 0.5;

export interface Ranked {
  readonly anomalies: readonly Anomaly[];
  /** By entity. */
  readonly scores: ReadonlyMap<string, number>;
}

/** The scores of each case of one system, with what those most alike blame: trouble that returns looks the same, and is plainer at one time than at another. No answers are asked for. */
export function agreedScores(cases: readonly Ranked[]): ReadonlyMap<string, number>[] {
  const shown = cases.map(({ anomalies }) => new Set(anomalies.filter((one) => symptomOf(one) !== 'none').map(keyOf)));
  const seen = new Map<string, number>();
  for (const keys of shown) for (const key of keys) seen.set(key, (seen.get(key) ?? 0) + 1);
  const weights = new Map([...seen].map(([key, count]) => [key, Math.max(0, surpriseOf(count, cases.length)) ** 2]));
  const weightOf = (key: string): number => weights.get(key) ?? 0;
  const norms = shown.map((keys) => Math.sqrt([...keys].reduce((sum, key) => sum + weightOf(key), 0)));
  const blame = cases.map(({ scores }) => shares(scores));

  /** Cosine of what two show. */
  function likeness(one: number, other: number): number {
    let shared = 0;
    const others = shown[other];
    for (const key of shown[one] ?? []) if (others?.has(key)) shared += weightOf(key);
    return shared > 0 ? shared / ((norms[one] ?? 1) * (norms[other] ?? 1)) : 0;
  }

  return cases.map(({ scores }, at) => {
    const nearest = cases
      .flatMap((_, other) => (other === at ? [] : { other, weight: likeness(at, other) ** SHARPNESS }))
      .toSorted((a, b) => b.weight - a.weight)
      .slice(0, ASKED);
    const total = nearest.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) return scores;
    const agreed = (name: string): number => nearest.reduce((sum, { other, weight }) => sum + weight * (blame[other]?.get(name) ?? 0), 0) / total;
    return new Map([...scores].map(([name, score]) => [name, score + AGREED * agreed(name)]));
  });
}

/** How the blame is shared by these scores. */
function shares(scores: ReadonlyMap<string, number>): Map<string, number> {
  const top = Math.max(...scores.values());
  const odds = new Map([...scores].map(([name, score]) => [name, Math.exp((score - top) / DECIDED)]));
  const total = [...odds.values()].reduce((sum, one) => sum + one, 0);
  return new Map([...odds].map(([name, one]) => [name, one / total]));
}
