import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ClickHouseClientConfigOptions, type ClickHouseSettings, type ExecResult } from '@clickhouse/client';
import { Session } from 'chdb';
import { createChdbConnection } from 'chdb/connection';
import { PipelineError } from '#core/errors.js';
import { quotedName } from './quoted-name.js';
import type { RawAnswer, RawRead } from './store.js';
import { inItsZone } from './time-zone.js';

/** Where ClickHouse runs: in this process on `dataDir`, or behind an HTTP `url`. */
export type EngineTarget = { readonly dataDir: string } | { readonly url: string };

/** Sessions onto one ClickHouse. */
export interface Engine {
  readonly mode: 'embedded' | 'remote';
  /** Gives a client for a read. */
  read<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T>;
  /** Gives the client for what changes something, to one after another in the embedded engine. */
  write<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T>;
  /** Gives a client for what makes and changes tables, which may take hours where there is much in them. */
  patiently(work: (client: ClickHouseClient) => Promise<unknown>): Promise<void>;
  /** Inserts the Native file at `path` (absolute). The token makes a repetition a no-op. */
  insertNativeFile(table: string, path: string, token: string): Promise<void>;
  /** Inserts Native blocks. */
  insertNative(table: string, blocks: readonly Uint8Array[]): Promise<void>;
  /**
   * One statement on a session that opens read-only and closes after it. A server's answer is not waited for once `signal` says so, and that of the embedded engine from soon after `limitMs`:
   * the call of a function cannot be stopped. While two go on so, no other is taken; the one that may have begun beside the first of them makes three at most.
   */
  readRaw(sql: string, read: RawRead, limitMs: number, signal?: AbortSignal): Promise<RawAnswer>;
  close(): Promise<void>;
}

/** chdb's declarations name the same interface from its own copy of the client's types. */
type EmbeddedConnection = NonNullable<ClickHouseClientConfigOptions['connection']>;

/** For our own reads. A statement of somebody else never stands before one of them. */
const READERS = 4;
/** For the statements of others. */
const RAW_READERS = 2;
/** The engine looks at the time between the calls of functions. One call may take hours, and is waited for so much longer than its statement may take. */
const RAW_GRACE_MS = 1_000;
const WRITERS = 2;

/**
 * A repeated token is a no-op in the table and in its materialized views only with the first of these; one thread keeps the block split the same.
 * Replayed spans reach over more than 100 hours, and `edge_halves` has a partition for each: with a limit they would be refused for ever.
 * Rows of one key are joined by the merges, as those of different inserts are: to look for them within an insert takes three times as long as the insert of new series itself.
 */
const DEDUPLICATED = {
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_insert_threads: '1',
  max_partitions_per_insert_block: '0',
  optimize_on_insert: 0,
} as const;
const DEDUPLICATED_SQL = Object.entries(DEDUPLICATED).map(([name, value]) => `${name} = ${value}`).join(', ');

/** An insert that a server only notes down is not stored yet when it answers, nor known by its token: some do so unless they are told, and newer ones by default. */
export const STORED = { async_insert: 0, wait_for_async_insert: 1 } as const;

/** Longer than any statement may take. */
const LONGEST_MS = 48 * 3_600_000;
/** An insert of many megabytes takes as long as the network does, so that only silence tells that a server hangs. */
const INSERT_SILENCE_MS = 60_000;
/** A server that was at rest may have to wake up. */
const FIRST_ANSWER_MS = 60_000;
const MIGRATION_MS = 12 * 3_600_000;
/** A server says this often that it still works, so that no proxy in between takes the connection for idle; each time adds a header to its answer. */
const SIGN_OF_LIFE_MS = 25_000;
const HEADER_BYTES = 1024;
export const UNKNOWN_DATABASE = '81';

/** Of the whole engine, told by the first session. Merges give way to whoever waits for an answer: their threads are otherwise as many as ours. Of the threads of a burst so many stay, each of which holds three files open; by default a thousand do. */
const ENGINE_ARGS = ['--os_threads_nice_value_merge_mutate=10', '--max_thread_pool_free_size=32'];

