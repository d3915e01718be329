import type { Aggregation } from '../ast.js';
import { drop, keep, keyOf, SCHEMA_LABELS, type LabelSet } from '../labels.js';
import type { VectorSeries } from './value.js';

/** The series that one result is made of. */
export interface Group {
  readonly labels: LabelSet;
  readonly dropName: boolean;
  readonly members: VectorSeries[];
}

/** Labels of a group, and their key. */
interface Place {
  readonly labels: LabelSet;
  readonly key: string;
}

const LIMIT = 200;
/** By grouping, then by label set: stored series have one label set for good, so a query that comes again finds its groups at once. */
const places = new Map<string, WeakMap<LabelSet, Place>>();

function placesOf(expr: Pick<Aggregation, 'grouping' | 'without'>): WeakMap<LabelSet, Place> {
  const spec = `${expr.without ? 'without' : 'by'}\u0000${expr.grouping.join('\u0000')}`;
  const known = places.get(spec);
  if (known) return known;
  if (places.size >= LIMIT) places.clear();
  const made = new WeakMap<LabelSet, Place>();
  places.set(spec, made);
  return made;
}

export function groupSeries(expr: Pick<Aggregation, 'grouping' | 'without'>, series: readonly VectorSeries[]): Group[] {
  const names = new Set(expr.grouping);
  if (expr.without) for (const name of SCHEMA_LABELS) names.add(name);
  const known = placesOf(expr);
  const groups = new Map<string, { labels: LabelSet; dropName: boolean; members: VectorSeries[] }>();
  for (const one of series) {
    let place = known.get(one.labels);
    if (!place) {
      const labels = expr.without ? drop(one.labels, names) : keep(one.labels, names);
      place = { labels, key: keyOf(labels) };
      known.set(one.labels, place);
    }
    const group = groups.get(place.key);
    if (group) {
      group.members.push(one);
      group.dropName ||= one.dropName;
    } else groups.set(place.key, { labels: place.labels, dropName: one.dropName, members: [one] });
  }
  return [...groups.values()];
}
