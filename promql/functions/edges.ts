import type { Window } from '../eval/ranges.js';
import { executionError } from '../query-error.js';
import type { WindowFrame } from './frame.js';

/** `anchored` and `smoothed` ranges are read and then refused here until their rules are stable in Prometheus. */
export function atEdges(_window: Window, frame: WindowFrame, _how: { readonly counter?: boolean; readonly perSecond?: boolean; readonly count?: (window: Window) => number }): never {
  throw executionError(`the experimental modifier "${frame.range.edges}" is not supported`);
}
