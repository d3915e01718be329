import type { ModelInputs } from './inputs.js';
import type { Member, Run } from './members.js';
import type { InputName } from './models/model.js';
import type { Forecast } from './onnx/inference.js';
import type { Rings } from './rings.js';

/** What models are asked: what comes next in some rows. */
export interface Question {
  readonly rings: Rings;
  readonly places: Uint16Array;
  readonly members: readonly Pick<Member, 'slot' | 'inputs'>[];
  /** What was asked in this step once more: points that were noted since are left out. */
  readonly again: boolean;
}

/** By the place of a row in the question: what made it unitless, and what each model says of it without a unit. */
export interface Answer {
  readonly centres: Float64Array;
  readonly spreads: Float64Array;
  readonly forecasts: readonly Forecast[];
}

/** Asks models; until they have answered the rows are theirs. */
export type Ask = (question: Question) => Promise<Answer>;

/** What is made of the points of a series, not of what follows from them. */
const WHOLE: ReadonlySet<InputName> = new Set(['window', 'sorted', 'yesterday']);

/** Asks about as many rows at a time as `inputs` holds. Those in which nothing moved are the same to any model: of these one is asked about. */
export async function answer({ rings, places, members, again }: Question, inputs: ModelInputs, run: Run): Promise<Answer> {
  const rows = places.length;
  const whole = members.some(({ inputs: names }) => names.some((name) => WHOLE.has(name)));
  const centres = new Float64Array(rows);
  const spreads = new Float64Array(rows);
  const forecasts = members.map(() => ({ expected: new Float32Array(rows), scale: new Float32Array(rows) }));
  /** Which row of the inputs says what a row is asked. */
  const origins = new Uint16Array(inputs.most);
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
      centres[index] = centre;
      spreads[index] = spread;
      origins[index - from] = to;
    }
    for (const [member, { slot, inputs: names }] of members.entries()) {
      const said = await run(slot, inputs.rows, inputs.given(names));
      const into = forecasts[member];
      for (let index = from; into && index < end; index += 1) {
        const origin = origins[index - from] ?? 0;
        into.expected[index] = said.expected[origin] ?? Number.NaN;
        into.scale[index] = said.scale[origin] ?? Number.NaN;
      }
    }
  }
  return { centres, spreads, forecasts };
}
