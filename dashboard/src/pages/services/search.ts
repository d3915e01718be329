import { oneOf, textIn } from '../../search.js';

export interface ServicesSearch {
  readonly q?: string | undefined;
  readonly sort?: string | undefined;
  /** The table when left out. */
  readonly view?: 'map' | undefined;
  /** On a map that shows a part: how many calls away from what was asked for, one when left out. */
  readonly hops?: '2' | '3' | undefined;
  /** On the map Faultline itself is hidden when left out. */
  readonly own?: 'show' | undefined;
}

export function servicesSearch(search: Record<string, unknown>): ServicesSearch {
  return { q: textIn(search, 'q'), sort: textIn(search, 'sort'), view: oneOf(search, 'view', ['map']), hops: oneOf(search, 'hops', ['2', '3']), own: oneOf(search, 'own', ['show']) };
}