/** `readonly` comes last: the others cannot be set after it. */
function readOnlySettings(read: RawRead): Record<string, string> {
  const params = Object.entries(read.params ?? {}).map(([name, value]) => [`param_${name}`, value]);
  return { ...read.settings, ...Object.fromEntries(params), readonly: '1' };
}

/**
 * Sessions of the embedded engine. A call blocks a thread of libuv's pool, also while it waits for another on its session, and files are written and names looked up by the same threads:
 * so each session is given one call at a time. A pool of two threads more than there are sessions (UV_THREADPOOL_SIZE, which bin/faultline.js sets) never has to wait for ClickHouse.
 */
class Lane {
  readonly client: ClickHouseClient;
  waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #failed = false;

  constructor(client: ClickHouseClient) {
    this.client = client;
  }

  async run<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    this.waiting += 1;
    const turn = this.#last.then(() => this.#alone(work));
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.waiting -= 1;
    }
  }

  /** What a statement had answered before it failed stays in its session, and is the beginning of the next answer there. */
  async #alone<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    if (this.#failed) await this.client.command({ query: 'SELECT 1 FORMAT Null' });
    this.#failed = true;
    const answer = await work(this.client);
    this.#failed = false;
    return answer;
  }
}

const shortest = (lanes: readonly [Lane, ...Lane[]]): Lane => lanes.reduce((a, b) => (b.waiting < a.waiting ? b : a));

/** Hears an answer out, which holds its connection until then. */
async function collect(execution: Promise<ExecResult<Readable>>, signal?: AbortSignal): Promise<RawAnswer> {
  const { stream, summary } = await execution;
  signal?.addEventListener('abort', () => stream.destroy());
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { body: Buffer.concat(chunks), readRows: Number(summary?.read_rows ?? 0), readBytes: Number(summary?.read_bytes ?? 0) };
}

