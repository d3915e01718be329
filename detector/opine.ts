import type { Answer } from './ask.js';
import { createTail, learnError, widthOf, type Tails } from './calibration.js';
import type { JudgedPart } from './judged.js';
import { scaleOf } from './members.js';

/** Puts what models said of a part into the unit of each series, with the width of its band; from errors outside trouble they learn how far they err. One loop for each model: in a longer one every number would be an object. */
export function opine(part: JudgedPart, answer: Answer, tails: readonly Tails[], probability: number): void {
  part.takeNorms(answer);
  for (const [index, opinion] of part.opinions.entries()) {
    const forecast = answer.forecasts[index];
    const known = tails[index];
    if (!known) continue;
    const tail = createTail();
    for (let row = 0; row < part.rows; row += 1) {
      const place = part.places[row] ?? 0;
      const origin = part.origins[row] ?? 0;
      const centre = part.centres[row] ?? 0;
      const spread = part.spreads[row] ?? 1;
      const raw = centre + (forecast?.expected[origin] ?? 0) * spread;
      const scale = scaleOf(forecast?.scale[origin] ?? 0, centre, spread);
      known.load(place, tail);
      const width = widthOf(tail, probability);
      opinion.expected[row] = raw;
      opinion.scale[row] = scale;
      opinion.width[row] = width;
      if (part.troubled[row] === 1) continue;
      // An error beyond the band counts as one at its edge: an anomaly must not teach the band to expect it.
      learnError(tail, Math.min(Math.abs((part.values[row] ?? 0) - raw) / scale, width));
      known.save(place, tail);
    }
  }
}
