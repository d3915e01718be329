import { createHash } from 'node:crypto';
import { buildRobust, robustLevel } from './robust.js';
import { buildSeasonal, seasonalForecast } from './seasonal.js';
import { SEASON, WINDOW } from './shape.js';

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
  readonly golden: { readonly inputs: Readonly<Record<string, Float32Array>>; readonly expected: number; readonly scale: number };
}

/** Every model, built from its source here: the files are the same on every machine. */
export function buildModels(): readonly Model[] {
  const window = Float32Array.from({ length: WINDOW }, (_, index) => ((index * 7) % 12) / 12 - 0.5 + ((index * 31) % 17) / 40);
  const yesterday = Float32Array.from({ length: SEASON }, (_, index) => ((index * 7) % 12) / 12 - 0.4);
  const seasonal = buildSeasonal();
  const robust = buildRobust();
  const outputs = { expected: ['N', 1], scale: ['N', 1] } as const;
  const training = 'None: its constants follow from its definition; it fits itself to the window that it is given.';
  const model = (name: ModelName, graph: typeof seasonal, description: string, shapes: ModelCard['inputs'], golden: Model['golden']): Model => {
    const onnx = graph.toBytes(name);
    return { onnx, golden, card: { name, description, sha256: createHash('sha256').update(onnx).digest('hex'), parameters: graph.parameters, inputs: shapes, outputs, training } };
  };
  return [
    model('seasonal', seasonal, 'Forecasts weighed by their recent error: levels, trend, cycles, yesterday.', { window: ['N', WINDOW], yesterday: ['N', SEASON] }, { inputs: { window, yesterday }, ...seasonalForecast(window, yesterday) }),
    model('robust', robust, 'Median and spread of the window.', { window: ['N', WINDOW] }, { inputs: { window }, ...robustLevel(window) }),
  ];
}

export async function listModels(): Promise<readonly ModelCard[]> {
  return buildModels().map((model) => model.card);
}
