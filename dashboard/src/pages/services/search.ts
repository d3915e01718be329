import { oneOf, textIn } from '../../search.js';

export interface ServicesSearch {
  readonly q?: string | undefined;
  readonly sort?: string | undefined;
  /** The table when left out. */
  readonly view?: 'map' | undefined;
  /** On the map Faultline itself is hidden when left out. */
  readonly own?: 'show' | undefined;
}

export function servicesSearch(search: Record<string, unknown>): ServicesSearch {
  return { q: textIn(search, 'q'), sort: textIn(search, 'sort'), view: oneOf(search, 'view', ['map']), own: oneOf(search, 'own', ['show']) };
}
