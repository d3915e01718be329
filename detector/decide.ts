import { createBand, isMoreSurprised, judgeBy, POOLED_SCORE, type Band, type Point, type Rule } from './band.js';
import type { JudgedPart } from './judged.js';

/** One of each for all: this runs for every series in every step. */
const point: Point = { value: Number.NaN, count: Number.NaN, reach: Number.NaN, silent: 0, expected: Number.NaN, scale: Number.NaN, width: Number.NaN };
const own = createBand();
const pooled = createBand();

/** Writes into `decided` what the model says that is surprised most by a row; a score of -1 where none says a number. */
export function decide(part: JudgedPart, row: number, rule: Rule, stepSeconds: number, sensitivity: number, decided: Band): void {
  const { opinions } = part;
  const requests = part.pooledCounts[row] ?? 0;
  const place = part.places[row] ?? 0;
  decided.expected = decided.lower = decided.upper = 0;
  decided.score = -1;
  for (let index = 0; index < opinions.length; index += 1) {
    const opinion = opinions[index];
    if (!opinion) continue;
    point.value = part.values[row] ?? 0;
    point.count = part.counts[row] ?? 0;
    point.reach = part.reaches[row] ?? Number.NaN;
    point.silent = part.silences[row] ?? 0;
    point.expected = opinion.said.expected[place] ?? 0;
    point.scale = opinion.said.scale[place] ?? 0;
    point.width = opinion.width[place] ?? 0;
    judgeBy(rule, point, stepSeconds, sensitivity, own);
    let said = own;
    if (requests > 0 && own.score <= 1) {
      point.value = part.pooled[row] ?? 0;
      point.count = requests;
      judgeBy(rule, point, stepSeconds, sensitivity, pooled);
      pooled.score = Math.min(pooled.score, POOLED_SCORE);
      if (pooled.score > own.score) said = pooled;
    }
    if (!isMoreSurprised(said.score, decided.score)) continue;
    decided.expected = said.expected;
    decided.lower = said.lower;
    decided.upper = said.upper;
    decided.score = said.score;
  }
}
