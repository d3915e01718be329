import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openStore } from '#store/open.js';
import type { Store } from '#store/store.js';
import { describeMachine } from './machine.js';
import { readOptions } from './options.js';
import { startProduct } from './product.js';
import { grouped } from './report.js';

/** How long a person waits for one trace by its id, and for an hour of logs searched, when there are many: rows are made inside ClickHouse, questions go over HTTP. */
const optionsSchema = z.strictObject({
  spans: z.coerce.number().int().min(10_000).max(100_000_000).default(1_000_000),
  logs: z.coerce.number().int().min(10_000).max(100_000_000).default(1_000_000),
  runs: z.coerce.number().int().min(1).max(100).default(20),
});
const HELP = 'usage: npm run bench -- store [--spans 1000000] [--logs 1000000] [--runs 20]';
/** Rows of one insert. */
const BLOCK = 1_000_000;
const HOUR_S = 3_600;
/** Spans and records lie evenly over this. */
const SPREAD_S = 24 * HOUR_S;
const SPANS_PER_TRACE = 8;
const INSERT_LIMIT_S = 600;
const TARGET_MS = { trace: 50, logs: 300 } as const;

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(optionsSchema, HELP, args);
  if (!options) return;
  const { spans, logs, runs } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'faultline-bench-store-'));
  try {
    const end = Math.floor(Date.now() / 1000);
    const store = await openStore({ dataDir });
    await fillSpans(store, spans, end);
    await fillLogs(store, logs, end);
    const bytes = await store.diskBytes();
    await store.close();
    const product = await startProduct({ SELF_TELEMETRY_ENABLED: 'false' }, dataDir);
    try {
      console.log(`Machine     ${describeMachine()}\nData        ${grouped(spans)} spans and ${grouped(logs)} log records over 24 h, ${(bytes / 1024 ** 2).toFixed(0)} MiB on disk`);
      const ask = async (path: string): Promise<number> => {
        const began = performance.now();
        const response = await fetch(`${product.httpUrl}${path}`);
        const body = await response.text();
        if (!response.ok) throw new Error(`${path} answered ${response.status}: ${body}`);
        return performance.now() - began;
      };
      const traces = Math.floor(spans / SPANS_PER_TRACE);
      // What the machine needs for nothing at all at this moment: the others are to be seen beside it.
      await report('SELECT 1', Number.NaN, runs, () => ask(`/clickhouse?${new URLSearchParams({ query: 'SELECT 1' }).toString()}`));
      await report('trace by its id', TARGET_MS.trace, runs, (turn) => ask(`/api/traces/${traceId(Math.floor((traces * (turn + 0.5)) / runs))}`));
      await report('trace by its id, for Grafana', TARGET_MS.trace, runs, (turn) => ask(`/jaeger/api/traces/${traceId(Math.floor((traces * (turn + 0.25)) / runs))}`));
      const from = (turn: number): number => (end - SPREAD_S + Math.floor(((SPREAD_S - HOUR_S) * turn) / runs)) * 1000;
      const words = ['declined', 'order 4711', 'timeout', 'nowhere'];
      await report('one hour of logs, searched', TARGET_MS.logs, runs, (turn) => ask(`/api/logs?${new URLSearchParams({ from: String(from(turn)), to: String(from(turn) + HOUR_S * 1000), q: words[turn % words.length] ?? '' }).toString()}`));
    } finally {
      await product.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function report(name: string, targetMs: number, runs: number, ask: (turn: number) => Promise<number>): Promise<void> {
  const times: number[] = [];
  for (let turn = 0; turn < runs; turn += 1) times.push(await ask(turn));
  const [first = Number.NaN] = times;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  console.log(`${name.padEnd(30)} first ${first.toFixed(0)} ms, median ${at(0.5).toFixed(0)} ms, 95 % ${at(0.95).toFixed(0)} ms${Number.isNaN(targetMs) ? '' : ` (target ${targetMs})`}`);
}

/** As the SQL below makes them. */
const traceId = (trace: number): string => (BigInt(trace) * 0x9e37_79b9_7f4a_7c15n & 0xffff_ffff_ffff_ffffn).toString(16).padStart(16, '0').padEnd(32, '0');
const TRACE_ID = "rightPad(lower(leftPad(hex(toUInt64(trace * toUInt64(11400714819323198485))), 16, '0')), 32, '0')";

async function inBlocks(rows: number, insert: (from: number, count: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < rows; from += BLOCK) await insert(from, Math.min(BLOCK, rows - from));
}

function fillSpans(store: Store, rows: number, end: number): Promise<void> {
  return inBlocks(rows, (from, count) =>
    store.command(
      `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName, ResourceAttributes, SpanAttributes, Duration, StatusCode)
       SELECT fromUnixTimestamp64Nano(toInt64((${end - SPREAD_S} + intDiv(number * ${SPREAD_S}, ${rows})) * 1000000000 + number % 1000000000)), ${TRACE_ID}, lower(leftPad(hex(number), 16, '0')), if(number % ${SPANS_PER_TRACE} = 0, '', lower(leftPad(hex(number - 1), 16, '0'))),
         concat('GET /resource/', toString(number % 40)), if(number % 2 = 0, 'Server', 'Client'), concat('service-', toString(number % 25)), map('service.version', '1.4.2', 'service.instance.id', concat('i-', toString(number % 50))),
         map('http.route', concat('/resource/', toString(number % 40)), 'http.response.status_code', if(number % 50 = 0, '500', '200'), 'enduser.id', concat('customer-', toString(cityHash64(number) % 5000))), cityHash64(number, 1) % 250000000, if(number % 50 = 0, 'Error', 'Unset')
       FROM (SELECT number, intDiv(number, ${SPANS_PER_TRACE}) AS trace FROM numbers(${from}, ${count}))`,
      { timeoutSeconds: INSERT_LIMIT_S },
    ),
  );
}

function fillLogs(store: Store, rows: number, end: number): Promise<void> {
  return inBlocks(rows, (from, count) =>
    store.command(
      `INSERT INTO otel_logs (Timestamp, ServiceName, SeverityNumber, SeverityText, Body, ResourceAttributes, LogAttributes)
       SELECT fromUnixTimestamp64Nano(toInt64((${end - SPREAD_S} + intDiv(number * ${SPREAD_S}, ${rows})) * 1000000000 + number % 1000000000)), concat('service-', toString(number % 25)), if(number % 40 = 0, 17, 9), if(number % 40 = 0, 'ERROR', 'INFO'),
         if(number % 40 = 0, concat('payment of order ', toString(number % 100000), ' was declined by the processor'), concat('order ', toString(number % 100000), ' placed in ', toString(cityHash64(number) % 300), ' ms for customer-', toString(cityHash64(number, 2) % 5000))),
         map('service.version', '1.4.2'), map('order.id', toString(number % 100000), 'thread.name', concat('worker-', toString(number % 8)))
       FROM numbers(${from}, ${count})`,
      { timeoutSeconds: INSERT_LIMIT_S },
    ),
  );
}
