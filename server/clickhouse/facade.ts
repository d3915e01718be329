import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { RawRead, Store } from '#store/store.js';
import { asException, Exception, readOnly, tooMany } from './exception.js';
import { createGate, goneOf } from '../gate.js';
import { helloBlock, isHello } from './handshake.js';
import { readRequest, type QueryRequest } from './request.js';
import { checkStatement, StatementRefused } from './statement.js';

const DISPLAY_NAME = 'faultline';
const RUNNING = 4;
const WAITING = 32;
const GZIP_FROM_BYTES = 1024;
const GZIP_LEVEL = 3;
const compress = promisify(gzip);

export interface ClickHouseFacadeOptions {
  readonly store: Pick<Store, 'readRaw' | 'version'>;
  readonly registry: Registry;
}

export const sqlMetricTable = {
  faultline_server_sql_queries_total: { type: 'counter', help: 'Statements sent to the ClickHouse endpoint.', labels: ['outcome'] },
  faultline_server_sql_duration_seconds: { type: 'histogram', help: 'Time of one statement sent to the ClickHouse endpoint, waiting included.', buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60] },
} as const;

/**
 * ClickHouse's HTTP interface over the store, for reading: what Grafana's plugin, clickhouse-go, clickhouse-js and curl speak. Mount it before any body parser.
 * Statements run on sessions of their own, `readonly`, at most four at a time (two in the embedded engine), within limits of time, memory and size; who is gone before the turn comes is left out. Over a server (CLICKHOUSE_URL) it passes them on with the same limits.
 */
export function createClickHouseFacade({ store, registry }: ClickHouseFacadeOptions): RequestListener {
  const metrics = registerMetrics(registry, sqlMetricTable);
  const gate = createGate(RUNNING, WAITING);
  let timezone = '';

  async function rows<Row>(sql: string, read: Omit<RawRead, 'format'>): Promise<Row[]> {
    const { body } = await store.readRaw(sql, { ...read, format: 'JSONEachRow' });
    return body.toString('utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line) as Row);
  }

  /** The engine's own parser says what the statement is; what it printed is what runs. */
  async function parse({ sql, params, settings }: QueryRequest): Promise<ReturnType<typeof checkStatement>> {
    const [row] = await rows<{ sql: string }>('SELECT formatQuery({sql:String}) AS sql', { params: { sql: escaped(sql) }, settings });
    return checkStatement(row?.sql ?? '', params);
  }

  async function answer(query: QueryRequest): Promise<Answer> {
    timezone ||= (await rows<{ zone: string }>('SELECT timezone() AS zone', {}))[0]?.zone ?? 'UTC';
    const statement = await parse(query);
    if (query.revision > 0 && isHello(statement.sql)) return { body: helloBlock(query.revision, { name: DISPLAY_NAME, version: store.version, timezone }), format: 'Native', readRows: 1, readBytes: 0 };
    const { database, params, settings } = query;
    const raw = await store.readRaw(statement.sql, { format: query.format, database, params, settings });
    return { ...raw, format: statement.format || query.format };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isProbe(request)) return send(response, 200, 'Ok.\n');
    const finish = metrics.faultline_server_sql_duration_seconds.startTimer();
    const started = performance.now();
    try {
      // Read-only, but a foreign page in the user's browser has no business spending the engine's time either.
      if (request.headers['sec-fetch-site'] === 'cross-site') throw readOnly('queries from other sites are refused');
      const query = await readRequest(request);
      const result = await gate(() => answer(query), () => tooMany(`${RUNNING} statements run and ${WAITING} wait already; try again`), goneOf(response));
      response.setHeader('x-clickhouse-query-id', query.queryId);
      response.setHeader('x-clickhouse-server-display-name', DISPLAY_NAME);
      response.setHeader('x-clickhouse-timezone', timezone);
      response.setHeader('x-clickhouse-format', result.format);
      response.setHeader('x-clickhouse-summary', JSON.stringify({ read_rows: String(result.readRows), read_bytes: String(result.readBytes), elapsed_ns: String(Math.round((performance.now() - started) * 1e6)) }));
      response.setHeader('content-type', contentType(result.format));
      metrics.faultline_server_sql_queries_total.inc({ outcome: 'answered' });
      await sendBody(request, response, result.body);
    } catch (error) {
      const exception = error instanceof StatementRefused ? readOnly(error.message) : asException(error);
      metrics.faultline_server_sql_queries_total.inc({ outcome: exception.status >= 500 ? 'failed' : 'refused' });
      sendException(response, exception, store.version);
    } finally {
      finish();
    }
  }

  return (request, response) => void serve(request, response);
}

interface Answer {
  readonly body: Buffer;
  readonly format: string;
  readonly readRows: number;
  readonly readBytes: number;
}

/** Parameters come in the notation of tab-separated values. */
function escaped(text: string): string {
  return text.replace(/[\\\t\n\r\0]/g, (char) => `\\${{ '\\': '\\', '\t': 't', '\n': 'n', '\r': 'r', '\0': '0' }[char]}`);
}

/** `url` as a whole: with a parameter it may be a query. */
export function isProbe({ method, url = '' }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && (url === '/' || url === '/ping');
}

async function sendBody(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  if (body.length < GZIP_FROM_BYTES || !/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return send(response, 200, body);
  response.setHeader('content-encoding', 'gzip');
  send(response, 200, await compress(body, { level: GZIP_LEVEL }));
}

function sendException(response: ServerResponse, exception: Exception, version: string): void {
  if (response.closed) return;
  if (response.headersSent) return void response.destroy();
  response.setHeader('x-clickhouse-exception-code', String(exception.code));
  response.setHeader('content-type', 'text/plain; charset=UTF-8');
  if (exception.status === 503) response.setHeader('retry-after', '5');
  send(response, exception.status, exception.text(version));
}

function send(response: ServerResponse, status: number, body: string | Buffer): void {
  response.statusCode = status;
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}

function contentType(format: string): string {
  if (format.startsWith('JSON')) return 'application/json; charset=UTF-8';
  if (format.startsWith('CSV')) return 'text/csv; charset=UTF-8';
  if (format.startsWith('TabSeparated') || format.startsWith('TSV')) return 'text/tab-separated-values; charset=UTF-8';
  return /^(Native|RowBinary|Parquet|Arrow|ORC|Avro)/.test(format) ? 'application/octet-stream' : 'text/plain; charset=UTF-8';
}
