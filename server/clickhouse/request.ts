import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { badRequest, notServed, readOnly, tooLarge } from './exception.js';
import { querySettings } from './settings.js';

const MAX_SQL_BYTES = 256 * 1024;
const DRAINED_BYTES = 8 * 1024 ** 2;

/** What one HTTP request asks of ClickHouse. */
export interface QueryRequest {
  /** As sent; '' when the request holds none. */
  readonly sql: string;
  readonly format: string;
  readonly database: string;
  readonly queryId: string;
  /** The client's own protocol revision, 0 for most. */
  readonly revision: number;
  readonly params: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
}

/** Takes a request apart as ClickHouse's HTTP interface does: https://clickhouse.com/docs/interfaces/http. Users and passwords are not looked at: there is one reader. Throws Exception. */
export async function readRequest(request: IncomingMessage): Promise<QueryRequest> {
  const search = new URL(request.url ?? '/', 'http://faultline').searchParams;
  const header = (name: string): string => String(request.headers[name] ?? '');
  if (header('content-type').startsWith('multipart/')) throw notServed('external tables and multipart bodies are not served here: put parameters into the URL as param_name=value');
  if (header('content-encoding') !== '') throw notServed('compressed requests are not served here; answers are compressed for Accept-Encoding: gzip');
  const { settings, refused } = querySettings(search);
  if (refused === 'compress' || refused === 'decompress') throw notServed(`${refused}=1 (LZ4 frames) is not served here: choose gzip or no compression in the client`);
  if (refused !== undefined) throw readOnly(`Cannot modify '${refused}' setting in readonly mode.`);
  const body = request.method === 'POST' ? await readBody(request) : '';
  const format = search.get('default_format') ?? (header('x-clickhouse-format') || 'TabSeparated');
  if (!/^\w+$/.test(format)) throw badRequest('default_format is not the name of a format');
  return {
    sql: [search.get('query') ?? '', body].filter((part) => part.trim() !== '').join('\n'),
    format,
    database: search.get('database') ?? header('x-clickhouse-database'),
    queryId: /^[\w.:-]{1,100}$/.exec(search.get('query_id') ?? '')?.[0] ?? randomUUID(),
    revision: Number(search.get('client_protocol_version') ?? 0) || 0,
    params: parameters(search),
    settings,
  };
}

function parameters(search: URLSearchParams): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [name, value] of search) {
    if (!name.startsWith('param_')) continue;
    if (!/^param_\w+$/.test(name)) throw badRequest(`${name} is not a name of a parameter`);
    params[name.slice('param_'.length)] = value;
  }
  return params;
}

/** Reads on past the limit, so that the sender gets to see why; not for ever. */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_SQL_BYTES) chunks.push(chunk);
    if (size > DRAINED_BYTES) break;
  }
  if (size > MAX_SQL_BYTES) throw tooLarge(`a statement of more than ${MAX_SQL_BYTES} bytes is not served here`);
  return Buffer.concat(chunks).toString('utf8');
}
