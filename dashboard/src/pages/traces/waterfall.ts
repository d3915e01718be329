import type { ApiSpan } from '#core/api/traces.js';
import { fromNanos } from '../../format/time.js';
import { criticalPath, mainRoot, type Segment } from './critical-path.js';
import { at, buildTree, type Tree } from './tree.js';

/** A span in its place. Nanoseconds count from the begin of the trace. */
export interface Row {
  readonly span: ApiSpan;
  readonly depth: number;
  readonly startNs: number;
  readonly durationNs: number;
  /** Its own time, children taken away. */
  readonly selfNs: number;
  readonly shiftNs: number;
  readonly orphan: boolean;
  /** How many of the following rows lie below it. */
  readonly descendants: number;
  /** An error somewhere below. */
  readonly failsBelow: boolean;
  readonly critical: readonly Segment[];
}

export interface ServiceShare {
  readonly service: string;
  /** Number of its colour, 1 to 8. */
  readonly hue: number;
  readonly spans: number;
  readonly errors: number;
  readonly selfNs: number;
  /** Of all services' own time, 0..1. */
  readonly share: number;
}

export interface Waterfall {
  readonly rows: readonly Row[];
  readonly root: ApiSpan | null;
  readonly startMs: number;
  readonly durationNs: number;
  /** Those with the most own time first. */
  readonly services: readonly ServiceShare[];
  readonly errors: number;
  readonly orphans: number;
  readonly skewed: number;
}

const HUES = 8;

export function buildWaterfall(spans: readonly ApiSpan[]): Waterfall {
  const tree = buildTree(spans);
  // Shifts may leave nothing at the earliest start.
  const begins = tree.start.reduce((least, start) => Math.min(least, start), Infinity);
  const path = criticalPath(tree);
  const below = sumsBelow(tree, spans);
  const depth: number[] = [];
  const rows: Row[] = [];
  for (const index of tree.order) {
    const span = spans[index];
    if (!span) continue;
    const of = at(tree.parent, index);
    depth[index] = of < 0 ? 0 : at(depth, of) + 1;
    rows.push({
      span, depth: depth[index], startNs: at(tree.start, index) - begins, durationNs: at(tree.duration, index), selfNs: ownTime(tree, index), shiftNs: at(tree.shift, index), orphan: tree.orphan[index] === true,
      descendants: at(below.count, index), failsBelow: at(below.errors, index) > 0, critical: (path.get(index) ?? []).map(([from, to]) => [from - begins, to - begins]),
    });
  }
  const root = spans[mainRoot(tree)] ?? null;
  return {
    rows, root, services: sharesOf(rows), durationNs: rows.reduce((most, row) => Math.max(most, row.startNs + row.durationNs), 0),
    startMs: spans.reduce((least, { startTimeUnixNano }) => Math.min(least, fromNanos(startTimeUnixNano)), Infinity) + (rows.length > 0 ? begins / 1e6 : 0),
    errors: rows.filter(({ span }) => span.status === 'Error').length, orphans: rows.filter(({ orphan }) => orphan).length, skewed: rows.filter(({ shiftNs }) => shiftNs !== 0).length,
  };
}

function ownTime({ children, start, duration }: Tree, index: number): number {
  const [from, to] = [at(start, index), at(start, index) + at(duration, index)];
  let covered = 0;
  let reached = from;
  for (const child of children[index] ?? []) {
    const begin = Math.max(reached, at(start, child));
    const end = Math.min(to, at(start, child) + at(duration, child));
    if (end <= begin) continue;
    covered += end - begin;
    reached = end;
  }
  return Math.max(0, to - from - covered);
}

/** Spans and failed spans below each one. */
function sumsBelow({ order, parent }: Tree, spans: readonly ApiSpan[]): { readonly count: readonly number[]; readonly errors: readonly number[] } {
  const count = spans.map(() => 0);
  const errors = spans.map(() => 0);
  for (const index of order.toReversed()) {
    const of = at(parent, index);
    if (of < 0) continue;
    count[of] = at(count, of) + at(count, index) + 1;
    errors[of] = at(errors, of) + at(errors, index) + (spans[index]?.status === 'Error' ? 1 : 0);
  }
  return { count, errors };
}

function sharesOf(rows: readonly Row[]): ServiceShare[] {
  const byName = new Map<string, { spans: number; errors: number; selfNs: number; hue: number }>();
  for (const { span, selfNs } of rows) {
    const own = byName.get(span.service) ?? { spans: 0, errors: 0, selfNs: 0, hue: (byName.size % HUES) + 1 };
    byName.set(span.service, { ...own, spans: own.spans + 1, errors: own.errors + (span.status === 'Error' ? 1 : 0), selfNs: own.selfNs + selfNs });
  }
  const all = rows.reduce((sum, { selfNs }) => sum + selfNs, 0) || 1;
  return [...byName].map(([service, own]): ServiceShare => ({ service, ...own, share: own.selfNs / all })).toSorted((a, b) => b.selfNs - a.selfNs);
}

/** Rows that show when those of `closed` (span ids) hide what is below them. Indices into `rows`. */
export function openRows(rows: readonly Row[], closed: ReadonlySet<string>): number[] {
  const shown: number[] = [];
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index];
    if (!row) break;
    shown.push(index);
    if (closed.has(row.span.spanId)) index += row.descendants;
  }
  return shown;
}

/** The failed span that follows the one called `spanId`, the first of all after the last. */
export function nextFailed(rows: readonly Row[], spanId: string | undefined): string | undefined {
  const failed = rows.filter(({ span }) => span.status === 'Error' || span.spanId === spanId).map(({ span }) => span);
  const after = failed.slice(failed.findIndex((span) => span.spanId === spanId) + 1);
  return [...after, ...failed].find((span) => span.status === 'Error' && span.spanId !== spanId)?.spanId ?? spanId;
}

/** Whether a span has `text` in its service, name, status message or an attribute value. */
export function contains({ service, name, statusMessage, spanId, attributes }: ApiSpan, text: string): boolean {
  const wanted = text.toLowerCase();
  return [service, name, statusMessage, spanId, ...Object.values(attributes)].some((value) => value.toLowerCase().includes(wanted));
}
