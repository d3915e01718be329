import { setTimeout as delay } from 'node:timers/promises';
import { startProduct } from '../product.js';
import { NO_PROMETHEUS, startPrometheus } from '../prometheus.js';
import { drained, grouped, median } from '../report.js';
import type { Body } from './bodies.js';
import { REMOTE_WRITE_HEADERS, remoteWriteBodies } from './remote-write-bodies.js';
import { overHttp, type Send } from './send.js';

const SERIES = 100_000;
const KNOWN_ROUNDS = 9;
const CONNECTIONS = 4;
const STEP_MS = 15_000;
/** What a process does when it starts is not of the receiver. */
const SETTLE_MS = 5_000;
const TARGET = 1.5;
const CPU = 'process_cpu_seconds_total';

/** Samples a second of one receiver, over all of a round, and processor time. */
interface Rates {
  readonly fresh: number;
  readonly known: number;
  /** Over all rounds. */
  readonly all: number;
  /** Microseconds of processor time a sample, over all rounds, until everything is stored. */
  readonly cpuMicros: number;
}

/** The same requests, byte for byte, to Faultline and to Prometheus, in turn, each time in a new process: one round of series that are new and then rounds of known ones, over four connections. */
export async function remoteWrite(runs: number): Promise<object> {
  const faultline: Rates[] = [];
  const prometheus: Rates[] = [];
  for (let run = 0; run < runs; run += 1) {
    const now = Date.now();
    const rounds = Array.from({ length: 1 + KNOWN_ROUNDS }, (_, round) => remoteWriteBodies(SERIES, now - (KNOWN_ROUNDS - round) * STEP_MS, (series) => round * (series % 97)));
    const product = await startProduct({});
    try {
      faultline.push(await measure(`${product.otlpHttpUrl}/api/v1/write`, rounds, () => product.metric(CPU), () => drained(product)));
    } finally {
      await product.stop();
    }
    const peer = await startPrometheus();
    if (!peer) continue;
    try {
      prometheus.push(await measure(`${peer.url}/api/v1/write`, rounds, () => peer.metric(CPU), () => Promise.resolve()));
    } finally {
      await peer.stop();
    }
  }
  console.log(`\nremote write 1.0, ${grouped(SERIES)} series of 8 labels, ${CONNECTIONS} connections`);
  const of = (rates: readonly Rates[], what: keyof Rates): number => median(rates.map((each) => each[what]));
  const line = (name: string, rates: readonly Rates[]): void => console.log(`  ${name.padEnd(11)} ${grouped(of(rates, 'fresh'))} samples/s of new series, ${grouped(of(rates, 'known'))} of known ones, ${grouped(of(rates, 'all'))} over all ${1 + KNOWN_ROUNDS} rounds; ${of(rates, 'cpuMicros').toFixed(1)} µs of processor a sample`);
  line('Faultline', faultline);
  if (prometheus.length === 0) console.log(`  ${NO_PROMETHEUS}`);
  else {
    line('Prometheus', prometheus);
    const ratio = (what: 'fresh' | 'known' | 'all'): string => `${(of(faultline, what) / of(prometheus, what)).toFixed(2)} ×`;
    console.log(`  ratio       ${ratio('fresh')} for new series, ${ratio('known')} for known ones, ${ratio('all')} over all (target ${TARGET} ×); Faultline syncs to disk before it answers, Prometheus does not`);
  }
  return { name: 'remote write', series: SERIES, faultline, prometheus };
}

/** Each connection has requests of its own, in order: the samples of a series must not overtake each other. */
async function measure(url: string, rounds: readonly (readonly Body[])[], cpuSeconds: () => Promise<number>, settled: () => Promise<void>): Promise<Rates> {
  const sender = overHttp(url, CONNECTIONS, REMOTE_WRITE_HEADERS);
  await sender.send({ bytes: Buffer.from([0]), items: 0 });
  await delay(SETTLE_MS);
  const cpu = await cpuSeconds();
  try {
    const began = performance.now();
    await sendRound(sender.send, rounds[0] ?? []);
    const known = performance.now();
    for (const round of rounds.slice(1)) await sendRound(sender.send, round);
    const ended = performance.now();
    await settled();
    return { fresh: SERIES / ((known - began) / 1000), known: (SERIES * KNOWN_ROUNDS) / ((ended - known) / 1000), all: (SERIES * rounds.length) / ((ended - began) / 1000), cpuMicros: (((await cpuSeconds()) - cpu) / (SERIES * rounds.length)) * 1e6 };
  } finally {
    sender.close();
  }
}

async function sendRound(send: Send, bodies: readonly Body[]): Promise<void> {
  const lane = async (first: number): Promise<void> => {
    for (let at = first; at < bodies.length; at += CONNECTIONS) {
      const body = bodies[at];
      if (body) await send(body);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, first) => lane(first)));
}
