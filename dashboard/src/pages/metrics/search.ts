import { textIn } from '../../search.js';

export interface MetricsSearch {
  readonly q?: string | undefined;
  readonly name?: string | undefined;
  readonly service?: string | undefined;
  /** Text in the labels of the series that are shown. */
  readonly labels?: string | undefined;
}

export function metricsSearch(search: Record<string, unknown>): MetricsSearch {
  return { q: textIn(search, 'q'), name: textIn(search, 'name'), service: textIn(search, 'service'), labels: textIn(search, 'labels') };
}
