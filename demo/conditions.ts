import { setTimeout as delay } from 'node:timers/promises';
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

  function leak(): void {
    const chunks = Math.round((effects.leakBytesPerSecond * LEAK_PERIOD_MS) / 1000 / BYTES_PER_CHUNK);
    for (let made = 0; made < chunks && kept.length * BYTES_PER_CHUNK < LEAK_LIMIT_BYTES; made += 1) kept.push(Array.from({ length: NUMBERS_PER_CHUNK }, random));
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
    if (effects.leakBytesPerSecond > 0) leaking = setInterval(leak, LEAK_PERIOD_MS);
    else kept = [];
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
