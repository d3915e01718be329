import { MAX_LABELS } from '../label-limits.js';

/** Where the labels of one series or exemplar are in a body. One serves many: what does not change hands costs no memory. */
export class LabelRanges {
  /** Name from, name to, value from, value to, and so on, of at most MAX_LABELS. */
  at = new Int32Array(4 * MAX_LABELS);
  /** Labels; also of those there is no room for. */
  count = 0;
  /** Bytes of all names and values. */
  bytes = 0;

  clear(): void {
    this.count = 0;
    this.bytes = 0;
  }

  add(nameFrom: number, nameTo: number, valueFrom: number, valueTo: number): void {
    const { at } = this;
    const to = 4 * this.count;
    this.count += 1;
    this.bytes += nameTo - nameFrom + valueTo - valueFrom;
    at[to] = nameFrom;
    at[to + 1] = nameTo;
    at[to + 2] = valueFrom;
    at[to + 3] = valueTo;
  }
}
