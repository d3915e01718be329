import { setTimeout as delay } from 'node:timers/promises';
import { startProduct } from '../product.js';
import { drained, grouped } from '../report.js';
import { tracesBody } from './bodies.js';
import { load, overHttp, p99 } from './send.js';

const SENDERS = [1, 4, 16, 64];
const SPANS = 2_048;
/** Spans in the store when ingest is measured again; the largest take about 600 MB. */
const STORED = [100_000, 1_000_000, 10_000_000];
const FILL_SPANS = 8_192;
/** After filling, for the merges that are behind. */
const SETTLE_MS = 20_000;

/** How the rate of ingest changes with the number of senders, and with what is stored already. */
export async function growth(seconds: number): Promise<object> {
  const product = await startProduct({ SELF_TELEMETRY_ENABLED: 'false' });
  const url = `${product.otlpHttpUrl}/v1/traces`;
  try {
    const bodies = Array.from({ length: 32 }, (_, seed) => tracesBody(SPANS, seed));
    const measure = async (senders: number): Promise<{ acknowledged: number; stored: number; p99Ms: number; cpuMicros: number; failures: number }> => {
      const sender = overHttp(url, senders);
      await drained(product);
      const cpu = await product.metric('process_cpu_seconds_total');
      const began = performance.now();
      const result = await load(sender.send, bodies, { inFlight: senders, seconds });
      sender.close();
      await drained(product);
      return { acknowledged: result.items / result.seconds, stored: result.items / ((performance.now() - began) / 1000), p99Ms: p99(result), cpuMicros: (((await product.metric('process_cpu_seconds_total')) - cpu) / result.items) * 1e6, failures: result.failures };
    };
    const line = (name: string, { acknowledged, stored, p99Ms, cpuMicros, failures }: Awaited<ReturnType<typeof measure>>): void =>
      console.log(`  ${name.padStart(22)}  ${grouped(acknowledged).padStart(9)} spans/s acknowledged, ${grouped(stored).padStart(9)} in ClickHouse, p99 ${p99Ms.toFixed(0).padStart(5)} ms, ${cpuMicros.toFixed(1)} µs of processor a span${failures > 0 ? `, ${failures} refused` : ''}`);
    await measure(4);
    console.log(`\nby senders, bodies of ${grouped(SPANS)} spans, ${seconds} s each`);
    const bySenders = [];
    let stored = 0;
    for (const senders of SENDERS) {
      const measured = await measure(senders);
      stored += measured.acknowledged * seconds;
      bySenders.push({ senders, ...measured });
      line(`${senders} sender${senders > 1 ? 's' : ''}`, measured);
    }
    console.log('\nby what is stored already, 4 senders');
    const byStored = [];
    for (const spans of STORED) {
      const fill = Math.max(0, Math.ceil((spans - stored) / FILL_SPANS));
      const sender = overHttp(url, 4);
      const large = Array.from({ length: 12 }, (_, seed) => tracesBody(FILL_SPANS, seed));
      await load(sender.send, large, { inFlight: 4, seconds: 240, requests: fill });
      sender.close();
      stored += fill * FILL_SPANS;
      await drained(product);
      if (fill > 0) await delay(SETTLE_MS);
      const measured = await measure(4);
      byStored.push({ spans: stored, ...measured });
      line(`${grouped(stored)} spans`, measured);
      stored += measured.acknowledged * seconds;
    }
    return { name: 'growth', bySenders, byStored };
  } finally {
    await product.stop();
  }
}
