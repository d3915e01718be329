import { PipelineError } from '#core/errors.js';
import { QueryError } from '#core/promql.js';

/** Runs a read and puts its failure in the words of the query API. */
export async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    if (error.code === 'QUERY_TIMEOUT') throw new QueryError('timeout', 'query timed out while reading from the store', { cause: error });
    if (error.retryable) throw new QueryError('unavailable', error.message, { cause: error });
    throw new QueryError('bad_data', error.message, { cause: error });
  }
}

export function tooManySeries(limit: number): QueryError {
  return new QueryError('execution', `the query selects more than ${limit} series; narrow its matchers`);
}
