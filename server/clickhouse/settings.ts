/**
 * Which URL parameters of ClickHouse's HTTP interface are settings of a query. Reading ones pass; transport ones have no meaning here; all others are refused, as a server refuses them to a `readonly = 1` user.
 * Never by a pattern that is wider than these: `output_format_schema` writes a file, `format_schema` reads one.
 */
const ALLOWED = new Set([
  'max_rows_to_read', 'max_bytes_to_read', 'read_overflow_mode', 'max_result_rows', 'result_overflow_mode', 'max_block_size', 'timeout_overflow_mode',
  'limit', 'offset', 'extremes', 'join_use_nulls', 'session_timezone', 'date_time_output_format', 'date_time_input_format', 'prefer_column_name_to_alias', 'short_circuit_function_evaluation', 'use_skip_indexes',
  'optimize_read_in_order', 'output_format_decimal_trailing_zeros', 'output_format_write_statistics', 'format_csv_delimiter',
]);
const ALLOWED_FAMILY = /^output_format_(json|native|csv|tsv|parquet|arrow|pretty)_[a-z0-9_]+$/;

/** Sent by clickhouse-go, clickhouse-js, HyperDX and JDBC as a matter of course; about transport, sessions or progress. */
const IGNORED = new Set([
  'query', 'database', 'default_format', 'query_id', 'session_id', 'session_timeout', 'session_check', 'quota_key', 'user', 'password', 'role', 'client_protocol_version', 'readonly',
  'enable_http_compression', 'http_zlib_compression_level', 'wait_end_of_query', 'send_progress_in_http_headers', 'http_headers_progress_interval_ms', 'http_response_buffer_size', 'buffer_size',
  'cancel_http_readonly_queries_on_client_close', 'add_http_cors_header', 'http_write_exception_in_output_format', 'max_execution_time', 'log_comment', 'stacktrace', 'use_client_time_zone', 'allow_experimental_analyzer',
]);

const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 60;
const MIB = 1024 ** 2;

/** What no caller can lift: an answer is held in memory, and an abandoned query runs until its time is over. A constant column is small until it is written, so the memory limit is the one that holds for every answer. */
const BOUNDS = { max_result_bytes: String(64 * MIB), max_memory_usage: String(512 * MIB), result_overflow_mode: 'throw' } as const;

/** The settings of one query from its URL parameters. `refused` names the first parameter that is none of ours to set. */
export function querySettings(search: URLSearchParams): { readonly settings: Readonly<Record<string, string>>; readonly refused?: string } {
  const settings: Record<string, string> = { ...BOUNDS };
  for (const [name, value] of search) {
    if (ALLOWED.has(name) || ALLOWED_FAMILY.test(name)) settings[name] = value;
    else if (!IGNORED.has(name) && !name.startsWith('param_') && !(OFF_ONLY.has(name) && value === '0')) return { settings, refused: name };
  }
  const asked = Number(search.get('max_execution_time') ?? DEFAULT_SECONDS);
  settings['max_execution_time'] = String(asked > 0 ? Math.min(asked, MAX_SECONDS) : DEFAULT_SECONDS);
  return { settings };
}

/** ClickHouse's own framing of bodies, served only as "no". */
const OFF_ONLY = new Set(['compress', 'decompress']);
