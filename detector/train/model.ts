import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PipelineError } from '#core/errors.js';
import type { Model } from '../models/model.js';
import { WINDOW } from '../models/shape.js';
import { buildForecaster, layoutOf, plainForecast, type Size } from './forecaster.js';
import { floatsOf } from './initializers.js';

export const NAME = 'forecaster';
const DESCRIPTION = 'Quantiles of the next point from one residual network for all series.';

const sized = z.object({ size: z.object({ width: z.int().positive().max(4096), blocks: z.int().nonnegative().max(32) }) });

/** The parameters as a model that the detector can use. `provenance` is what is needed to make them again. */
export function forecasterModel(theta: Float32Array, size: Size, training: string, provenance: Readonly<Record<string, unknown>>): Model {
  const onnx = buildForecaster(theta, size).toBytes(NAME);
  const window = Float32Array.from({ length: WINDOW }, (_, index) => Math.fround(((index * 7) % 12) / 12 - 0.5 + ((index * 31) % 17) / 40));
  return {
    onnx,
    golden: { inputs: { window }, ...plainForecast(theta, size, window) },
    card: {
      name: NAME, description: DESCRIPTION, sha256: createHash('sha256').update(onnx).digest('hex'), parameters: theta.length, inputs: { window: ['N', WINDOW] }, outputs: { expected: ['N', 1], scale: ['N', 1] },
      training, provenance: { ...provenance, size },
    },
  };
}

/** Parameters and size of a forecaster that was trained here. Throws MODEL_INVALID for any other model. */
export function parametersOf({ card, onnx }: Model): { theta: Float32Array; size: Size } {
  const parsed = sized.safeParse(card.provenance);
  const size = parsed.data?.size;
  const theta = size && floatsOf(onnx, layoutOf(size).size);
  if (!size || !theta) throw new PipelineError('MODEL_INVALID', `${card.name} is no forecaster that \`faultline train\` made, so it cannot be trained on`);
  return { theta, size };
}
