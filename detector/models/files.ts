import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, PipelineError } from '#core/errors.js';
import type { InputName, Model } from './model.js';
import { EXPERTS, RANKS, SEASON, WINDOW } from './shape.js';

/** A model as a folder: `model.onnx`, and `model.json` with its card and its known answer. */
const GRAPH = 'model.onnx';
const CARD = 'model.json';
/** A graph of some megabytes is all that a step has time for. */
const MAX_BYTES = 16 * 1024 * 1024;
/** What the detector can give a model: columns by input. */
const INPUTS: Readonly<Record<InputName, number>> = { window: WINDOW, sorted: WINDOW, ranks: RANKS, forecasts: EXPERTS, errors: EXPERTS, yesterday: SEASON };
const isInput = (name: string): name is InputName => name in INPUTS;

const shape = z.array(z.union([z.number().int().positive(), z.literal('N')]));
const numbers = z.array(z.number());
const document = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'expected a short name of lower-case letters, digits and -'),
  description: z.string().max(500),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  parameters: z.int().nonnegative(),
  inputs: z.record(z.string(), shape),
  outputs: z.record(z.string(), shape),
  training: z.string().max(2000),
  provenance: z.record(z.string(), z.unknown()).optional(),
  golden: z.strictObject({ inputs: z.record(z.string(), numbers), expected: z.number(), scale: z.number() }),
});

export function writeModel(folder: string, model: Model): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, GRAPH), model.onnx);
  writeFileSync(join(folder, CARD), `${modelDocument(model, 2)}\n`);
}

/** Card and known answer as JSON. */
export function modelDocument({ card, golden }: Model, indent?: number): string {
  const inputs = Object.fromEntries(Object.entries(golden.inputs).map(([name, values]) => [name, [...values]]));
  return JSON.stringify({ ...card, golden: { ...golden, inputs } }, undefined, indent);
}

/** Throws MODEL_INVALID with the reason when a file is missing, damaged, or of another shape than the detector can use. */
export function readModel(folder: string): Model {
  try {
    return parseModel(readFileSync(join(folder, CARD), 'utf8'), readFileSync(join(folder, GRAPH)));
  } catch (cause) {
    throw new PipelineError('MODEL_INVALID', `${folder}: ${messageOf(cause)}`, { cause });
  }
}

/** The same from what `modelDocument` gave and the bytes of the graph. */
export function parseModel(text: string, onnx: Buffer): Model {
  const refuse = (reason: string): never => {
    throw new PipelineError('MODEL_INVALID', reason);
  };
  const parsed = document.safeParse(jsonOf(text));
  if (!parsed.success) return refuse(`model.json: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
  const { golden, ...card } = parsed.data;
  if (onnx.length > MAX_BYTES) return refuse(`model.onnx has ${onnx.length} bytes; ${MAX_BYTES} at most`);
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  if (sha256 !== card.sha256) return refuse(`model.onnx has the sha256 ${sha256}; model.json says ${card.sha256}: one of them is damaged`);
  if (Object.keys(INPUTS).every((name) => name === 'yesterday' || card.inputs[name] === undefined)) refuse('the model takes nothing of the window: neither `window` nor `sorted` nor `ranks` nor `forecasts` nor `errors`');
  for (const [name, [rows, width, ...more]] of Object.entries(card.inputs)) {
    if (!isInput(name) || rows !== 'N' || width !== INPUTS[name] || more.length > 0) refuse(`the input ${name} must be one of ${Object.entries(INPUTS).map(([known, columns]) => `${known} [N, ${columns}]`).join(', ')}`);
    if (golden.inputs[name]?.length !== width) refuse(`the known answer needs ${width} numbers of ${name}`);
  }
  for (const output of ['expected', 'scale']) if (card.outputs[output]?.join() !== 'N,1') refuse(`the model must give ${output} [N, 1]`);
  return { card, onnx, golden: { ...golden, inputs: Object.fromEntries(Object.entries(golden.inputs).map(([name, values]) => [name, Float32Array.from(values)])) } };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return messageOf(error);
  }
}
