import { messageOf, PipelineError } from '#core/errors.js';

/** What the detector can give a model: the window, the same in ascending order, what is in the middle of it, what simple forecasts say and how far they erred, and the day before. */
export const INPUT_NAMES = ['window', 'sorted', 'ranks', 'forecasts', 'errors', 'yesterday'] as const;
export type InputName = (typeof INPUT_NAMES)[number];

/** What a model is, for people, for the registry and for the file beside its graph. */
export interface ModelCard {
  /** Its role among the models that judge together: only one version of a name is active. */
  readonly name: string;
  readonly description: string;
  /** Of the ONNX file, in hexadecimal. */
  readonly sha256: string;
  readonly parameters: number;
  readonly inputs: Readonly<Record<string, readonly (number | 'N')[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | 'N')[]>>;
  /** How it came about, in a sentence. */
  readonly training: string;
  /** What is needed to make it again, and what its makers measured. */
  readonly provenance?: Readonly<Record<string, unknown>> | undefined;
}

/** One row of input and the answer that any provider must give before the model is used. */
export interface Golden {
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly expected: number;
  readonly scale: number;
}

export interface Model {
  readonly card: ModelCard;
  readonly onnx: Buffer;
  readonly golden: Golden;
}

/** What a model says of each row. */
export interface Forecast {
  readonly expected: Float32Array;
  readonly scale: Float32Array;
}

/** A model threw when it was asked. */
export class ModelFailure extends PipelineError {
  /** Where its session is. */
  readonly slot: string;
  constructor(slot: string, cause: unknown) {
    super('MODEL_INVALID', messageOf(cause), { retryable: true, cause });
    this.slot = slot;
  }
}
