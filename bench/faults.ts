import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createRandom } from '../demo/random.js';
import { planFaults } from './faults/plan.js';
import { printSummary, SETTINGS } from './faults/report.js';
import { runSession } from './faults/session.js';
import { summarise, type Observed } from './faults/verdict.js';
import { describeMachine } from './machine.js';
import { readOptions } from './options.js';

/**
 * How well are faults found? Starts Faultline with an empty store and the demo's shop without faults of its own, lets both warm up, plants faults one by one or two at once, then watches a steady shop. With `--shops N` the faults are dealt out to so many pairs of the two that run side by side.
 *
 * An incident counts for a fault only if it opened after the fault began and no later than a minute after its end; of several, the first counts and the others are noise. A cause is right only if the best-ranked service is the one the fault was planted in. Of two faults at once both must be found and named, by two incidents or by one that names two causes. An incident that is still open long after its fault is closed by hand, and counted as stuck.
 *
 * Settings that differ from a plain start: SETTINGS of faults/report.ts. With `--record DIR` the telemetry stays, for `npm run bench -- replay DIR`; of several shops each in a folder of its own below it.
 */
const optionsSchema = z.strictObject({
  faults: z.coerce.number().int().min(0).max(200).default(20),
  doubles: z.coerce.number().int().min(0).max(200).optional(),
  shops: z.coerce.number().int().min(1).max(16).default(1),
  'quiet-minutes': z.coerce.number().min(0).max(600).default(30),
  'warm-up-minutes': z.coerce.number().min(0).max(120).default(6),
  seed: z.coerce.number().int().default(1),
  json: z.string().min(1).optional(),
  record: z.string().min(1).optional(),
});
const HELP = 'usage: npm run bench -- faults [--faults 20] [--doubles a third of them] [--shops 1] [--quiet-minutes 30] [--warm-up-minutes 6] [--seed 1] [--json FILE] [--record DIR]';

/** Why a run ends before it is done. */
const BY_HAND = 'by hand';

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(optionsSchema, HELP, args);
  if (!options) return;
  const { faults, shops, seed, json, record, doubles = Math.floor(faults / 3), 'quiet-minutes': quietMinutes, 'warm-up-minutes': warmUpMinutes } = options;
  const machine = describeMachine();
  console.log(`Machine     ${machine}`);
  const plan = planFaults(faults, createRandom(seed), Math.min(doubles, faults));
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(BY_HAND);
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  // Every one stops what it started before any failure ends the process.
  const ended = await Promise.allSettled(
    Array.from({ length: shops }, (_, shop) => {
      const folder = record === undefined || shops === 1 ? record : join(record, String(shop + 1));
      if (folder !== undefined) mkdirSync(folder, { recursive: true });
      const say = (text: string): void => console.log(shops === 1 ? text : `${shop + 1}| ${text}`);
      return runSession({ shop, seed: seed + shop, plan: plan.filter((_planting, index) => index % shops === shop), warmUpMinutes, quietMinutes, record: folder, say }, interrupted.signal).catch((error: unknown) => {
        interrupted.abort();
        throw error;
      });
    }),
  );
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed && interrupted.signal.reason === BY_HAND) {
    console.log('Interrupted: what was found until then is above');
    process.exitCode = 130;
    return;
  }
  if (failed) throw failed.reason;
  const sessions = ended.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));

  const outside = sessions.flatMap((session) => session.outside);
  const verdicts = sessions.flatMap((session) => session.verdicts);
  const steady = sessions.flatMap((session) => session.steady);
  const stuck = sessions.reduce((sum, session) => sum + session.stuck, 0);
  const summary = { ...summarise(verdicts, outside.length), stuck };
  printSummary(summary, outside);
  console.log(`            ${stuck} had to be closed by hand`);
  if (quietMinutes > 0) console.log(`Steady      ${steady.length} incidents in ${shops} × ${quietMinutes} min without a fault (target 0)`);
  for (const { opened } of steady) console.log(`            ${opened.title}`);
  for (const { startMs, rest, end } of sessions) {
    console.log(`Faultline   ${(startMs / 1000).toFixed(1)} s from spawn to ready, empty store (${rest.engine.mode} ClickHouse ${rest.engine.version}, models on ${rest.detector.provider}); ${mib(rest.process.rssBytes)} resident at rest, ${mib(end.process.rssBytes)} at the end, ${end.detector.learned} series, step ${Math.round(end.detector.lastStepMs)} ms`);
  }
  const brief = (observed: readonly Observed[]): object[] => observed.map(({ opened }) => ({ at: opened.openedAt, title: opened.title }));
  const each = sessions.map(({ startMs, rest, end, learned, warmUpIncidents }) => ({ startMs, restRssBytes: rest.process.rssBytes, endRssBytes: end.process.rssBytes, learned, warmUpIncidents }));
  const result = { machine, version: sessions[0]?.end.version, settings: SETTINGS, seed, shops: each, warmUpMinutes, summary, verdicts, outside: brief(outside), quietMinutes, steady: brief(steady) };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`);
}

const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
