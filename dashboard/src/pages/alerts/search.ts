import { oneOf, textIn } from '../../search.js';

export const SHOWN = ['dead', 'pending', 'delivered', 'superseded'] as const;

/** `q` filters alerts by text, `sent` notifications by what became of them. */
export function alertsSearch(search: Record<string, unknown>): { readonly q?: string | undefined; readonly sent?: (typeof SHOWN)[number] | undefined } {
  return { q: textIn(search, 'q'), sent: oneOf(search, 'sent', SHOWN) };
}
