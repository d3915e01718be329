import type { DatabaseClient } from '../instrument/database-client.js';
import type { HttpClient } from '../instrument/http-client.js';
import type { Route } from '../instrument/http-server.js';
import type { Log } from '../instrument/log.js';

/** What a service is given to work with. */
export interface Kit {
  readonly call: HttpClient;
  readonly postgres: DatabaseClient;
  readonly redis: DatabaseClient;
  readonly publish: (value: unknown) => Promise<void>;
  readonly log: Log;
  /** Own work that takes about `medianMs`. Throws a Failure in `flakeShare` of the cases, and is ten times slower in `slowShare`. */
  readonly work: (medianMs: number, flaws?: { readonly flakeShare?: number; readonly slowShare?: number }) => Promise<void>;
}

export interface Service {
  readonly version: string;
  routes(kit: Kit): readonly Route[];
  /** Handles one message of the orders topic. */
  consume?(kit: Kit, value: unknown): Promise<void>;
}
