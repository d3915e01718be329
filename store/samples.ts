import { varintAt } from './native.js';

/** Samples of series as columns, in the order of their rows. */
export interface Rows {
  readonly rows: number;
  /** Two words each, the low one first. */
  readonly ids: Uint32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** The Native blocks of series, time and value, three columns of eight bytes, copied so that they are aligned. Source: https://clickhouse.com/docs/interfaces/formats/Native */
export function* rowsIn(bytes: Buffer): Generator<Rows> {
  for (let start = 0; start < bytes.length; ) {
    const [, afterColumns] = varintAt(bytes, start);
    const [rows, afterRows] = varintAt(bytes, afterColumns);
    let at = afterRows;
    const column = (): ArrayBuffer => {
      for (let text = 0; text < 2; text += 1) {
        const [size, textAt] = varintAt(bytes, at);
        at = textAt + size;
      }
      const own = new ArrayBuffer(rows * 8);
      new Uint8Array(own).set(bytes.subarray(at, at + rows * 8));
      at += rows * 8;
      return own;
    };
    const ids = new Uint32Array(column());
    const halves = new Uint32Array(column());
    const values = new Float64Array(column());
    const times = new Float64Array(rows);
    // A signed 64-bit count of milliseconds from its halves: no bigint per sample.
    for (let row = 0; row < rows; row += 1) times[row] = (halves[row * 2] ?? 0) + ((halves[row * 2 + 1] ?? 0) | 0) * 0x1_0000_0000;
    yield { rows, ids, times, values };
    start = at;
  }
}
