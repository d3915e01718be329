import { createServer } from 'node:http';
import express from 'express';
import { expect, it } from 'vitest';
import { QueryError } from '#core/promql.js';
import { listening } from '#core/testing.js';
import type { ServerContext } from '../context.js';
import { registerRoutes } from '../route.js';
import { sloRoutes } from './slos.js';

it.each([
  ['unavailable', 503, 'STORE_UNAVAILABLE', '5'],
  ['timeout', 504, 'QUERY_TIMEOUT', null],
  ['bad_data', 400, 'QUERY_INVALID', null],
  ['internal', 500, 'INTERNAL', null],
] as const)('objectives are answered as their queries are: %s', async (type, status, code, retryAfter) => {
  const fails = (): Promise<never> => Promise.reject(new QueryError(type, 'why'));
  const app = express();
  registerRoutes(app, sloRoutes({ promql: { instant: fails, range: fails }, clock: Date.now } as unknown as ServerContext), () => undefined);
  const server = createServer(app);
  const answer = await fetch(`${await listening(server)}/api/slos?from=now-1h`);
  expect([answer.status, answer.headers.get('retry-after'), ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([status, retryAfter, code]);
  server.close();
});
