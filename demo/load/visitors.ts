import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, exponentialMs } from '../random.js';
import { createSession, type Session, type Step } from './journeys.js';
import { sessionsPerSecond } from './shape.js';

/** Visitors at once; beyond it, arrivals turn away, as from a site that hangs. */
const MAX_SESSIONS = 300;
const PATIENCE_MS = 5_000;
const THINK_PER_SECOND = 1.2;

export interface Visitors {
  start(): void;
  stop(): void;
  /** Share of the arrivals that still reach the shop, 0..1. */
  setShare(share: number): void;
  counts(): Readonly<VisitorCounts>;
}

interface VisitorCounts {
  requests: number;
  failures: number;
  turnedAway: number;
}

export interface VisitorsOptions {
  readonly seed: number;
  /** Base URL of the front at this moment. */
  readonly front: () => string;
  /** Scales the load; 1 is about 30 requests per second. */
  readonly scale: number;
}

/** Sends sessions that arrive independently of each other, at the daily rate. */
export function createVisitors({ seed, front, scale }: VisitorsOptions): Visitors {
  const random = createRandom(seed);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const counts: VisitorCounts = { requests: 0, failures: 0, turnedAway: 0 };
  let share = 1;
  let sessions = 0;
  let timer: NodeJS.Timeout | undefined;
  let startedAt = 0;

  function arrive(): void {
    const rate = sessionsPerSecond(performance.now() - startedAt) * scale;
    timer = setTimeout(() => {
      const session = createSession(random);
      if (random() < share) {
        if (sessions < MAX_SESSIONS) void visit(session);
        else counts.turnedAway += 1;
      }
      arrive();
    }, exponentialMs(random, rate));
  }

  /** A visitor whose page fails leaves. */
  async function visit({ steps, baggage }: Session): Promise<void> {
    sessions += 1;
    try {
      for (const [index, step] of steps.entries()) {
        if (index > 0) await delay(exponentialMs(random, THINK_PER_SECOND), undefined, { ref: false });
        counts.requests += 1;
        const status = await send(step, baggage);
        if (status < 500) continue;
        counts.failures += 1;
        return;
      }
    } finally {
      sessions -= 1;
    }
  }

  /** Status of the answer; 599 when there was none. */
  function send({ method, path, body }: Step, baggage: string): Promise<number> {
    const text = body === undefined ? '' : JSON.stringify(body);
    return new Promise((resolve) => {
      const sent = request(`${front()}${path}`, { method, agent, timeout: PATIENCE_MS, headers: { baggage, 'user-agent': 'shop-visitor/1.0', 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 599));
        response.on('error', () => resolve(599));
      });
      sent.on('timeout', () => sent.destroy(new Error('the visitor ran out of patience')));
      sent.on('error', () => resolve(599));
      sent.end(text);
    });
  }

  return {
    start() {
      startedAt = performance.now();
      arrive();
    },
    stop() {
      clearTimeout(timer);
      agent.destroy();
    },
    setShare(value) {
      share = value;
    },
    counts: () => counts,
  };
}
