import { QueryError } from '#core/promql.js';

export { QueryError };

/** A query that parsed but cannot be evaluated. */
export function executionError(message: string): QueryError {
  return new QueryError('execution', message);
}
