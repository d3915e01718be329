import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { logsBody, metricsBody, tracesBody, type Body } from './ingest/bodies.js';
import { load, overGrpc, overHttp, type Load, type Sender } from './ingest/send.js';
import { describeMachine } from './machine.js';
import { startProduct, type Product } from './product.js';

/** How much is taken, by one product on this machine with the sender beside it: acknowledged means synced to disk. Each scenario runs several times and then waits until ClickHouse has everything; the median counts. */
interface Scenario {
  readonly name: string;
  readonly unit: string;
  readonly target: number;
  readonly inFlight: number;
  readonly bodies: () => readonly Body[];
  readonly sender: (product: Product) => Sender;
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));

const SCENARIOS: readonly Scenario[] = [
  { name: 'traces, 8,192-span bodies, HTTP', unit: 'spans/s', target: 150_000, inFlight: 4, bodies: () => times(12, (seed) => tracesBody(8_192, seed)), sender: ({ otlpHttpUrl }) => overHttp(`${otlpHttpUrl}/v1/traces`, 4) },
  { name: 'traces, 512-span bodies, 20 connections', unit: 'spans/s', target: 80_000, inFlight: 20, bodies: () => times(160, (seed) => tracesBody(512, seed)), sender: ({ otlpHttpUrl }) => overHttp(`${otlpHttpUrl}/v1/traces`, 20) },
  { name: 'traces, 8,192-span bodies, gRPC', unit: 'spans/s', target: 105_000, inFlight: 4, bodies: () => times(12, (seed) => tracesBody(8_192, seed)), sender: ({ otlpGrpcAddress }) => overGrpc(otlpGrpcAddress, 4) },
  { name: 'metrics, 5,000-point bodies, HTTP', unit: 'points/s', target: 400_000, inFlight: 4, bodies: () => times(16, (seed) => metricsBody(1_000, 5, seed)), sender: ({ otlpHttpUrl }) => overHttp(`${otlpHttpUrl}/v1/metrics`, 4) },
  { name: 'logs, 4,096-record bodies, HTTP', unit: 'records/s', target: 150_000, inFlight: 4, bodies: () => times(16, (seed) => logsBody(4_096, seed)), sender: ({ otlpHttpUrl }) => overHttp(`${otlpHttpUrl}/v1/logs`, 4) },
];
const POLL_MS = 200;
const DRAIN_LIMIT_MS = 180_000;

const optionsSchema = z.strictObject({
  seconds: z.coerce.number().min(1).max(600).default(10),
  runs: z.coerce.number().int().min(1).max(20).default(5),
  only: z.string().optional(),
  json: z.string().min(1).optional(),
});
const HELP = 'usage: npm run bench -- ingest [--seconds 10] [--runs 5] [--only TEXT-IN-THE-NAME] [--json FILE]';

export async function run(args: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const options = optionsSchema.safeParse(parseArgs({ args: [...args], options: { seconds: text, runs: text, only: text, json: text } }).values);
  if (!options.success) {
    console.error(`${z.prettifyError(options.error)}\n${HELP}`);
    process.exitCode = 1;
    return;
  }
  const { seconds, runs, only, json } = options.data;
  console.log(`Machine     ${describeMachine()}; the sender runs on the same cores`);
  const results: object[] = [];
  for (const scenario of SCENARIOS.filter(({ name }) => only === undefined || name.includes(only))) {
    const product = await startProduct({});
    const sender = scenario.sender(product);
    try {
      const bodies = scenario.bodies();
      const bytes = bodies.reduce((sum, body) => sum + body.bytes.length, 0) / bodies.reduce((sum, body) => sum + body.items, 0);
      await load(sender.send, bodies, { inFlight: scenario.inFlight, seconds: 2 });
      const rates: { acknowledged: number; stored: number; p99: number }[] = [];
      let failures = 0;
      for (let turn = 0; turn < runs; turn += 1) {
        await drained(product);
        const began = performance.now();
        const result = await load(sender.send, bodies, { inFlight: scenario.inFlight, seconds });
        await drained(product);
        failures += result.failures;
        rates.push({ acknowledged: result.items / result.seconds, stored: result.items / ((performance.now() - began) / 1000), p99: p99(result) });
      }
      const acknowledged = median(rates.map((rate) => rate.acknowledged));
      const half = await load(sender.send, bodies, { inFlight: scenario.inFlight, seconds, perSecond: acknowledged / 2 });
      const lag = await product.metric('nodejs_eventloop_lag_p99_seconds');
      const status = await product.status();
      const line = { name: scenario.name, unit: scenario.unit, target: scenario.target, bytesPerItem: Math.round(bytes), acknowledged: Math.round(acknowledged), stored: Math.round(median(rates.map((rate) => rate.stored))), p99Ms: median(rates.map((rate) => rate.p99)), p99MsAtHalf: p99(half), eventLoopP99Ms: lag * 1000, rssBytes: status.process.rssBytes, failures };
      results.push(line);
      console.log(`\n${line.name} (${line.bytesPerItem} bytes each)\n  acknowledged ${grouped(line.acknowledged)} ${line.unit}, target ${grouped(line.target)} (${(line.acknowledged / line.target).toFixed(2)} ×); also in ClickHouse ${grouped(line.stored)} ${line.unit}`);
      console.log(`  acknowledgement p99 ${line.p99Ms.toFixed(0)} ms at full rate, ${line.p99MsAtHalf.toFixed(0)} ms at half (target 250); event loop p99 ${line.eventLoopP99Ms.toFixed(0)} ms (target 50); ${Math.round(line.rssBytes / 1024 ** 2)} MiB resident (target 1,024)${failures > 0 ? `; ${failures} requests were refused` : ''}`);
    } finally {
      sender.close();
      await product.stop();
    }
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine: describeMachine(), seconds, runs, results }, undefined, 2)}\n`);
}

/** Waits until everything acknowledged is in ClickHouse. */
async function drained(product: Product): Promise<void> {
  const ends = performance.now() + DRAIN_LIMIT_MS;
  while ((await product.status()).queue.segments > 0 && performance.now() < ends) await delay(POLL_MS);
}

const p99 = ({ waits }: Load): number => waits[Math.floor(waits.length * 0.99)] ?? Number.NaN;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');
