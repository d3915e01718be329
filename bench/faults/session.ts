import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeFileSync } from 'node:fs';
import type { ApiStatus } from '#core/api/status.js';
import type { Incident } from '#core/types.js';
import { startProduct, startShopProcess, type Product, type RunningShop } from '../product.js';
import type { Recording } from '../replay.js';
import type { Planting } from './plan.js';
import { printVerdict, SETTINGS, type Say } from './report.js';
import { isOf, judge, LATE_MS, type Observed, type Planted, type Verdict } from './verdict.js';

const POLL_MS = 1_000;
const REST_MS = 20_000;
const QUIET_BETWEEN_MS = 45_000;
/** After a fault's end, for its incident to resolve. */
const RESOLVE_LIMIT_MS = 240_000;

export interface SessionOptions {
  readonly shop: number;
  readonly seed: number;
  readonly plan: readonly Planting[];
  readonly warmUpMinutes: number;
  readonly quietMinutes: number;
  /** Where the telemetry stays. */
  readonly record: string | undefined;
  readonly say: Say;
}

export interface Session {
  readonly startMs: number;
  readonly rest: ApiStatus;
  readonly end: ApiStatus;
  readonly learned: number;
  readonly warmUpIncidents: number;
  readonly verdicts: readonly Verdict[];
  /** Opened when no fault could explain them. */
  readonly outside: readonly Observed[];
  /** Opened while nothing was wrong, at the end. */
  readonly steady: readonly Observed[];
  /** Closed by hand. */
  readonly stuck: number;
}

/** One Faultline and one shop, from an empty store to the end of the steady time. Both are stopped when `signal` says so, and it rejects. */
export async function runSession({ shop: number, seed, plan, warmUpMinutes, quietMinutes, record, say }: SessionOptions, signal: AbortSignal): Promise<Session> {
  const start = Date.now();
  const product = await startProduct(SETTINGS, record === undefined ? undefined : join(record, 'data'));
  const planted: Planted[] = [];
  let shop: RunningShop | undefined;
  try {
    await delay(REST_MS, undefined, { signal });
    const rest = await product.status();
    shop = await startShopProcess(product.otlpHttpUrl, seed);
    const watch = createObserver(product, signal);
    await watch.during(warmUpMinutes * 60_000);
    const warmUpIncidents = watch.all().length;
    const learned = (await product.status()).detector.learned;
    say(`Warm-up     ${warmUpMinutes} min, ${learned} series learned, ${warmUpIncidents} incidents opened`);
    for (const { opened } of watch.all()) say(`            ${opened.title}`);
    await settle(product, watch, Date.now());

    const verdicts: Verdict[] = [];
    let stuck = 0;
    for (const [index, planting] of plan.entries()) {
      const result = await plant(planting, number, shop, product, watch);
      stuck += result.stuck;
      planted.push(...result.planted);
      verdicts.push(...result.verdicts);
      for (const verdict of result.verdicts) printVerdict(verdict, `${index + 1}/${plan.length}`, say);
    }
    const outside = watch.all().slice(warmUpIncidents).filter(({ opened }) => !planted.some((fault) => isOf(fault, opened)));
    const before = watch.all().length;
    if (quietMinutes > 0) await watch.during(quietMinutes * 60_000);
    return { startMs: product.startMs, rest, end: await product.status(), learned, warmUpIncidents, verdicts, outside, steady: watch.all().slice(before), stuck };
  } finally {
    await shop?.stop();
    await product.stop();
    if (record !== undefined) writeFileSync(join(record, 'recording.json'), JSON.stringify({ start, end: Date.now(), planted } satisfies Recording));
  }
}

/** Plants faults at once and waits until they, their incidents and the quiet after them are over. */
async function plant(planting: Planting, number: number, shop: RunningShop, product: Product, watch: Observer): Promise<{ planted: readonly Planted[]; verdicts: readonly Verdict[]; stuck: number }> {
  const since: number[] = [];
  for (const fault of planting) since.push(await shop.plant(fault, since.length > 0));
  const from = Math.min(...since);
  await watch.during(Math.max(...planting.map(({ seconds }) => seconds)) * 1000 - (Date.now() - from));
  while (await shop.active()) await watch.during(POLL_MS);
  const to = Date.now();
  const planted = planting.map((fault): Planted => ({ ...fault, shop: number, from, to }));
  const judged = (): Verdict[] => planted.map((fault) => judge(fault, watch.all(), planted));
  // The cause is the one that is known when the fault ends, or, for a late incident, when the wait for it ends.
  const early = judged();
  if (!early.every(({ detected }) => detected)) await watch.during(LATE_MS);
  const stuck = await settle(product, watch, to);
  await watch.during(to + LATE_MS - Date.now());
  const verdicts = judged().map((late, at) => (early[at]?.detected ? { ...early[at], incidents: late.incidents, others: late.others } : late));
  return { planted, verdicts, stuck };
}

/** Waits until every incident has resolved and a while longer. Those still open long after `since` are closed by hand; how many is returned. */
async function settle(product: Product, watch: Observer, since: number): Promise<number> {
  while (watch.open().length > 0 && Date.now() - since < RESOLVE_LIMIT_MS) await watch.during(POLL_MS);
  const left = watch.open();
  for (const { id } of left) await product.resolve(id, 'bench');
  await watch.during(QUIET_BETWEEN_MS);
  return left.length;
}

interface Observer {
  /** Looks once a second for so long. */
  during(ms: number): Promise<void>;
  /** In the order in which they opened. */
  all(): readonly Observed[];
  open(): readonly Incident[];
}

/** Keeps each incident as first seen and as last seen. */
function createObserver(product: Product, signal: AbortSignal): Observer {
  const seen = new Map<string, Observed>();
  return {
    async during(ms) {
      const until = Date.now() + ms;
      while (Date.now() < until) {
        for (const incident of await product.incidents()) seen.set(incident.id, { opened: seen.get(incident.id)?.opened ?? incident, latest: incident });
        await delay(Math.max(0, Math.min(POLL_MS, until - Date.now())), undefined, { signal });
      }
    },
    all: () => [...seen.values()].toSorted((a, b) => a.opened.openedAt - b.opened.openedAt),
    open: () => [...seen.values()].map(({ latest }) => latest).filter(({ status }) => status !== 'resolved'),
  };
}
