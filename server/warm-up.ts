import type { Ask } from './ask.js';

/** The way from a request to an answer is compiled when it was gone so often. */
const ROUNDS = 8;
const HOUR_S = 3_600;

/** A series that there is not, and one that needs no store. */
const QUERIES = ['some_total{job="some"}', 'label_replace(vector(1), "job", "some", "", "")'];
/** What the first page shows. */
const FIRST_PAGE = ['/api/status', '/api/services', '/api/incidents'];

/** Asks what dashboards ask, so that the first who do so do not wait for code that never ran. */
export async function warmUp(ask: Ask, now: () => number): Promise<void> {
  for (const path of FIRST_PAGE) await ask(path);
  for (let round = 0; round < ROUNDS; round += 1) {
    const end = Math.floor(now() / 1000);
    for (const query of QUERIES) {
      await ask('/api/v1/query', { query, time: end });
      await ask('/api/v1/query_range', { query, start: end - HOUR_S, end, step: 60 });
    }
  }
}
