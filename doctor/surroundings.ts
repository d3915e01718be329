import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { get } from 'node:http';
import { get as getOverTls } from 'node:https';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { messageOf } from '#core/errors.js';
import { inAddress } from '#core/loopback.js';
import { createRemoteEngine, UNKNOWN_DATABASE } from '#store/engine.js';
import { engineCode, refusalOf } from '#store/failures.js';
import { holderOf, lockFileOf, type Holder } from '#store/lock.js';
import { broken, firstLine, ok, warning, type Check } from './check.js';

const ANSWER_MS = 3_000;

/** ClickHouse: the one inside the process, or the server that is configured. Creates no table. */
export async function checkStore(url: string): Promise<Check> {
  if (url !== '') return checkServer(url);
  try {
    const { query } = await import('chdb');
    return ok('clickhouse', `embedded ${query('SELECT version()', 'TabSeparated').trim()}`);
  } catch (error) {
    return broken('clickhouse', `the embedded engine does not load: ${firstLine(error)}; run npm ci again on this machine, or set CLICKHOUSE_URL`);
  }
}

async function checkServer(url: string): Promise<Check> {
  const where = URL.canParse(url) ? new URL(url).host : 'CLICKHOUSE_URL';
  try {
    const engine = createRemoteEngine(url);
    try {
      const answer = await engine.read((client) => client.query({ query: 'SELECT version() AS version, currentUser() AS user, currentDatabase() AS database', format: 'JSONEachRow', abort_signal: AbortSignal.timeout(ANSWER_MS) }));
      const [row] = await answer.json<{ version: string; user: string; database: string }>();
      return ok('clickhouse', `server ${row?.version} at ${where}, as ${row?.user} in ${row?.database}`);
    } finally {
      await engine.close();
    }
  } catch (error) {
    const code = engineCode(error);
    if (code === UNKNOWN_DATABASE) return ok('clickhouse', `server at ${where}; its database ${decodeURIComponent(new URL(url).pathname.slice(1))} is made at the start`);
    if (code !== undefined) return broken('clickhouse', `the server at ${where} refuses: ${refusalOf(error) ?? firstLine(error)}`);
    return broken('clickhouse', `the server at ${where} does not answer: ${firstLine(error)}`);
  }
}

/** The data directory: whether it can be written, the process that holds it, and what there is of its path: its disk. */
export function checkFolder(dataDir: string): { readonly check: Check; readonly holder: Holder | undefined; readonly there: string } {
  const folder = resolve(dataDir);
  let there = folder;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    return { check: broken('data', `${folder} cannot be written: ${messageOf(error)}`), holder: undefined, there };
  }
  const lock = lockFileOf(folder);
  const holder = existsSync(lock) ? holderOf(lock) : undefined;
  const state = holder === undefined ? (there === folder ? 'free' : 'does not exist yet, and can be made') : `in use by ${holder.name}`;
  return { check: there === folder && isOpenToOthers(folder) ? warning('data', `${folder}, ${state}; other users of this machine can read what is stored: chmod 700 ${folder}`) : ok('data', `${folder}, ${state}`), holder, there };
}

/** As folders are that were there before Faultline, or were made by hand: it makes its own for itself only. */
const isOpenToOthers = (folder: string): boolean => (statSync(folder).mode & 0o077) !== 0;

export interface Ports {
  readonly host: string;
  readonly http: number;
  readonly otlpHttp: number;
  readonly otlpGrpc: number;
  readonly tls: boolean;
}

/** Each port is free, or Faultline itself has it: `running` when one holds the data directory. */
export async function checkPorts({ host, http, otlpHttp, otlpGrpc, tls }: Ports, running: boolean): Promise<Check[]> {
  const own = running && (await isFaultline(host, http, tls));
  const named: readonly (readonly [string, number, string])[] = [['port http', http, 'FAULTLINE_HTTP_PORT'], ['port otlp/http', otlpHttp, 'FAULTLINE_OTLP_HTTP_PORT'], ['port otlp/grpc', otlpGrpc, 'FAULTLINE_OTLP_GRPC_PORT']];
  return Promise.all(
    named.map(async ([part, port, variable]) => {
      const fault = await tryListen(host, port);
      if (fault === undefined) return ok(part, `${port} is free`);
      if (fault === 'EADDRINUSE') return own ? ok(part, `${port} is Faultline's own, which runs`) : broken(part, `${port} is in use by another program; set ${variable} to another`);
      return broken(part, `${inAddress(host)}:${port} cannot be listened on (${fault}); set ${variable}, or FAULTLINE_HOST to an address of this machine`);
    }),
  );
}

function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => done(undefined)));
  });
}

/** Whose certificate it shows does not matter here. */
function isFaultline(host: string, port: number, tls: boolean): Promise<boolean> {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return new Promise((done) => {
    const asked = (tls ? getOverTls : get)({ host: name, port, path: '/healthz', timeout: ANSWER_MS, agent: false, ...(tls && { rejectUnauthorized: false }) }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => done(false));
  });
}
