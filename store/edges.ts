import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { createRepeat } from '#core/repeat.js';
import type { Component } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from './store.js';

const STEP_S = 5;
/** Halves of one call arrive in different exports: what is known of it is told once both have had this long… */
const TOLD_AFTER_S = 10;
/** …and kept after this long. The caller may have given up on a server that went on, and a message may wait in its queue. */
const KEPT_AFTER_S = 120;
/** A server ends before its caller, by clocks that may be as far apart as this, or at most so much later as is waited. */
const EARLIER_S = 60;

type Joined = 'service_edges' | 'fresh_edges';

/** The second before which all that arrived is joined, by table. `era`: how often the clock was set back. */
type Done = Record<Joined, number> & { readonly era: number };

/**
 * Joins the client and server halves of calls, those that arrived within the same 5 s together: soon into `fresh_edges`, and for good into `service_edges`. The view `edges` shows each call once.
 * A client half without a server half is a call to its named peer.
 */
export function createEdgeJoiner({ store, logger }: { store: Store; logger: Logger }): Component {
  let done: Done = { service_edges: 0, fresh_edges: 0, era: 0 };
  let stopping = false;

  /** Joins what arrived longer than `wait` seconds ago, step by step: one that is joined again is known by its name. */
  async function joinInto(table: Joined, wait: number, noted: (until: number) => Promise<void>): Promise<void> {
    while (!stopping) {
      const [step] = await store.query<{ until: number }>(NEXT_STEP, { params: { done: done[table], wait } });
      if (!step) return;
      await store.command(edgesOf(table, step.until, done.era));
      await noted(step.until);
      done[table] = step.until;
    }
  }

  async function readDone(): Promise<void> {
    const [row] = await store.query<Done>(DONE);
    done = row ?? done;
  }

  /** Nothing would be joined until a clock that was set back is where it was. What arrived by the later time is joined or forgotten, and steps of the same seconds, when they come again, are others. */
  async function followSetBack(): Promise<void> {
    const [step] = await store.query<{ now: number }>(THIS_STEP);
    if (!step || Math.max(done.service_edges, done.fresh_edges) <= step.now + KEPT_AFTER_S) return;
    await store.command(`DELETE FROM edge_halves WHERE arrived >= ${step.now}`);
    await store.command('TRUNCATE TABLE fresh_edges');
    await store.insert('edges_joined', [{ era: done.era + 1, until: rfc3339(Math.min(step.now, done.service_edges) * 1000) }]);
    await readDone();
    logger.warn("the store's clock was set back: calls of the last two minutes before that are not on the service map");
  }

  async function join(): Promise<void> {
    await followSetBack();
    await joinInto('service_edges', KEPT_AFTER_S, (until) => store.insert('edges_joined', [{ era: done.era, until: rfc3339(until * 1000) }]));
    done.fresh_edges = Math.max(done.fresh_edges, done.service_edges);
    await joinInto('fresh_edges', TOLD_AFTER_S, async () => undefined);
  }

  const joining = createRepeat(STEP_S * 1000, join, (error) => logger.warn({ error: messageOf(error) }, 'service map edges were not joined; trying again'));

  return {
    name: 'edges',
    async start() {
      await readDone();
      joining.start();
    },
    async stop() {
      stopping = true;
      await joining.stop();
    },
  };
}

const DONE = `
SELECT toUnixTimestamp((SELECT argMax(until, (era, until)) FROM edges_joined)) AS service_edges, toUnixTimestamp((SELECT max(until) FROM fresh_edges)) AS fresh_edges, (SELECT max(era) FROM edges_joined) AS era`;

const THIS_STEP = `SELECT toUnixTimestamp(toStartOfInterval(now(), INTERVAL ${STEP_S} SECOND)) AS now`;

/** When halves arrived is told by the store's clock. Steps in which none did are left out. */
const NEXT_STEP = `
SELECT toUInt32(toUnixTimestamp(toStartOfInterval(min(arrived), INTERVAL ${STEP_S} SECOND)) + ${STEP_S}) AS until
FROM edge_halves WHERE side = 'client' AND arrived >= {done:UInt32} HAVING count() > 0 AND until <= toUnixTimestamp(now()) - {wait:UInt32}`;

/** Joins the client halves that arrived within a step, each once, to each service with a server half of the same call, whenever that arrived, of however many days they are: a message may be taken by several. Calls are the smaller side: the others pass by them. ClickHouse 26.1 knows a SELECT again by its token only when it is told to. */
const edgesOf = (table: Joined, until: number, era: number): string => `
INSERT INTO ${table} (time, client, server, kind, count, errors, duration_sum, duration${table === 'fresh_edges' ? ', until' : ''})
WITH calls AS (SELECT time, call, service, peer, peer_kind, duration_ms, error FROM edge_halves WHERE side = 'client' AND arrived >= ${until - STEP_S} AND arrived < ${until})
SELECT toStartOfInterval(c.time, INTERVAL 5 SECOND) AS bucket, c.service AS client, if(s.service != '', s.service, c.peer) AS server, c.peer_kind AS kind,
  count() AS count, sum(c.error) AS errors, sum(c.duration_ms) AS duration_sum, quantilesTDigestState(0.5, 0.95, 0.99)(toFloat32(c.duration_ms)) AS duration${table === 'fresh_edges' ? `, toDateTime(${until})` : ''}
FROM (
  SELECT DISTINCT call, service FROM edge_halves
  WHERE side = 'server' AND toStartOfInterval(time, INTERVAL 10 SECOND) IN (SELECT DISTINCT toStartOfInterval(time, INTERVAL 10 SECOND) + arrayJoin(range(-${EARLIER_S}, ${KEPT_AFTER_S + 10}, 10)) FROM calls) AND call IN (SELECT call FROM calls)
) AS s
RIGHT JOIN calls AS c ON s.call = c.call
WHERE server != '' AND server != client
GROUP BY bucket, client, server, kind
SETTINGS insert_deduplicate = 1, deduplicate_insert_select = 'enable_even_for_bad_queries', insert_deduplication_token = 'edges until ${until} in ${era}', max_insert_threads = 1, async_insert = 0, max_partitions_per_insert_block = 0`;
