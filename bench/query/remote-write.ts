import protobuf from 'protobufjs';
import { compress } from 'snappy';
import { REMOTE_WRITE_HEADERS, writeSeries } from '../ingest/remote-write-bodies.js';
import { scrapeTime, type BenchSeries } from './series.js';

/** Samples per series in one request. */
export const DEPTH = 40;
const SERIES_PER_REQUEST = 250;

export interface WriteTarget {
  readonly name: string;
  /** `…/api/v1/write` */
  readonly url: string;
}

export interface Written {
  /** Samples that went to each target. */
  readonly samples: number;
  /** Milliseconds until each target, by name, had taken them. */
  readonly ms: Readonly<Record<string, number>>;
}

/** Sends scrapes [from, to) of every series to each target in turn as Prometheus remote write 1.0, the same bytes to all. Rejects when one refuses. */
export async function writeScrapes(targets: readonly WriteTarget[], series: readonly BenchSeries[], start: number, from: number, to: number): Promise<Written> {
  let samples = 0;
  const ms = Object.fromEntries(targets.map(({ name }) => [name, 0]));
  for (let first = from; first < to; first += DEPTH) {
    const last = Math.min(first + DEPTH, to);
    for (let at = 0; at < series.length; at += SERIES_PER_REQUEST) {
      const some = series.slice(at, at + SERIES_PER_REQUEST);
      const body = await compress(Buffer.from(encode(some, start, first, last)));
      for (const target of targets) {
        const began = performance.now();
        await post(target, body);
        ms[target.name] = (ms[target.name] ?? 0) + performance.now() - began;
      }
      samples += some.length * (last - first);
    }
  }
  return { samples, ms };
}

async function post({ name, url }: WriteTarget, body: Buffer): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const response = await fetch(url, { method: 'POST', headers: REMOTE_WRITE_HEADERS, body: new Uint8Array(body) });
    if (response.ok) return void (await response.arrayBuffer());
    const text = await response.text();
    if (response.status !== 429 && response.status !== 503) throw new Error(`${name} refused samples with ${response.status}: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${name} took no samples for ten seconds`);
}

function encode(series: readonly BenchSeries[], start: number, from: number, to: number): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const one of series) writeSeries(writer, one.labels, Array.from({ length: to - from }, (_, offset) => [scrapeTime(start, from + offset, one), one.next(from + offset)] as const));
  return writer.finish();
}
