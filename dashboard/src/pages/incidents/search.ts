import type { Severity } from '#core/types.js';
import { oneOf, textIn } from '../../search.js';

export interface IncidentsSearch {
  /** `open` (open and acknowledged, of any age) when left out; the others show those of the time range. */
  readonly state?: 'resolved' | 'all' | undefined;
  readonly severity?: Severity | undefined;
  readonly service?: string | undefined;
  readonly q?: string | undefined;
  readonly sort?: string | undefined;
}

export function incidentsSearch(search: Record<string, unknown>): IncidentsSearch {
  return { state: oneOf(search, 'state', ['resolved', 'all']), severity: oneOf(search, 'severity', ['critical', 'warning', 'info']), service: textIn(search, 'service'), q: textIn(search, 'q'), sort: textIn(search, 'sort') };
}
