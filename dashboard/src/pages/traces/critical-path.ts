import { at, type Tree } from './tree.js';

export type Segment = readonly [from: number, to: number];

/**
 * What the trace's length is made of: walking back from the end of the main root, always along the child that ended last
 * before that moment. By span index; segments in ns, none overlaps another. Time after a parent's end counts for nothing.
 */
export function criticalPath(tree: Tree): ReadonlyMap<number, readonly Segment[]> {
  const path = new Map<number, Segment[]>();
  const root = mainRoot(tree);
  const open: { readonly index: number; readonly until: number }[] = root < 0 ? [] : [{ index: root, until: Infinity }];
  const add = (index: number, from: number, to: number): void => {
    if (to <= from) return;
    const own = path.get(index);
    if (own) own.push([from, to]);
    else path.set(index, [[from, to]]);
  };
  for (let step = open.pop(); step; step = open.pop()) {
    const { index, until } = step;
    const start = at(tree.start, index);
    const end = Math.min(start + at(tree.duration, index), until);
    let reached = end;
    const ends = (child: number): number => at(tree.start, child) + at(tree.duration, child);
    for (const child of (tree.children[index] ?? []).toSorted((a, b) => ends(b) - ends(a))) {
      const [from, to] = [Math.max(start, at(tree.start, child)), Math.min(ends(child), end)];
      if (to > reached || from >= end || to <= start) continue;
      add(index, to, reached);
      open.push({ index: child, until: to });
      reached = from;
    }
    add(index, start, reached);
  }
  return path;
}

/** The longest root that names no parent, or the longest of all. */
export function mainRoot({ order, parent, orphan, duration }: Tree): number {
  const roots = order.filter((index) => at(parent, index) < 0);
  const whole = roots.filter((index) => orphan[index] !== true);
  return (whole.length > 0 ? whole : roots).reduce((best, index) => (best < 0 || at(duration, index) > at(duration, best) ? index : best), -1);
}
