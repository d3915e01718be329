import { createHash } from 'node:crypto';
import type { Model, ModelCard } from './model.js';
import { expertiseOf } from './experts.js';
import { ranksOf } from './ranks.js';
import { buildRobust, robustLevel } from './robust.js';
import { buildSeasonal, seasonalForecast } from './seasonal.js';
import { EXPERTS, RANKS, SEASON, WINDOW } from './shape.js';

/** The models that fit themselves to the window they are given, built from their source here: the files are the same on every machine. */
export function builtInModels(): readonly Model[] {
  const window = Float32Array.from({ length: WINDOW }, (_, index) => ((index * 7) % 12) / 12 - 0.5 + ((index * 31) % 17) / 40);
  const yesterday = Float32Array.from({ length: SEASON }, (_, index) => ((index * 7) % 12) / 12 - 0.4);
  const seasonal = buildSeasonal();
  const robust = buildRobust();
  const outputs = { expected: ['N', 1], scale: ['N', 1] } as const;
  const training = 'None: its constants follow from its definition; it fits itself to the window that it is given.';
  const model = (name: string, graph: typeof seasonal, description: string, shapes: ModelCard['inputs'], golden: Model['golden']): Model => {
    const onnx = graph.toBytes(name);
    return { onnx, golden, card: { name, description, sha256: createHash('sha256').update(onnx).digest('hex'), parameters: graph.parameters, inputs: shapes, outputs, training } };
  };
  return [
    model('seasonal', seasonal, 'Forecasts weighed by their recent error: levels, trend, cycles, yesterday.', { forecasts: ['N', EXPERTS], errors: ['N', EXPERTS] }, { inputs: { ...expertiseOf(window, yesterday) }, ...seasonalForecast(window, yesterday) }),
    model('robust', robust, 'Median and spread of the window.', { ranks: ['N', RANKS] }, { inputs: { ranks: ranksOf(window) }, ...robustLevel(window) }),
  ];
}
