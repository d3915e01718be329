import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { propagation, context } from '@opentelemetry/api';
import { HEALTHY, LEAK_LIMIT_BYTES, type Effects } from './effects.js';
import { Failure } from './instrument/http-server.js';
import { logNormal, type Random } from './random.js';

const BUSY_PERIOD_MS = 100;
const LEAK_PERIOD_MS = 250;
const NUMBERS_PER_CHUNK = 1_000;
const BYTES_PER_CHUNK = NUMBERS_PER_CHUNK * 8;
/** The platform that a broken release cannot serve, how often it fails there, and what its slow path costs. */
const BROKEN_PLATFORM = 'ios';
const BROKEN_SHARE = 0.75;
const BROKEN_MS = 220;

/** Makes the effects that a service suffers from real, in its own thread. */
export interface Conditions {
  current(): Effects;
  set(effects: Effects): void;
  /** What every request goes through before its work. Throws a Failure when it ends there. */
  before(): Promise<void>;
  /** Bytes that the leak holds. */
  leaked(): number;
}

export function createConditions(random: Random, initial: Effects): Conditions {
  let effects = HEALTHY;
  let kept: number[][] = [];
  let leaking: NodeJS.Timeout | undefined;
  let burning: NodeJS.Timeout | undefined;

  /** By the clock, not by how often it is called: a busy machine leaks no slower. */
  function leak(since: number): void {
    const bytes = Math.min(LEAK_LIMIT_BYTES, (effects.leakBytesPerSecond * (performance.now() - since)) / 1000);
    while ((kept.length + 1) * BYTES_PER_CHUNK <= bytes) kept.push(Array.from({ length: NUMBERS_PER_CHUNK }, random));
  }

  function burn(): void {
    const until = performance.now() + BUSY_PERIOD_MS * effects.busyShare;
    let sum = 0;
    while (performance.now() < until) for (let turn = 0; turn < 1_000; turn += 1) sum += Math.sqrt(sum + turn);
    burning = setTimeout(burn, BUSY_PERIOD_MS * (1 - effects.busyShare));
  }

  function set(next: Effects): void {
    effects = next;
    clearInterval(leaking);
    clearTimeout(burning);
    const leaked = kept.length > 0;
    kept = [];
    // What ended is to be over at once, however little the service allocates from here on.
    if (leaked) collectGarbage();
    if (effects.leakBytesPerSecond > 0) leaking = setInterval(leak, LEAK_PERIOD_MS, performance.now());
    if (effects.busyShare > 0) burn();
  }
  set(initial);

  return {
    current: () => effects,
    set,
    leaked: () => kept.length * BYTES_PER_CHUNK,
    async before() {
      if (effects.shedShare > 0 && random() < effects.shedShare) throw new Failure(503, 'OverloadedError', 'over capacity, try again');
      if (effects.slowMs > 0) await delay(logNormal(random, effects.slowMs, 0.3));
      if (effects.failShare > 0 && random() < effects.failShare) throw new Failure(500, 'ConnectionResetError', 'connection reset while reading the reply of the upstream provider');
      if (effects.brokenRelease && propagation.getBaggage(context.active())?.getEntry('app.platform')?.value === BROKEN_PLATFORM) {
        await delay(logNormal(random, BROKEN_MS, 0.2));
        if (random() < BROKEN_SHARE) throw new TypeError("Cannot read properties of undefined (reading 'currency')");
      }
    },
  };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
