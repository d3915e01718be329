import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Incident } from '#core/types.js';
import { createRandom } from '../demo/random.js';
import { planFaults, type PlannedFault } from './faults/plan.js';
import { printSummary, printVerdict, SETTINGS } from './faults/report.js';
import { isOf, judge, LATE_MS, summarise, type Observed, type Planted, type Verdict } from './faults/verdict.js';
import { describeMachine } from './machine.js';
import type { Recording } from './replay.js';
import { startProduct, startShopProcess, type Product, type RunningShop } from './product.js';

/**
 * How well are faults found? Starts Faultline with an empty store and the demo's shop without faults of its own, lets both warm up, plants faults one by one, then watches a steady shop.
 *
 * An incident counts for a fault only if it opened after the fault began and no later than a minute after its end; of several, the first counts and the others are noise. A cause is right only if the best-ranked service is the one the fault was planted in. An incident that is still open long after its fault is closed by hand, and counted as stuck.
 *
 * Two settings differ from a plain start: SETTINGS of faults/report.ts. With `--record DIR` the telemetry stays, for `npm run bench -- replay DIR`.
 */
const POLL_MS = 1_000;
const REST_MS = 20_000;
const QUIET_BETWEEN_MS = 45_000;
/** After a fault's end, for its incident to resolve. */
const RESOLVE_LIMIT_MS = 240_000;

const optionsSchema = z.strictObject({
  faults: z.coerce.number().int().min(0).max(200).default(20),
  'quiet-minutes': z.coerce.number().min(0).max(600).default(30),
  'warm-up-minutes': z.coerce.number().min(0).max(120).default(6),
  seed: z.coerce.number().int().default(1),
  json: z.string().min(1).optional(),
  record: z.string().min(1).optional(),
});
const HELP = 'usage: npm run bench -- faults [--faults 20] [--quiet-minutes 30] [--warm-up-minutes 6] [--seed 1] [--json FILE] [--record DIR]';

export async function run(args: readonly string[]): Promise<void> {
  const strings = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { faults: strings, 'quiet-minutes': strings, 'warm-up-minutes': strings, seed: strings, json: strings, record: strings } });
  const options = optionsSchema.safeParse(values);
  if (!options.success) {
    console.error(`${z.prettifyError(options.error)}\n${HELP}`);
    process.exitCode = 1;
    return;
  }
  const { faults, seed, json, record, 'quiet-minutes': quietMinutes, 'warm-up-minutes': warmUpMinutes } = options.data;
  const machine = describeMachine();
  console.log(`Machine     ${machine}`);
  const start = Date.now();
  const product = await startProduct(SETTINGS, record === undefined ? undefined : join(record, 'data'));
  const planted: Planted[] = [];
  let shop: RunningShop | undefined;
  const interrupt = (): void => void Promise.all([shop?.stop(), product.stop()]).finally(() => process.exit(130));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    await delay(REST_MS);
    const rest = await product.status();
    console.log(`Start       ${(product.startMs / 1000).toFixed(1)} s from spawn to ready, empty store (${rest.engine.mode} ClickHouse ${rest.engine.version}, models on ${rest.detector.provider})\nAt rest     ${mib(rest.process.rssBytes)} resident`);
    shop = await startShopProcess(product.otlpHttpUrl, seed);
    console.log(`Warm-up     ${warmUpMinutes} min`);
    const watch = createObserver(product);
    await watch.during(warmUpMinutes * 60_000);
    const warmUpIncidents = watch.all().length;
    const learned = (await product.status()).detector.learned;
    console.log(`            ${learned} series learned, ${warmUpIncidents} incidents opened`);
    for (const { opened } of watch.all()) console.log(`            ${opened.title}`);
    await settle(product, watch, Date.now());
    console.log('');

    const verdicts: Verdict[] = [];
    let stuck = 0;
    for (const fault of planFaults(faults, createRandom(seed))) {
      const result = await plant(fault, shop, product, watch);
      stuck += result.stuck;
      planted.push(result.planted);
      verdicts.push(result.verdict);
      printVerdict(result.verdict, verdicts.length, faults);
    }
    const outside = watch.all().slice(warmUpIncidents).filter(({ opened }) => !planted.some((fault) => isOf(fault, opened)));
    const summary = { ...summarise(verdicts, outside.length), stuck };
    printSummary(summary, outside);
    console.log(`            ${stuck} had to be closed by hand`);

    const before = watch.all().length;
    if (quietMinutes > 0) await watch.during(quietMinutes * 60_000);
    const steady = watch.all().slice(before);
    if (quietMinutes > 0) console.log(`Steady      ${steady.length} incidents in ${quietMinutes} min without a fault (target 0)`);
    for (const { opened } of steady) console.log(`            ${opened.title}`);
    const end = await product.status();
    console.log(`At the end  ${mib(end.process.rssBytes)} resident, ${end.detector.learned} series, step ${Math.round(end.detector.lastStepMs)} ms`);
    const brief = (observed: readonly Observed[]): object[] => observed.map(({ opened }) => ({ at: opened.openedAt, title: opened.title }));
    const result = { machine, version: end.version, settings: SETTINGS, seed, startMs: product.startMs, restRssBytes: rest.process.rssBytes, endRssBytes: end.process.rssBytes, warmUpMinutes, warmUpIncidents, learned, summary, verdicts, outside: brief(outside), quietMinutes, steady: brief(steady) };
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await shop?.stop();
    await product.stop();
    if (record !== undefined) writeFileSync(join(record, 'recording.json'), JSON.stringify({ start, end: Date.now(), planted } satisfies Recording));
  }
}

/** Plants one fault and waits until it, its incidents and the quiet after them are over. */
async function plant(fault: PlannedFault, shop: RunningShop, product: Product, watch: Observer): Promise<{ planted: Planted; verdict: Verdict; stuck: number }> {
  const from = await shop.plant(fault);
  await watch.during(from + fault.seconds * 1000 - Date.now());
  while (await shop.active()) await watch.during(POLL_MS);
  const planted = { ...fault, from, to: Date.now() };
  // The cause is the one that is known when the fault ends, or, for a late incident, when the wait for it ends.
  let verdict = judge(planted, watch.all());
  if (!verdict.detected) await watch.during(LATE_MS);
  const stuck = await settle(product, watch, planted.to);
  await watch.during(planted.to + LATE_MS - Date.now());
  const late = judge(planted, watch.all());
  verdict = verdict.detected ? { ...verdict, incidents: late.incidents, others: late.others } : late;
  return { planted, verdict, stuck };
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
function createObserver(product: Product): Observer {
  const seen = new Map<string, Observed>();
  return {
    async during(ms) {
      const until = Date.now() + ms;
      while (Date.now() < until) {
        for (const incident of await product.incidents()) seen.set(incident.id, { opened: seen.get(incident.id)?.opened ?? incident, latest: incident });
        await delay(Math.max(0, Math.min(POLL_MS, until - Date.now())));
      }
    },
    all: () => [...seen.values()].toSorted((a, b) => a.opened.openedAt - b.opened.openedAt),
    open: () => [...seen.values()].map(({ latest }) => latest).filter(({ status }) => status !== 'resolved'),
  };
}

const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
