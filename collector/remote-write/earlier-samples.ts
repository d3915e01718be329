import { HashTable } from '#core/hash-table.js';
import { varintAt } from '#store/native.js';

/** Three columns of eight bytes. */
const COLUMNS = 3;
const ROW_BYTES = 8;
const KEEP_MS = 600_000;

/** Samples that an earlier run acknowledged, or was about to: its senders may send them again. Looked up once for each series that is new to this run. */
export class EarlierSamples {
  /** Which of `#times` are those of a series, by the halves of its id. */
  readonly #series = new HashTable();
  #times: number[][] = [];
  #since = 0;

  /** Notes blocks of `metric_samples` as the queue keeps them. What is no such block is left out. */
  add(native: Buffer, now: number): void {
    this.#since = now;
    for (let at = 0; at < native.length; ) {
      const [columns, afterColumns] = varintAt(native, at);
      const [rows, afterRows] = varintAt(native, afterColumns);
      if (columns !== COLUMNS) return;
      const starts: number[] = [];
      at = afterRows;
      for (let column = 0; column < COLUMNS; column += 1) {
        at = afterText(native, afterText(native, at));
        starts.push(at);
        at += rows * ROW_BYTES;
      }
      if (at > native.length) return;
      const [series = 0, time = 0] = starts;
      for (let row = 0; row < rows; row += 1) this.#note(native, series + row * ROW_BYTES, time + row * ROW_BYTES);
    }
  }

  #note(native: Buffer, idAt: number, timeAt: number): void {
    const low = native.readUInt32LE(idAt);
    const high = native.readUInt32LE(idAt + 4);
    const timeMs = native.readUInt32LE(timeAt) + native.readInt32LE(timeAt + 4) * 0x1_0000_0000;
    const known = this.#times[this.#series.get(low, high)];
    if (known) known.push(timeMs);
    else this.#series.set(low, high, this.#times.push([timeMs]) - 1);
  }

  /** Senders that have not come back in ten minutes have nothing under way. */
  timesOf(low: number, high: number, now: number): readonly number[] {
    if (this.#times.length === 0) return [];
    if (now - this.#since > KEEP_MS) {
      this.#series.clear();
      this.#times = [];
    }
    return this.#times[this.#series.get(low, high)] ?? [];
  }
}

function afterText(bytes: Buffer, from: number): number {
  const [size, at] = varintAt(bytes, from);
  return at + size;
}
