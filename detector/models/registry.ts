import { createHash } from 'node:crypto';
import { buildRobust } from './robust.js';
import { buildSeasonal } from './seasonal.js';
import { SEASON, UNKNOWN, WINDOW } from './shape.js';

export type ModelName = 'seasonal' | 'robust';

/** What a model is, for people and for `faultline models`. */
export interface ModelCard {
  readonly name: ModelName;
  readonly description: string;
  readonly sha256: string;
  readonly parameters: number;
  readonly inputs: Readonly<Record<string, readonly (number | 'N')[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | 'N')[]>>;
  readonly training: string;
}

/** A model and the answer that any provider must give before it is used. */
export interface Model {
  readonly card: ModelCard;
  readonly onnx: Buffer;
  readonly golden: { readonly inputs: Readonly<Record<string, Float32Array>>; readonly expected: number; readonly tolerance: number };
}

/** Every model, built from its source here: the files are the same on every machine. */
export function buildModels(): readonly Model[] {
  const window = Float32Array.from({ length: WINDOW }, (_, index) => ((index * 7) % 12) / 12 - 0.5);
  const inputs = { window };
  const both = { window, yesterday: new Float32Array(SEASON).fill(UNKNOWN) };
  const seasonal = buildSeasonal();
  const robust = buildRobust();
  const outputs = { expected: ['N', 1], scale: ['N', 1] } as const;
  const training = 'None: its constants follow from its definition; it fits itself to the window that it is given.';
  const model = (name: ModelName, graph: typeof seasonal, description: string, shapes: ModelCard['inputs'], golden: Model['golden']): Model => {
    const onnx = graph.toBytes(name);
    return { onnx, golden, card: { name, description, sha256: createHash('sha256').update(onnx).digest('hex'), parameters: graph.parameters, inputs: shapes, outputs, training } };
  };
  return [
    // The pattern repeats every 12 points and its next value is -0.5; neighbours that the cycle experts average pull it by a little.
    model('seasonal', seasonal, 'Forecasts weighed by their recent error: levels, trend, cycles, yesterday.', { window: ['N', WINDOW], yesterday: ['N', SEASON] }, { inputs: both, expected: 0, tolerance: 0.6 }),
    model('robust', robust, 'Median and spread of the window.', { window: ['N', WINDOW] }, { inputs, expected: -1 / 24, tolerance: 1e-4 }),
  ];
}

export async function listModels(): Promise<readonly ModelCard[]> {
  return buildModels().map((model) => model.card);
}
