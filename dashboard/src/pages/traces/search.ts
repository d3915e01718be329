import { numberIn, oneOf, textIn } from '../../search.js';

export interface TracesSearch {
  readonly q?: string | undefined;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  readonly status?: 'ok' | 'error' | undefined;
  readonly minMs?: number | undefined;
  readonly maxMs?: number | undefined;
  readonly sort?: string | undefined;
}

export function tracesSearch(search: Record<string, unknown>): TracesSearch {
  return {
    q: textIn(search, 'q'), service: textIn(search, 'service'), operation: textIn(search, 'operation'), status: oneOf(search, 'status', ['ok', 'error']),
    minMs: numberIn(search, 'minMs'), maxMs: numberIn(search, 'maxMs'), sort: textIn(search, 'sort'),
  };
}

/** `span` is the one whose details are open. */
export function traceSearch(search: Record<string, unknown>): { readonly span?: string | undefined } {
  return { span: textIn(search, 'span') };
}
