import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Component } from '#core/types.js';
import type { Store } from './store.js';

const STEP_MS = 5_000;
/** Halves of one call arrive in different exports: a bucket is joined once both have had this long. */
const SETTLE_MS = 10_000;

/** Joins the client and server halves of calls into `service_edges`, one bucket of 5 s after another. A client half without a server half is a call to its named peer. */
export function createEdgeJoiner({ store, clock, logger }: { store: Store; clock: Clock; logger: Logger }): Component {
  let done = 0;
  /** Edges are added up: where the answer was lost they may be there already. */
  let mayBeStored = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const settled = (): number => Math.floor((clock() - SETTLE_MS) / STEP_MS) * STEP_MS;

  async function behindStored(): Promise<number> {
    const [row] = await store.query<{ last: number }>('SELECT toUnixTimestamp(max(time)) AS last FROM service_edges');
    return (row?.last ?? 0) * 1000 + STEP_MS;
  }

  async function join(): Promise<void> {
    if (mayBeStored) done = Math.max(done, await behindStored());
    const until = settled();
    if (until <= done) return;
    mayBeStored = true;
    await store.command(EDGES, { params: { from: done / 1000, to: until / 1000 } });
    mayBeStored = false;
    done = until;
  }

  return {
    name: 'edges',
    async start() {
      done = Math.max(await behindStored(), settled() - 600_000);
      timer = setInterval(() => {
        running = running.then(join).catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'service map edges were not joined; trying again'));
      }, STEP_MS);
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

const EDGES = `
INSERT INTO service_edges (time, client, server, kind, count, errors, duration_sum, duration)
SELECT toStartOfInterval(c.time, INTERVAL 5 SECOND) AS bucket, c.service AS client, if(s.service != '', s.service, c.peer) AS server, c.peer_kind AS kind,
  count() AS count, sum(c.error) AS errors, sum(c.duration_ms) AS duration_sum, quantilesTDigestState(0.5, 0.95, 0.99)(toFloat32(c.duration_ms)) AS duration
FROM (SELECT time, call, service, peer, peer_kind, duration_ms, error FROM edge_halves WHERE side = 'client' AND time >= {from:UInt32} AND time < {to:UInt32}) AS c
LEFT JOIN (SELECT call, any(service) AS service FROM edge_halves WHERE side = 'server' AND time >= {from:UInt32} - 60 AND time < {to:UInt32} + 60 GROUP BY call) AS s ON c.call = s.call
WHERE server != '' AND server != client
GROUP BY bucket, client, server, kind`;
