import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { PipelineError } from '#core/errors.js';
import { silentLogger, type Logger } from '#core/log.js';
import { createEmbeddedEngine, createRemoteEngine, STORED, type Engine, type EngineTarget } from './engine.js';
import { asInsertError, asRawError, asStoreError, refusalOf } from './failures.js';
import { DEFAULT_RETENTION, migrate, type Retention } from './migrate.js';
import { earliestIn, InsertLog, isTold, piecesOf } from './inserts.js';
import { lockFolder, makeDataDir } from './lock.js';
import type { Store } from './store.js';
import { tellOfStrays } from './time-zone.js';

const DEFAULT_TIMEOUT_S = 30;
/** Beyond the time of a statement a server has this long to say that it took too long. */
const GRACE_S = 3;
/** The oldest release of ClickHouse that this was tried with. 25.8 does not compress the times of samples. */
const OLDEST = { year: 26, month: 1 };
/** Longest wait of `close` for what still runs. */
const CLOSE_LIMIT_MS = 3_000;

/**
 * Opens ClickHouse and brings its tables up to date.
 * Throws PipelineError DATA_DIR_IN_USE when another process holds the folder, DATA_NEWER when a newer version wrote there, CONFIG_INVALID when a server is too old, DATA_DIR_UNUSABLE when it cannot be made or written to, STORE_UNAVAILABLE when a server does not answer, or does not let this process in.
 */
export async function openStore(target: EngineTarget, retention: Retention = DEFAULT_RETENTION, logger: Logger = silentLogger): Promise<Store> {
  const unlock = 'dataDir' in target ? await lockData(target.dataDir) : () => undefined;
  const host = 'url' in target ? new URL(target.url).host : undefined;
  let engine: Engine | undefined;
  try {
    engine = 'dataDir' in target ? createEmbeddedEngine(join(resolve(target.dataDir), 'clickhouse')) : createRemoteEngine(target.url);
    let version = '';
    await engine.patiently(async (client) => {
      version = await versionOf(client, host);
      await migrate(client, retention, logger);
      await tellOfStrays(client, host === undefined, logger);
    });
    return createStore(engine, version, unlock, host);
  } catch (error) {
    await engine?.close();
    unlock();
    const failure = asStoreError(error, host);
    if (host === undefined || failure.code !== 'STORE_UNAVAILABLE' || refusalOf(error) !== undefined) throw failure;
    throw new PipelineError('STORE_UNAVAILABLE', `the ClickHouse server at ${host} does not take this process: ${failure.message}; start it, or correct CLICKHOUSE_URL (without it the embedded engine is used)`, { cause: error });
  }
}

/** ClickHouse's own. Throws CONFIG_INVALID where a server's is too old. */
async function versionOf(client: ClickHouseClient, host: string | undefined): Promise<string> {
  const limit = host === undefined ? undefined : AbortSignal.timeout(DEFAULT_TIMEOUT_S * 1000);
  const [row] = await (await client.query({ query: 'SELECT version() AS version', format: 'JSONEachRow', ...ending(limit) })).json<{ version: string }>();
  const version = row?.version ?? '';
  const [year = 0, month = 0] = version.split('.').map(Number);
  if (version !== '' && 100 * year + month < 100 * OLDEST.year + OLDEST.month) {
    throw new PipelineError('CONFIG_INVALID', `the ClickHouse server at ${host} is version ${version}, and Faultline needs ${OLDEST.year}.${OLDEST.month} or newer: bring it up to date, or name another in CLICKHOUSE_URL (without it the embedded engine is used)`);
  }
  return version;
}

function lockData(dataDir: string): Promise<() => void> {
  const folder = resolve(dataDir);
  makeDataDir(folder);
  return lockFolder(folder);
}

