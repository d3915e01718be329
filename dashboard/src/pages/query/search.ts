import { oneOf, textIn } from '../../search.js';

export interface QuerySearch {
  readonly query?: string | undefined;
  /** Unit of the answer, in UCUM; plain numbers when left out. */
  readonly unit?: string | undefined;
  /** Whether the backtest of the query is shown. */
  readonly judge?: 'yes' | undefined;
}

export function querySearch(search: Record<string, unknown>): QuerySearch {
  return { query: textIn(search, 'query'), unit: textIn(search, 'unit'), judge: oneOf(search, 'judge', ['yes']) };
}
