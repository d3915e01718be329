import type { ApiSpan } from '#core/api/traces.js';

/** Spans as a forest. Arrays run along the spans as they came; nanoseconds count from the earliest start. */
export interface Tree {
  /** -1 for a root. */
  readonly parent: readonly number[];
  readonly children: readonly (readonly number[])[];
  /** Parents before children, siblings by start. */
  readonly order: readonly number[];
  readonly start: readonly number[];
  readonly duration: readonly number[];
  /** Added to `start` because the clock of another host differs. */
  readonly shift: readonly number[];
  /** Names a parent that is not among the spans. */
  readonly orphan: readonly boolean[];
}

/** SDKs round to milliseconds, so a child may seem to begin that much before its parent. */
const TOLERANCE_NS = 1_000_000;

/**
 * Joins spans to their parents. Whatever arrives becomes a forest: a span without its parent is a root, a loop of parents
 * is cut, and of two spans with one id both are kept. A child on another service that begins before its
 * parent, or is served after the call has ended, is moved into it: no clock can be right there.
 */
export function buildTree(spans: readonly ApiSpan[]): Tree {
  const raw = startsOf(spans);
  const { parent, orphan } = parentsOf(spans);
  const children = childrenOf(parent, raw);
  const roots = parent.flatMap((of, index) => (of < 0 ? [index] : [])).toSorted((a, b) => at(raw, a) - at(raw, b));
  const order = preorder(roots, children);
  const duration = spans.map(({ durationNs }) => Math.max(0, durationNs));
  const start = [...raw];
  const shift = spans.map(() => 0);
  const place = (index: number): void => {
    const of = at(parent, index);
    const [span, above] = [spans[index], spans[of]];
    if (span && above) shift[index] = shiftOf(span, above, { raw: at(raw, index), length: at(duration, index), start: at(start, of), end: at(start, of) + at(duration, of), shift: at(shift, of) });
    else if (span && orphan[index] === true) shift[index] = usual.get(span.service) ?? 0;
    start[index] = at(raw, index) + at(shift, index);
  };
  // A span without its parent can only be placed by what its service's other spans tell about its clock.
  const usual = new Map<string, number>();
  const torn = tornOff(order, parent, orphan);
  for (const index of order) if (torn[index] !== true) place(index);
  for (const [service, shifts] of shiftsByService(spans, shift, torn)) usual.set(service, shifts.toSorted((a, b) => a - b)[Math.floor(shifts.length / 2)] ?? 0);
  for (const index of order) if (torn[index] === true) place(index);
  for (const list of children) list.sort((a, b) => at(start, a) - at(start, b));
  return { parent, children, order: preorder(roots, children), start, duration, shift, orphan };
}

/** Whether each span lies below a missing parent. */
function tornOff(order: readonly number[], parent: readonly number[], orphan: readonly boolean[]): boolean[] {
  const torn = orphan.map(() => false);
  for (const index of order) torn[index] = orphan[index] === true || torn[at(parent, index)] === true;
  return torn;
}

function shiftsByService(spans: readonly ApiSpan[], shift: readonly number[], torn: readonly boolean[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  spans.forEach(({ service }, index) => {
    if (torn[index] === true) return;
    const own = found.get(service);
    if (own) own.push(at(shift, index));
    else found.set(service, [at(shift, index)]);
  });
  return found;
}

interface Against {
  readonly raw: number;
  readonly length: number;
  /** The parent as it is drawn. */
  readonly start: number;
  readonly end: number;
  readonly shift: number;
}

function shiftOf(span: ApiSpan, parent: ApiSpan, { raw, length, start, end, shift }: Against): number {
  if (span.service === parent.service) return shift;
  const served = parent.kind === 'Client' && span.kind === 'Server';
  const fits = (from: number): boolean => from >= start - TOLERANCE_NS && (!served || from <= end + TOLERANCE_NS);
  if (fits(raw)) return 0;
  const inside = start + Math.max(0, (end - start - length) / 2) - raw;
  // Of two ways to fit, the smaller move is the likelier clock.
  return fits(raw + shift) && Math.abs(shift) <= Math.abs(inside) ? shift : inside;
}

function startsOf(spans: readonly ApiSpan[]): number[] {
  const exact = spans.map(({ startTimeUnixNano }) => BigInt(startTimeUnixNano));
  const first = exact.reduce((least, value) => (value < least ? value : least), exact[0] ?? 0n);
  return exact.map((value) => Number(value - first));
}

function parentsOf(spans: readonly ApiSpan[]): { parent: number[]; orphan: boolean[] } {
  const byId = new Map<string, number>();
  spans.forEach(({ spanId }, index) => byId.has(spanId) || byId.set(spanId, index));
  const orphan = spans.map(() => false);
  const parent = spans.map(({ parentSpanId }, index) => {
    if (parentSpanId === '') return -1;
    const found = byId.get(parentSpanId);
    if (found !== undefined && found !== index) return found;
    orphan[index] = true;
    return -1;
  });
  // 1: on the way that is being walked, 2: known to reach a root.
  const seen = new Uint8Array(spans.length);
  for (let from = 0; from < spans.length; from += 1) {
    const way: number[] = [];
    let index = from;
    while (index >= 0 && seen[index] === 0) {
      seen[index] = 1;
      way.push(index);
      const next = at(parent, index);
      if (next >= 0 && seen[next] === 1) {
        parent[index] = -1;
        orphan[index] = true;
      }
      index = at(parent, index);
    }
    for (const step of way) seen[step] = 2;
  }
  return { parent, orphan };
}

function childrenOf(parent: readonly number[], start: readonly number[]): number[][] {
  const children: number[][] = parent.map(() => []);
  parent.forEach((of, index) => void children[of]?.push(index));
  for (const list of children) list.sort((a, b) => at(start, a) - at(start, b));
  return children;
}

function preorder(roots: readonly number[], children: readonly (readonly number[])[]): number[] {
  const order: number[] = [];
  const open = roots.toReversed();
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    order.push(index);
    for (const child of (children[index] ?? []).toReversed()) open.push(child);
  }
  return order;
}

/** A number that is known to be there. */
export function at(values: readonly number[], index: number): number {
  return values[index] ?? -1;
}