function createStore(engine: Engine, version: string, unlock: () => void, host: string | undefined): Store {
  const settings = (seconds = DEFAULT_TIMEOUT_S) => ({ max_execution_time: seconds, output_format_json_quote_64bit_integers: 1 as const });
  const log = new InsertLog();
  const running = new Set<Promise<unknown>>();
  let closed = false;
  const ours = (error: unknown): PipelineError => asStoreError(error, host);
  const inserting = (error: unknown): PipelineError => asInsertError(error, host);
  async function guarded<T>(work: () => Promise<T>, asFailure = ours): Promise<T> {
    if (closed) throw new PipelineError('SHUTTING_DOWN', 'the store is closed');
    const call = work();
    running.add(call);
    try {
      return await call;
    } catch (error) {
      throw asFailure(error);
    } finally {
      running.delete(call);
    }
  }
  /** Gives up on a server that hangs; the embedded engine ends what takes too long by itself. */
  async function within<T>(seconds = DEFAULT_TIMEOUT_S, work: (signal?: AbortSignal) => Promise<T>): Promise<T> {
    if (host === undefined) return work();
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), (seconds + GRACE_S) * 1000);
    try {
      return await work(end.signal);
    } catch (error) {
      if (!end.signal.aborted) throw error;
      throw new PipelineError('QUERY_TIMEOUT', `the ClickHouse server at ${host} did not answer within ${seconds} s`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
  const read = <T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> => guarded(() => engine.read(work));
  /** Says what the file at `path` brought; that something did where it is not known. */
  async function tell(table: string, path: string): Promise<void> {
    if (engine.mode !== 'embedded' || !isTold(table)) return log.note(table, -Infinity);
    try {
      for await (const blocks of piecesOf(path)) log.note(table, earliestIn(blocks), blocks);
    } catch {
      log.note(table, -Infinity);
    }
  }
  return {
    mode: engine.mode,
    version,
    changes: engine.mode === 'embedded' ? log : undefined,
    async query<Row>(sql: string, options: Parameters<Store['query']>[1] = {}) {
      return read((client) =>
        within(options.timeoutSeconds, async (signal) => {
          const result = await client.query({ query: sql, format: 'JSONEachRow', query_params: { ...options.params }, clickhouse_settings: settings(options.timeoutSeconds), ...ending(signal) });
          signal?.addEventListener('abort', () => result.close());
          return result.json<Row>();
        }),
      );
    },
    async queryBytes(sql, format, options = {}) {
      return read((client) =>
        within(options.timeoutSeconds, async (signal) => {
          const result = await client.exec({ query: `${sql}\nFORMAT ${format}`, query_params: { ...options.params }, clickhouse_settings: settings(options.timeoutSeconds), ...ending(signal) });
          return bytesOf(result.stream, signal);
        }),
      );
    },
    readRaw(sql, read) {
      const seconds = Number(read.settings?.['max_execution_time'] ?? DEFAULT_TIMEOUT_S);
      return guarded(() => within(seconds, (signal) => engine.readRaw(sql, read, seconds * 1000, signal)), (error) => asRawError(error, host));
    },
    async command(sql, options = {}) {
      try {
        await guarded(() =>
          engine.write((client) =>
            within(options.timeoutSeconds, async (signal) => {
              const result = await client.exec({ query: sql, query_params: { ...options.params }, clickhouse_settings: settings(options.timeoutSeconds), ...ending(signal) });
              await bytesOf(result.stream, signal);
            }),
          ),
        );
      } finally {
        const [, target] = /^\s*INSERT INTO (\w+)/.exec(sql) ?? [];
        if (target === undefined) log.noteStatement();
        else log.note(target, -Infinity);
      }
    },
    async insert(table, rows) {
      if (rows.length === 0) return;
      try {
        await guarded(() => engine.write((client) => within(DEFAULT_TIMEOUT_S, (signal) => client.insert({ table, values: [...rows], format: 'JSONEachRow', clickhouse_settings: { ...STORED, date_time_input_format: 'best_effort' }, ...ending(signal) }))), inserting);
      } finally {
        log.note(table, -Infinity);
      }
    },
    async insertNative(table, blocks) {
      await guarded(() => engine.insertNative(table, blocks), inserting).finally(() => log.note(table, -Infinity));
    },
    async insertNativeFile(table, path, token) {
      try {
        await guarded(() => engine.insertNativeFile(table, resolve(path), token), inserting);
      } catch (error) {
        // Some of the rows may be there.
        log.note(table, -Infinity);
        throw error;
      }
      await tell(table, path);
    },
    async diskBytes() {
      const [row] = await this.query<{ bytes: string }>('SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = currentDatabase()', { timeoutSeconds: 5 });
      return Number(row?.bytes ?? 0);
    },
    async close() {
      closed = true;
      const limit = new AbortController();
      await Promise.race([Promise.allSettled(running), delay(CLOSE_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => undefined)]);
      limit.abort();
      // A session that is closed under its statement can take the process with it: what hangs ends with the process.
      if (running.size === 0) await engine.close();
      unlock();
    },
  };
}

async function bytesOf(stream: Readable, signal: AbortSignal | undefined): Promise<Buffer> {
  signal?.addEventListener('abort', () => stream.destroy());
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  // The embedded engine gives one piece, and a copy of many megabytes is not free.
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

const ending = (signal: AbortSignal | undefined): { abort_signal?: AbortSignal } => (signal ? { abort_signal: signal } : {});
