import { messageOf, PipelineError } from '#core/errors.js';

/** ClickHouse's own error codes: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp */
const TIMEOUTS = new Set(['159', '160']);
/** Memory, disk, network, quota, too many parts or queries, a statement or a server that is being stopped: the same statement may work later. */
const TRANSIENT = new Set(['75', '173', '201', '202', '209', '210', '236', '241', '242', '243', '252', '279', '319', '394', '425', '439', '499', '999']);
/** Parsing, types, columns and values: rows that were refused so will never be taken. */
const OF_DATA = new Set(['6', '7', '8', '9', '10', '16', '20', '25', '26', '27', '32', '33', '38', '41', '43', '44', '50', '53', '69', '70', '72', '117', '128', '131', '190', '321', '349', '376', '407', '469', '691']);
/** What the system says of a folder of ours that it does not write to. */
const OF_DISK = /\b(?:ENOSPC|EDQUOT|EROFS|EACCES)\b/;

const LET_IN = 'correct the user or the password in CLICKHOUSE_URL';
const RIGHTS = 'give its user that right, or name another in CLICKHOUSE_URL';
/** Not against a statement but against who sends it, and what mends that. */
const REFUSALS: Readonly<Record<string, string>> = { 192: LET_IN, 193: LET_IN, 194: LET_IN, 195: LET_IN, 516: LET_IN, 164: RIGHTS, 497: RIGHTS, 81: 'make it, or correct the path of CLICKHOUSE_URL', 60: 'where all its tables are gone start Faultline again, which makes them; where one is gone restore it from a backup' };

/** A failure of one of our own statements. `host`: the server's, where there is one. */
export function asStoreError(error: unknown, host: string | undefined): PipelineError {
  const refusal = host === undefined ? undefined : refusalOf(error);
  if (refusal === undefined) return asPipelineError(error);
  return new PipelineError('STORE_UNAVAILABLE', `the ClickHouse server at ${host} refuses: ${refusal}`, { cause: error });
}

/** A failure of an insert: final only where it is about the rows. */
export function asInsertError(error: unknown, host: string | undefined): PipelineError {
  const failure = asStoreError(error, host);
  if (failure.code !== 'QUERY_INVALID' || OF_DATA.has(engineCode(error) ?? '')) return failure;
  return new PipelineError('STORE_UNAVAILABLE', failure.message, { cause: error });
}

/** A failure of somebody else's statement, whose rights and names are his own, but not who signs in. */
export function asRawError(error: unknown, host: string | undefined): PipelineError {
  return isSignIn(error) ? asStoreError(error, host) : asPipelineError(error);
}

/** Whether a server refuses the user or the password of this process. */
export const isSignIn = (error: unknown): boolean => REFUSALS[engineCode(error) ?? ''] === LET_IN;

function asPipelineError(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const message = messageOf(error);
  if (isUnbound(error)) return new PipelineError('QUERY_INVALID', message, { cause: error });
  const code = engineCode(error);
  if (code === undefined) return new PipelineError('STORE_UNAVAILABLE', `${OF_DISK.test(message) ? 'the data directory cannot be written to' : 'ClickHouse does not answer'}: ${message}`, { cause: error });
  if (TIMEOUTS.has(code)) return new PipelineError('QUERY_TIMEOUT', `the query took too long: ${message}`, { cause: error });
  if (TRANSIENT.has(code)) return new PipelineError('STORE_UNAVAILABLE', message, { cause: error });
  return new PipelineError('QUERY_INVALID', message, { cause: error });
}

/** What a server has against this process, in one line, with what mends it. */
export function refusalOf(error: unknown): string | undefined {
  const remedy = REFUSALS[engineCode(error) ?? ''];
  return remedy && `${(messageOf(error).split('\n')[0] ?? '').trim().replace(/\.$/, '')}; ${remedy}`;
}

/** Whether a parameter is none that the embedded engine can be told, such as an integer beyond 2^53. */
function isUnbound(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'CHDB_BIND';
}

/** ClickHouse's own code. The embedded engine throws a ClickHouseError class of its own, so both are known by their name. */
export function engineCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.constructor.name !== 'ClickHouseError' || !('code' in error)) return undefined;
  return String(error.code);
}