/** One statement on `client`, which it closes. */
async function readOnce(client: ClickHouseClient, sql: string, read: RawRead): Promise<RawAnswer> {
  try {
    if (read.database) await client.command({ query: `USE ${quotedName(read.database)}` });
    const settings = Object.entries(readOnlySettings(read)).map(([name, value]) => `${quotedName(name)} = ${quoted(value)}`);
    await client.command({ query: `SET ${settings.join(', ')}` });
    return await collect(client.exec({ query: sql, clickhouse_settings: { default_format: read.format } as ClickHouseSettings }));
  } finally {
    await client.close();
  }
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** The embedded engine on `dataDir`. One per process. Throws what chdb throws when the folder is in use. */
export function createEmbeddedEngine(dataDir: string): Engine {
  const first = inItsZone(dataDir, () => new Session(dataDir, { connectionArgs: ENGINE_ARGS }));
  const open = (): ClickHouseClient => createClient({ connection: createChdbConnection({ path: dataDir }) as unknown as EmbeddedConnection });
  const lanes = (count: number): [Lane, ...Lane[]] => [new Lane(open()), ...Array.from({ length: count - 1 }, () => new Lane(open()))];
  const readers = lanes(READERS);
  const raw = lanes(RAW_READERS);
  const writers = lanes(WRITERS);
  const [writer] = writers;
  const late = new Set<Promise<unknown>>();
  return {
    mode: 'embedded',
    read: (work) => shortest(readers).run(work),
    write: (work) => writer.run(work),
    patiently: async (work) => void (await writer.run(work)),
    async insertNativeFile(table, path, token) {
      const settings = `${DEDUPLICATED_SQL}, max_threads = 1, insert_deduplication_token = ${quoted(token)}`;
      await shortest(writers).run((client) => client.command({ query: `INSERT INTO ${table} SELECT * FROM file(${quoted(path)}, 'Native') SETTINGS ${settings}` }));
    },
    async insertNative(table, blocks) {
      // The binding takes texts only; files it reads by itself.
      const path = join(dataDir, 'user_files', `${randomUUID()}.native`);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      try {
        await writeFile(path, blocks, { mode: 0o600 });
        await shortest(writers).run((client) => client.command({ query: `INSERT INTO ${table} SELECT * FROM file(${quoted(path)}, 'Native')` }));
      } finally {
        await rm(path, { force: true });
      }
    },
    readRaw: (sql, read, limitMs) =>
      shortest(raw).run(async () => {
        if (late.size >= RAW_READERS) throw new PipelineError('STORE_UNAVAILABLE', `${late.size} statements go on past their time, inside of functions that cannot be stopped: try again when they have ended`);
        // A session opens in a tenth of a millisecond, and settings stick to it: each statement gets its own.
        const statement = readOnce(open(), sql, read);
        const limit = new AbortController();
        const over = delay(limitMs + RAW_GRACE_MS, undefined, { signal: limit.signal }).then(() => {
          const ended = statement.catch(() => undefined).finally(() => late.delete(ended));
          late.add(ended);
          throw new PipelineError('QUERY_TIMEOUT', `the statement goes on past its ${limitMs / 1000} s, inside of a function that cannot be stopped`);
        });
        try {
          return await Promise.race([statement, over]);
        } finally {
          limit.abort();
        }
      }),
    async close() {
      // A session that is closed under its statement can take the process with it. An orderly exit waits for its thread as well: who cannot wait has to end the process by force.
      await Promise.all(late);
      await Promise.all([...writers, ...readers, ...raw].map(({ client }) => client.close()));
      first.close();
    },
  };
}

/** A ClickHouse server at `url` (`http://user:password@host:8123/database`). */
export function createRemoteEngine(url: string): Engine {
  // Failures are thrown as well; its own lines would stand between those of our log.
  const quiet = { log: { level: ClickHouseLogLevel.OFF } } as const;
  // Each statement has a time of its own.
  const client = createClient({ ...quiet, url, compression: { response: true, request: false }, request_timeout: LONGEST_MS });
  const inserter = createClient({ ...quiet, url, compression: { response: true, request: false }, request_timeout: INSERT_SILENCE_MS });
  async function patiently(work: (patient: ClickHouseClient) => Promise<unknown>): Promise<void> {
    const patience = { request_timeout: MIGRATION_MS, max_response_headers_size: (MIGRATION_MS / SIGN_OF_LIFE_MS) * HEADER_BYTES, clickhouse_settings: { send_progress_in_http_headers: 1, http_headers_progress_interval_ms: String(SIGN_OF_LIFE_MS) } } as const;
    const patient = createClient({ ...quiet, ...patience, url });
    try {
      await madeSure(url, patient);
      await work(patient);
    } finally {
      await patient.close();
    }
  }
  return {
    mode: 'remote',
    read: (work) => work(client),
    write: (work) => work(client),
    patiently,
    async insertNativeFile(table, path, token) {
      await collect(
        inserter.exec({
          query: `INSERT INTO ${table} FORMAT Native`,
          values: createReadStream(path),
          clickhouse_settings: { ...DEDUPLICATED, ...STORED, insert_deduplication_token: token },
        }),
      );
    },
    async insertNative(table, blocks) {
      await collect(inserter.exec({ query: `INSERT INTO ${table} FORMAT Native`, values: Readable.from(blocks), clickhouse_settings: STORED }));
    },
    readRaw: (sql, read, _limitMs, signal) =>
      collect(
        client.exec({
          query: sql,
          clickhouse_settings: { ...readOnlySettings(read), default_format: read.format, ...(read.database && { database: read.database }) } as ClickHouseSettings,
          ...(signal && { abort_signal: signal }),
        }),
        signal,
      ),
    async close() {
      await client.close();
      await inserter.close();
    },
  };
}

/** Makes the database of `url` where it is not there. Throws what the server says where that is not allowed. */
async function madeSure(url: string, client: ClickHouseClient): Promise<void> {
  try {
    await client.command({ query: 'SELECT 1', abort_signal: AbortSignal.timeout(FIRST_ANSWER_MS) });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== UNKNOWN_DATABASE) throw error;
    const there = new URL(url);
    const name = decodeURIComponent(there.pathname.slice(1));
    there.pathname = '/default';
    const other = createClient({ url: there, log: { level: ClickHouseLogLevel.OFF } });
    try {
      await other.command({ query: `CREATE DATABASE IF NOT EXISTS ${quotedName(name)}` });
    } finally {
      await other.close();
    }
  }
}
