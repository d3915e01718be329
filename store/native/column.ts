import type { Bytes } from './bytes.js';

/** One column of a block under construction. `rows` is how many values it holds. */
export interface NativeColumn {
  readonly name: string;
  readonly type: string;
  readonly rows: number;
  /** Of what is written, or somewhat more. */
  readonly encodedBytes: number;
  /** What stands before all values of a column that holds a dictionary. */
  writePrefix?(out: Bytes): void;
  writeTo(out: Bytes): void;
  /** Empties it and keeps its memory. */
  reset(): void;
}
