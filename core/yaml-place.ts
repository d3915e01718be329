import { isMap, type Document, type LineCounter } from 'yaml';

/** `file:line` of an offset in the text. */
export const placeIn = (file: string, lines: LineCounter) => (offset: number): string => `${file}:${lines.linePos(offset).line}`;

/** Where the value at `path`, or the nearest thing around it, begins in the text. */
export function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const pair = isMap(parent) ? parent.items.find(({ key }) => String(key) === String(last)) : undefined;
    const node: unknown = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) return Number(node.range[0]);
  }
  return 0;
}
