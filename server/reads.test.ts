import { createServer } from 'node:http';
import express from 'express';
import { expect, it, vi } from 'vitest';
import { listening } from '#core/testing.js';
import { defineRoute, registerRoutes } from './route.js';

it('answers a few reads of telemetry at a time, refuses what is too many, and leaves out whoever is gone', async () => {
  const ends: (() => void)[] = [];
  let read = 0;
  const app = express();
  registerRoutes(app, [
    defineRoute({ method: 'get', path: '/read', reads: true, summary: '', handle: () => new Promise((resolve) => (ends.push(() => resolve({ read: (read += 1) })))) }),
    defineRoute({ method: 'get', path: '/light', summary: '', handle: async () => ({}) }),
  ], () => undefined);
  let [asked, closed] = [0, 0];
  const server = createServer(app).on('request', (_request, response) => {
    asked += 1;
    response.once('close', () => (closed += 1));
  });
  const url = await listening(server);
  const hasty = new AbortController();
  const status = async (signal: AbortSignal | null = null): Promise<number> => (await fetch(`${url}/read`, { signal })).status;
  const patient = Array.from({ length: 5 }, () => status());
  await vi.waitFor(() => expect(asked).toBe(5), { timeout: 20_000 });
  const gone = Array.from({ length: 30 }, () => status(hasty.signal).catch(() => 0));
  await vi.waitFor(() => expect(asked).toBe(35), { timeout: 20_000 });
  const refused = await fetch(`${url}/read`);
  expect([ends.length, refused.status, refused.headers.get('retry-after'), ((await refused.json()) as any).error.code, (await fetch(`${url}/light`)).status]).toEqual([3, 503, '5', 'STORE_UNAVAILABLE', 200]);
  hasty.abort();
  await Promise.all(gone);
  await vi.waitFor(() => expect(closed).toBe(32), { timeout: 20_000 });
  await vi.waitFor(async () => {
    for (const end of ends.splice(0)) end();
    expect(await Promise.race([Promise.all(patient), new Promise((resolve) => setTimeout(resolve, 20))])).toEqual([200, 200, 200, 200, 200]);
  }, { timeout: 20_000 });
  expect(read).toBe(5);
  server.close();
});
