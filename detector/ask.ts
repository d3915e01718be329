import type { ModelInputs } from './inputs.js';
import { scaleOf, type Member, type Run } from './members.js';
import { ModelFailure, type InputName } from './models/model.js';
import { BLOCK_ROWS, type Rings } from './rings.js';

/** What a model says of the rows of a block, by their places: what comes next and how far it may be off, as a standard deviation, both in each series' own unit. */
export class Said {
  readonly expected: Float64Array;
  readonly scale: Float64Array;

  /** In memory that threads share: those that answer would each keep what they give away. */
  constructor() {
    const memory = new SharedArrayBuffer(2 * BLOCK_ROWS * Float64Array.BYTES_PER_ELEMENT);
    this.expected = new Float64Array(memory, 0, BLOCK_ROWS);
    this.scale = new Float64Array(memory, this.expected.byteLength, BLOCK_ROWS);
  }
}

/** What models are asked: what comes next in some rows. */
export interface Question {
  readonly rings: Rings;
  readonly places: Uint16Array;
  /** Who is asked, and where each says it. */
  readonly members: readonly (Pick<Member, 'slot' | 'inputs'> & { readonly said: Said })[];
  /** What was asked in this step once more: points that were noted since are left out. */
  readonly again: boolean;
}

/** Asks models; until they have answered the rows, and what is said of them, are theirs. Rejects with ModelFailure when one of them throws. */
export type Ask = (question: Question) => Promise<void>;

/** What is made of the points of a series, not of what follows from them. */
const WHOLE: ReadonlySet<InputName> = new Set(['window', 'sorted', 'yesterday']);

/** Asks about as many rows at a time as `inputs` holds. Those in which nothing moved are the same to any model: of these one is asked about. */
export async function answer({ rings, places, members, again }: Question, inputs: ModelInputs, run: Run): Promise<void> {
  const rows = places.length;
  const whole = members.some(({ inputs: names }) => names.some((name) => WHOLE.has(name)));
  for (let from = 0; from < rows; from += inputs.most) {
    const end = Math.min(rows, from + inputs.most);
    inputs.clear();
    for (let index = from; index < end; index += 1) {
      const place = places[index] ?? 0;
      if (!again) {
        rings.putSeason(place);
        rings.settle(place);
      }
      const still = rings.still(place);
      const kind = rings.hasSeason(place) ? 1 : 0;
      const known = still ? (inputs.flat[kind] ?? -1) : -1;
      const to = known === -1 ? inputs.rows : known;
      if (known === -1) {
        inputs.rows += 1;
        if (still) inputs.flat[kind] = to;
      }
      const { centre, spread } = known === -1 || !still ? rings.normalise(place, inputs, to, whole) : still;
      rings.centres[place] = centre;
      rings.spreads[place] = spread;
      inputs.origins[index - from] = to;
    }
    for (const { slot, inputs: names, said } of members) {
      const { expected, scale } = await run(slot, inputs.rows, inputs.given(names)).catch((error: unknown) => {
        throw new ModelFailure(slot, error);
      });
      for (let index = from; index < end; index += 1) {
        const place = places[index] ?? 0;
        const origin = inputs.origins[index - from] ?? 0;
        const centre = rings.centres[place] ?? 0;
        const spread = rings.spreads[place] ?? 1;
        said.expected[place] = centre + (expected[origin] ?? Number.NaN) * spread;
        said.scale[place] = scaleOf(scale[origin] ?? Number.NaN, centre, spread);
      }
    }
  }
}
