import { oneOf, textIn } from '../../search.js';

export const SHOWN = ['dead', 'pending', 'delivered', 'superseded'] as const;

/** `q` filters alerts and silences by text, `sent` notifications by what became of them; `labels` are those of an alert whose route is shown. */
export function alertsSearch(search: Record<string, unknown>): { readonly q?: string | undefined; readonly labels?: string | undefined; readonly sent?: (typeof SHOWN)[number] | undefined } {
  return { q: textIn(search, 'q'), labels: textIn(search, 'labels'), sent: oneOf(search, 'sent', SHOWN) };
}
