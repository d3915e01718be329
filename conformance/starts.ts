import { timeOf } from '../promql/notation.js';

const ITEM = /^([+-]?\d[\da-wyz.]*)(?:([+-])(\d[\da-wyz.]*))?(?:x(\d+))?$/;

/** `name{a="b"}@st _ -30s -1m+1sx2`: from each sample's time to its start time, milliseconds. Throws SyntaxError. */
export function parseStarts(line: string): (number | undefined)[] {
  const offsets: (number | undefined)[] = [];
  for (const item of line.split(/\s+/).slice(1)) {
    const gap = /^_(?:x(\d+))?$/.exec(item);
    if (gap) {
      for (let count = 0; count < Number(gap[1] ?? 1); count += 1) offsets.push(undefined);
      continue;
    }
    const [, first = '', sign, delta = '0', times = '0'] = ITEM.exec(item) ?? [];
    if (first === '') throw new SyntaxError(`not a start time: ${item}`);
    const step = timeOf(delta) * (sign === '-' ? -1 : 1);
    for (let count = 0; count <= Number(times); count += 1) offsets.push(timeOf(first) + step * count);
  }
  return offsets;
}
