import { numberIn, oneOf, textIn } from '../../search.js';

export interface TracesSearch {
  readonly q?: string | undefined;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  readonly status?: 'ok' | 'error' | undefined;
  /** An attribute of a span or its resource and its whole value: `key=value`. */
  readonly attribute?: string | undefined;
  readonly minMs?: number | undefined;
  readonly maxMs?: number | undefined;
  /** Faultline's own traces are hidden when left out. */
  readonly own?: 'show' | undefined;
  /** A sample of all that match when left out. */
  readonly pick?: 'newest' | undefined;
  readonly sort?: string | undefined;
}

export function tracesSearch(search: Record<string, unknown>): TracesSearch {
  return {
    q: textIn(search, 'q'), service: textIn(search, 'service'), operation: textIn(search, 'operation'), status: oneOf(search, 'status', ['ok', 'error']), attribute: textIn(search, 'attribute'),
    minMs: numberIn(search, 'minMs'), maxMs: numberIn(search, 'maxMs'), own: oneOf(search, 'own', ['show']), pick: oneOf(search, 'pick', ['newest']), sort: textIn(search, 'sort'),
  };
}

export interface TraceSearch {
  /** The span whose details are open. */
  readonly span?: string | undefined;
  /** Text that the lit spans contain. */
  readonly find?: string | undefined;
}

export function traceSearch(search: Record<string, unknown>): TraceSearch {
  return { span: textIn(search, 'span'), find: textIn(search, 'find') };
}
