import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { DAY_MS } from '#core/clock.js';
import { durationMs } from '#core/duration.js';
import { openStore } from '#store/open.js';
import { describeSeries, fill } from './detector/fill.js';
import { measure } from './detector/measure.js';
import { describeMachine } from './machine.js';
import { readOptions } from './options.js';

/** How many series the live detector judges per second, how long it takes to learn the past, and what it holds: the real steps on the real store, in a process of their own. */
const optionsSchema = z.strictObject({
  series: z.coerce.number().int().min(100).max(10_000_000).default(10_000),
  steps: z.coerce.number().int().min(1).max(1_000).default(20),
  step: z.string().default('15s'),
  history: z.string().default('31m'),
  day: z.string().optional(),
  data: z.string().min(1).optional(),
  measure: z.boolean().default(false),
});
const HELP = 'usage: npm run bench -- detector [--series 10000] [--steps 20] [--step 15s] [--history 31m] [--day 10m: a point so often in the rest of the day] [--data FOLDER-TO-KEEP]';

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(optionsSchema, HELP, args);
  if (!options) return;
  if (options.measure && options.data !== undefined) return measure(options.data, options.series, options.steps, options.step);
  console.log(`Machine     ${describeMachine()}`);
  const folder = resolve(options.data ?? mkdtempSync(join(tmpdir(), 'faultline-bench-detector-')));
  try {
    if (!existsSync(join(folder, 'clickhouse'))) await prepare(folder, options);
    const child = fork(process.argv[1] ?? '', ['detector', ...args, '--data', folder, '--measure'], { env: { ...process.env, UV_THREADPOOL_SIZE: '10' } });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) process.exitCode = 1;
  } finally {
    if (options.data === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** The history, and the steps to come as they were a day before. */
async function prepare(folder: string, { series, steps, step, history, day }: z.output<typeof optionsSchema>): Promise<void> {
  const store = await openStore({ dataDir: folder });
  try {
    const stepMs = durationMs(step);
    const until = Math.floor((Date.now() - (steps + 10) * stepMs) / stepMs) * stepMs;
    const from = until - Math.round(durationMs(history) / stepMs) * stepMs;
    const began = performance.now();
    await describeSeries(store, series);
    const filled = Math.min(until - DAY_MS + (steps + 10) * stepMs, from);
    if (from > until - DAY_MS) await fill(store, series, until - DAY_MS - stepMs, filled, stepMs);
    if (day !== undefined) await fill(store, series, filled, from - durationMs(day), durationMs(day));
    await fill(store, series, from, until, stepMs);
    console.log(`Filled      ${series} series, ${history} of points every ${step}${day === undefined ? '' : `, a day of points every ${day}`}, in ${((performance.now() - began) / 1000).toFixed(0)} s; ${((await store.diskBytes()) / 1024 ** 2).toFixed(0)} MiB`);
  } finally {
    await store.close();
  }
}
