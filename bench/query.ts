import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { describeMachine, peakRss } from './machine.js';
import { readOptions } from './options.js';
import { startProduct, type Product } from './product.js';
import { NO_PROMETHEUS, startPrometheus, type Prometheus } from './prometheus.js';
import { compareAnswers, type QueryAnswer } from './query/compare.js';
import { QUESTIONS, type Question } from './query/questions.js';
import { DEPTH, writeScrapes, type WriteTarget } from './query/remote-write.js';
import { benchSeries, SCRAPE_MS, type BenchSeries } from './query/series.js';
import { drained, grouped, median } from './report.js';

/** The same samples, remote-written to Faultline and to a real Prometheus, and the same questions to both in turn. What counts is the ratio of their times in one run. */
const optionsSchema = z.strictObject({
  series: z.coerce.number().int().min(500).max(100_000).default(2_000),
  hours: z.coerce.number().min(6).max(48).default(6),
  runs: z.coerce.number().int().min(1).max(50).default(5),
  ingest: z.union([z.literal('half'), z.coerce.number().int().min(0).max(1_000_000)]).default(0),
  only: z.string().optional(),
  json: z.string().min(1).optional(),
});
const HELP = 'usage: npm run bench -- query [--series 2000] [--hours 6] [--runs 5] [--ingest SAMPLES-PER-SECOND | half (of what Faultline took while it was filled)] [--only TEXT-IN-THE-QUERY] [--json FILE]';
const HOUR_MS = 3_600_000;
const RANGE_MS = 6 * HOUR_MS;
/** What arrives while questions are asked is of the time after what was there: it is to be no later than the clock. */
const LATER_MS = 24 * HOUR_MS;
/** Data begins this much before the earliest window: how a window is treated that is half empty differs between versions of Prometheus. */
const LEAD_MS = 1_800_000;
const STEP_S = 60;
/** A dashboard asks again this much later, on the same steps. */
const REFRESH_MS = STEP_S * 1000;

