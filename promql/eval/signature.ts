import type { Matching } from '../ast.js';
import { drop, keep, keyOf, SCHEMA_LABELS, type LabelSet } from '../labels.js';

/** The labels that two sides must share: those of `on`, or all but those of `ignoring` and the name. */
export function matchLabels(matching: Matching): (labels: LabelSet) => LabelSet {
  const names = new Set(matching.labels);
  if (matching.on) return (labels) => keep(labels, names);
  for (const name of SCHEMA_LABELS) names.add(name);
  return (labels) => drop(labels, names);
}

export function signatureOf(matching: Matching): (labels: LabelSet) => string {
  const part = matchLabels(matching);
  return (labels) => keyOf(part(labels));
}
