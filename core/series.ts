import { fingerprint } from './fingerprint.js';
import type { Labels, Series, SeriesKind } from './types.js';

/** A watched series with the id that its name and labels give it, the same in every room. */
export function seriesOf(kind: SeriesKind, service: string, operation: string, metric: string, unit: string, labels: Labels = {}): Series {
  return { id: fingerprint({ ...labels, service, operation }, `${kind}/${metric}`), kind, service, operation, metric, unit, labels };
}
