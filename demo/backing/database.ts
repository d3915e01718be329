import { setTimeout as delay } from 'node:timers/promises';
import { logNormal, type Random } from '../random.js';
import { listenJson, type Listening } from './http.js';

/** A statement that a database knows: how long it takes, and what it answers. */
export interface Statement {
  readonly medianMs: number;
  run(parameters: Readonly<Record<string, unknown>>): unknown;
}

export interface Database extends Listening {
  /** Median of the time that every statement waits in addition, as for a lock. */
  setSlow(ms: number): void;
}

/** Statements that run at once; the others queue. */
const WORKERS = 32;

/** A small database server without telemetry of its own, as most are: its callers' spans are all that shows it. */
export async function startDatabase(random: Random, statements: Readonly<Record<string, Statement>>): Promise<Database> {
  let slowMs = 0;
  let running = 0;
  const waiting: (() => void)[] = [];

  async function execute(body: string): Promise<unknown> {
    const { statement: name, parameters } = JSON.parse(body) as { statement: string; parameters: Record<string, unknown> };
    const statement = statements[name];
    if (!statement) throw new Error(`no statement ${name}`);
    if (running >= WORKERS) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      await delay(logNormal(random, statement.medianMs, 0.4) + (slowMs > 0 ? logNormal(random, slowMs, 0.3) : 0));
      return statement.run(parameters);
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  }

  const server = await listenJson((_request, body) => execute(body));
  return {
    ...server,
    setSlow(ms) {
      slowMs = ms;
    },
  };
}
