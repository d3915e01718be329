/** Why a query has no answer, in the words of Prometheus' HTTP API. */
export type QueryErrorType = 'bad_data' | 'execution' | 'timeout' | 'canceled' | 'internal' | 'unavailable' | 'not_found';

export class QueryError extends Error {
  readonly type: QueryErrorType;
  constructor(type: QueryErrorType, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'QueryError';
    this.type = type;
  }
}

/** A query that parsed but cannot be evaluated. */
export function executionError(message: string): QueryError {
  return new QueryError('execution', message);
}
