import { createTail, learnError, widthOf, type Tails } from './calibration.js';
import type { JudgedPart } from './judged.js';

/** Gives what models said of a part the width of its band; from errors outside trouble they learn how far they err. One loop for each model: in a longer one every number would be an object. */
export function opine(part: JudgedPart, tails: readonly Tails[], probability: number): void {
  for (const [index, { said, width }] of part.opinions.entries()) {
    const known = tails[index];
    if (!known) continue;
    const tail = createTail();
    for (let row = 0; row < part.rows; row += 1) {
      const place = part.places[row] ?? 0;
      known.load(place, tail);
      const wide = widthOf(tail, probability);
      width[place] = wide;
      if (part.troubled[row] === 1) continue;
      // An error beyond the band counts as one at its edge: an anomaly must not teach the band to expect it.
      learnError(tail, Math.min(Math.abs((part.values[row] ?? 0) - (said.expected[place] ?? 0)) / (said.scale[place] ?? 0), wide));
      known.save(place, tail);
    }
  }
}
