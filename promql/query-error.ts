import { QueryError } from '#core/promql.js';

export function tooManySamples(): QueryError {
  return executionError('query processing would load too many samples into memory in query execution');
}

/** A query that parsed but cannot be evaluated. */
export function executionError(message: string): QueryError {
  return new QueryError('execution', message);
}
