import { startProduct, type Product } from '../product.js';
import { drained, grouped, median } from '../report.js';
import { logsBody, metricsBody, tracesBody, type Body } from './bodies.js';
import { load, overGrpc, overHttp, p99, type Sender } from './send.js';

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

export interface OtlpOptions {
  readonly seconds: number;
  readonly runs: number;
  /** Text in the names of the scenarios to run. */
  readonly only: string | undefined;
}

export async function otlp({ seconds, runs, only }: OtlpOptions): Promise<object[]> {
  const results: object[] = [];
  for (const scenario of SCENARIOS.filter(({ name }) => only === undefined || name.includes(only))) {
    const product = await startProduct({});
    const sender = scenario.sender(product);
    try {
      const bodies = scenario.bodies();
      const bytes = bodies.reduce((sum, body) => sum + body.bytes.length, 0) / bodies.reduce((sum, body) => sum + body.items, 0);
      await load(sender.send, bodies, { inFlight: scenario.inFlight, seconds: 2 });
      const rates: { acknowledged: number; stored: number; p99: number; lag: number; cpuMicros: number }[] = [];
      let failures = 0;
      for (let turn = 0; turn < runs; turn += 1) {
        await drained(product);
        const cpu = await product.metric('process_cpu_seconds_total');
        const began = performance.now();
        const result = await load(sender.send, bodies, { inFlight: scenario.inFlight, seconds });
        // Of this load alone: reading it begins a new measurement.
        const lag = await product.metric('nodejs_eventloop_lag_p99_seconds');
        await drained(product);
        failures += result.failures;
        rates.push({ acknowledged: result.items / result.seconds, stored: result.items / ((performance.now() - began) / 1000), p99: p99(result), lag, cpuMicros: (((await product.metric('process_cpu_seconds_total')) - cpu) / result.items) * 1e6 });
      }
      const acknowledged = median(rates.map((rate) => rate.acknowledged));
      const half = await load(sender.send, bodies, { inFlight: scenario.inFlight, seconds, perSecond: acknowledged / 2 });
      const status = await product.status();
      const line = { name: scenario.name, unit: scenario.unit, target: scenario.target, bytesPerItem: Math.round(bytes), acknowledged: Math.round(acknowledged), stored: Math.round(median(rates.map((rate) => rate.stored))), p99Ms: median(rates.map((rate) => rate.p99)), p99MsAtHalf: p99(half), eventLoopP99Ms: median(rates.map((rate) => rate.lag)) * 1000, cpuMicros: median(rates.map((rate) => rate.cpuMicros)), rssBytes: status.process.rssBytes, failures };
      results.push(line);
      console.log(`\n${line.name} (${line.bytesPerItem} bytes each)\n  acknowledged ${grouped(line.acknowledged)} ${line.unit}, target ${grouped(line.target)} (${(line.acknowledged / line.target).toFixed(2)} ×); also in ClickHouse ${grouped(line.stored)} ${line.unit}`);
      console.log(`  acknowledgement p99 ${line.p99Ms.toFixed(0)} ms at full rate, ${line.p99MsAtHalf.toFixed(0)} ms at half (target 250); event loop p99 ${line.eventLoopP99Ms.toFixed(0)} ms (target 50); ${Math.round(line.rssBytes / 1024 ** 2)} MiB resident (target 1,024); ${line.cpuMicros.toFixed(1)} µs of processor each, the store's included${failures > 0 ? `; ${failures} requests were refused` : ''}`);
    } finally {
      sender.close();
      await product.stop();
    }
  }
  return results;
}
