import { textIn } from '../../search.js';

export interface ModelsSearch {
  /** The alarm whose series is drawn: `<series id>@<start>`. */
  readonly alarm?: string | undefined;
}

export function modelsSearch(search: Record<string, unknown>): ModelsSearch {
  return { alarm: textIn(search, 'alarm') };
}