interface Line extends Question {
  /** Milliseconds: the first time it is asked, and the median of the refreshes after it. */
  readonly ours: { readonly first: number; readonly again: number };
  readonly theirs: { readonly first: number; readonly again: number };
  readonly values: number;
  readonly difference: string | undefined;
}

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(optionsSchema, HELP, args);
  if (!options) return;
  const { series: size, hours, runs, ingest, only, json } = options;
  const peer = await startPrometheus();
  if (!peer) {
    console.log(NO_PROMETHEUS);
    return;
  }
  const product = await startProduct({ SELF_TELEMETRY_ENABLED: 'false' });
  try {
    const scrapes = Math.round((hours * HOUR_MS + LEAD_MS) / SCRAPE_MS);
    const end = Math.floor((Date.now() - (ingest === 0 ? 0 : LATER_MS)) / SCRAPE_MS) * SCRAPE_MS;
    const start = end - scrapes * SCRAPE_MS;
    const series = benchSeries(size);
    const began = performance.now();
    const targets = [{ name: 'Faultline', url: `${product.httpUrl}/api/v1/write` }, { name: 'Prometheus', url: `${peer.url}/api/v1/write` }];
    const { samples, ms } = await writeScrapes(targets, series, start, 0, scrapes);
    const rates = targets.map(({ name }) => ({ name, perSecond: samples / ((ms[name] ?? Number.NaN) / 1000) }));
    await drained(product);
    console.log(`Machine     ${describeMachine()}\nPrometheus  ${peer.version}\nData        ${grouped(series.length)} series × ${hours} h at 15 s, ${grouped(samples)} samples to each in ${((performance.now() - began) / 1000).toFixed(0)} s (${rates.map(({ name, perSecond }) => `${name} ${grouped(perSecond)}`).join(', ')} samples/s over one connection)`);
    const questions = QUESTIONS.filter(({ query }) => only === undefined || query.includes(only));
    // The last refresh must not reach past the data, nor before it.
    const last = end - SCRAPE_MS * 2;
    const lines: Line[] = [];
    for (const question of questions) lines.push(await measure(question, product.httpUrl, peer.url, last - runs * REFRESH_MS, runs));
    report(lines, product, peer);
    const perSecond = ingest === 'half' ? (rates[0]?.perSecond ?? 0) / 2 : ingest;
    const loaded = perSecond > 0 ? await underLoad(questions, lines, { product, peer, targets, series, start, from: scrapes, last, runs, perSecond }) : undefined;
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine: describeMachine(), prometheus: peer.version, size, hours, runs, rates, lines, loaded, peakRss: { faultline: peakRss(product.pid), prometheus: peakRss(peer.pid) } }, undefined, 2)}\n`);
  } finally {
    await Promise.all([product.stop(), peer.stop()]);
  }
}

/** Both are asked in turn, first the one then the other, each refresh a scrape later than the one before. */
async function measure(question: Question, ourUrl: string, theirUrl: string, at: number, runs: number): Promise<Line> {
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  let values = 0;
  let difference: string | undefined;
  for (let turn = 0; turn <= runs; turn += 1) {
    const path = pathOf(question, at + turn * REFRESH_MS);
    const sides = [['ours', ourUrl], ['theirs', theirUrl]] as const;
    const answers: { ours?: string; theirs?: string } = {};
    for (const [side, url] of turn % 2 === 0 ? sides : sides.toReversed()) {
      const began = performance.now();
      const response = await fetch(`${url}${path}`);
      answers[side] = await response.text();
      times[side].push(performance.now() - began);
    }
    const compared = compareAnswers(JSON.parse(answers.ours ?? '{}') as QueryAnswer, JSON.parse(answers.theirs ?? '{}') as QueryAnswer);
    values += compared.values;
    difference ??= compared.difference;
  }
  const timed = (all: readonly number[]) => ({ first: all[0] ?? Number.NaN, again: median(all.slice(1)) });
  return { ...question, ours: timed(times.ours), theirs: timed(times.theirs), values, difference };
}

function pathOf({ query, kind }: Question, at: number): string {
  const params: Record<string, string> = kind === 'instant' ? { query, time: String(at / 1000) } : { query, start: String((at - RANGE_MS) / 1000), end: String(at / 1000), step: String(STEP_S) };
  return `/api/v1/${kind === 'instant' ? 'query' : 'query_range'}?${new URLSearchParams(params).toString()}`;
}

function report(lines: readonly Line[], product: Product, peer: Prometheus): void {
  console.log(`\n${'first'.padStart(24)}${'again'.padStart(25)}\n${'ours'.padStart(10)}${'theirs'.padStart(8)}${'ratio'.padStart(7)}${'ours'.padStart(10)}${'theirs'.padStart(8)}${'ratio'.padStart(7)}   ms; query`);
  for (const { ours, theirs, kind, scale, query, difference } of lines) {
    const pair = (which: 'first' | 'again'): string => `${ours[which].toFixed(1).padStart(10)}${theirs[which].toFixed(1).padStart(8)}${(ours[which] / theirs[which]).toFixed(2).padStart(7)}`;
    console.log(`${pair('first')}${pair('again')}   ${kind} ${scale.padEnd(4)} ${query}${difference === undefined ? '' : `\n      DIFFERS: ${difference}`}`);
  }
  for (const which of ['first', 'again'] as const) {
    const ratios = lines.map(({ ours, theirs }) => ours[which] / theirs[which]);
    console.log(`${which === 'first' ? '\nFirst ask  ' : 'Refreshes  '} median ratio ${median(ratios).toFixed(2)}, worst ${Math.max(...ratios).toFixed(2)}`);
  }
  const differing = lines.filter(({ difference }) => difference !== undefined).length;
  console.log(`Answers     ${grouped(lines.reduce((sum, { values }) => sum + values, 0))} values compared, ${differing} of ${lines.length} queries differ\nPeak RSS    Faultline ${mib(peakRss(product.pid))} MiB, Prometheus ${mib(peakRss(peer.pid))} MiB`);
}

interface Load {
  readonly product: Product;
  readonly peer: Prometheus;
  readonly targets: readonly WriteTarget[];
  readonly series: readonly BenchSeries[];
  readonly start: number;
  /** The scrape to go on with. */
  readonly from: number;
  readonly last: number;
  readonly runs: number;
  readonly perSecond: number;
}

/** The same questions while new scrapes arrive at both: how much slower each becomes. */
async function underLoad(questions: readonly Question[], quiet: readonly Line[], { product, peer, targets, series, start, from, last, runs, perSecond }: Load): Promise<readonly Line[]> {
  let stopped = false;
  let scrapes = 0;
  const began = performance.now();
  const writing = (async () => {
    while (!stopped) {
      await writeScrapes(targets, series, start, from + scrapes, from + scrapes + DEPTH);
      scrapes += DEPTH;
      await delay(Math.max(0, began + (scrapes * series.length * 1000) / perSecond - performance.now()));
    }
  })();
  const lines: Line[] = [];
  for (const question of questions) lines.push(await measure(question, product.httpUrl, peer.url, last - runs * REFRESH_MS, runs));
  stopped = true;
  await writing;
  const reached = (scrapes * series.length) / ((performance.now() - began) / 1000);
  const slower = (side: 'ours' | 'theirs'): number => median(lines.map((line, at) => line[side].again / (quiet[at]?.[side].again ?? Number.NaN)));
  console.log(`\nWhile ${grouped(reached)} samples/s arrive at both (${grouped(perSecond)} wanted): Faultline ${slower('ours').toFixed(2)} × its quiet time, Prometheus ${slower('theirs').toFixed(2)} ×; median ratio ${median(lines.map(({ ours, theirs }) => ours.again / theirs.again)).toFixed(2)}`);
  return lines;
}

const mib = (bytes: number): string => (bytes / 1024 ** 2).toFixed(0);
