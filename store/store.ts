import type { ChangeLog } from './inserts.js';

/** The joint between the rooms and ClickHouse. One implementation serves the embedded engine and a server. */
export type QueryParams = Readonly<Record<string, unknown>>;

export interface QueryOptions {
  readonly params?: QueryParams;
  /** Default 30. The engine gives up after it; an abandoned query would keep its session busy. */
  readonly timeoutSeconds?: number;
}

/** One statement of somebody else's, as it comes over ClickHouse's HTTP interface: values are texts in its own notation. */
export interface RawRead {
  /** For a statement without a FORMAT clause. */
  readonly format: string;
  /** Where unqualified names are looked up; '' for the store's own. */
  readonly database?: string;
  /** Values of `{name:Type}` parameters, by name. */
  readonly params?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface RawAnswer {
  readonly body: Buffer;
  readonly readRows: number;
  readonly readBytes: number;
}

export interface Store {
  readonly mode: 'embedded' | 'remote';
  /** ClickHouse's version text. */
  readonly version: string;
  /** Rows of a SELECT as objects (JSONEachRow; 64-bit integers arrive as strings, NaN as null). `{name:Type}` parameters come from `params`. Throws PipelineError QUERY_INVALID, QUERY_TIMEOUT or STORE_UNAVAILABLE. */
  query<Row>(sql: string, options?: QueryOptions): Promise<Row[]>;
  /** Bytes of a SELECT in ClickHouse's `format`, for parsers without rows: RowBinary, Native, … */
  queryBytes(sql: string, format: string, options?: QueryOptions): Promise<Buffer>;
  /**
   * Runs one statement on a session of its own that can neither write nor change its settings (`readonly = 1`), and holds the whole answer: bound it with `settings`.
   * The engine's readonly still lets `INTO OUTFILE`, the function `file()`, `KILL` and DESCRIBE of a table function through: server/clickhouse/statement.ts refuses them before.
   * Throws like `query`, with ClickHouse's own error as the cause.
   */
  readRaw(sql: string, read: RawRead): Promise<RawAnswer>;
  /** Runs a statement that returns nothing. */
  command(sql: string, options?: QueryOptions): Promise<void>;
  /** Inserts a few rows as objects (findings, not telemetry). Times are ISO text: a number is the column's own unit to ClickHouse before 26.8, and seconds after. */
  insert(table: string, rows: readonly object[]): Promise<void>;
  /** Inserts a file holding one Native block. A `token` seen before makes the insert a no-op, so replays are safe. */
  insertNativeFile(table: string, path: string, token: string): Promise<void>;
  /** Inserts many rows as Native blocks (store/native.ts). */
  insertNative(table: string, blocks: readonly Uint8Array[]): Promise<void>;
  /** What this process wrote, for those that keep what they read. undefined when others write too: behind a server. */
  readonly changes?: ChangeLog | undefined;
  /** Bytes of active parts on disk. */
  diskBytes(): Promise<number>;
  close(): Promise<void>;
}
