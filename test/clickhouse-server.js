// ClickHouse's own engine behind its HTTP interface, in a process that can be stopped, hung and killed: what CLICKHOUSE_URL points at in tests.
// node test/clickhouse-server.js <folder> <port>
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { createChdbConnection } from 'chdb/connection';

const [, , folder = '', port = '0'] = process.argv;
const files = join(folder, 'user_files');
mkdirSync(files, { recursive: true });
/** Parameters of a request that are no settings of ClickHouse's. */
const OWN = new Set(['query', 'query_id', 'session_id', 'database', 'default_format']);
/** Of the transport, which this one does not have. */
const TRANSPORT = new Set(['enable_http_compression', 'wait_end_of_query', 'send_progress_in_http_headers', 'http_headers_progress_interval_ms']);
const quoted = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const open = () => createClient({ connection: createChdbConnection({ path: folder }) });
const keeper = open();
await keeper.command({ query: 'SELECT 1' });

async function answer(client, search, body) {
  const database = search.get('database') ?? 'default';
  if (database !== 'default') await client.command({ query: `USE \`${database}\`` });
  for (const [name, value] of search) if (!OWN.has(name) && !TRANSPORT.has(name)) await client.command({ query: `SET \`${name}\` = ${quoted(value)}` });
  const statement = search.get('query');
  if (statement === null) return (await client.exec({ query: body.toString(), ...(search.has('default_format') && { clickhouse_settings: { default_format: search.get('default_format') } }) })).stream;
  if (!/FORMAT Native\s*$/.test(statement)) return (await client.exec({ query: statement, values: body.toString() })).stream;
  // The binding takes texts only; binary formats it reads from files.
  const path = join(files, `${randomUUID()}.native`);
  writeFileSync(path, body);
  try {
    return (await client.exec({ query: statement.replace(/FORMAT Native\s*$/, `SELECT * FROM file(${quoted(path)}, 'Native')`) })).stream;
  } finally {
    rmSync(path, { force: true });
  }
}

async function bytesOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

createServer((request, response) => {
  const url = new URL(request.url, 'http://clickhouse');
  if (url.pathname === '/ping') return response.end('Ok.\n');
  const client = open();
  bytesOf(request)
    .then((body) => answer(client, url.searchParams, body))
    .then(bytesOf)
    .then((body) => response.end(body))
    .catch((error) => {
      response.writeHead(500, { 'x-clickhouse-exception-code': String(error.code) });
      response.end(`Code: ${error.code}. DB::Exception: ${error.message} (${error.type ?? 'UNKNOWN'})\n`);
    })
    .finally(() => client.close());
}).listen(Number(port), '127.0.0.1', function () {
  process.send?.({ port: this.address().port });
});
