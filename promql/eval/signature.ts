import type { Matching } from '../ast.js';
import { drop, keep, keyOf, METRIC_NAME, type LabelSet } from '../labels.js';

/** The labels that two sides must share: those of `on`, or all but those of `ignoring` and the name. */
export function matchLabels(matching: Matching): (labels: LabelSet) => LabelSet {
  const names = new Set(matching.labels);
  if (matching.on) return (labels) => keep(labels, names);
  names.add(METRIC_NAME);
  return (labels) => drop(labels, names);
}

export function signatureOf(matching: Matching): (labels: LabelSet) => string {
  const part = matchLabels(matching);
  return (labels) => keyOf(part(labels));
}
