import protobuf from 'protobufjs';
import { compress } from 'snappy';
import { scrapeTime, type BenchSeries } from './series.js';

const { Writer } = protobuf;
const LENGTH = 2;
const DOUBLE = 1;
const tag = (field: number, wire: number): number => (field << 3) | wire;

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
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' };
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
    if (response.ok) return void (await response.arrayBuffer());
    const text = await response.text();
    if (response.status !== 429 && response.status !== 503) throw new Error(`${name} refused samples with ${response.status}: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${name} took no samples for ten seconds`);
}

function encode(series: readonly BenchSeries[], start: number, from: number, to: number): Uint8Array {
  const writer = Writer.create();
  for (const one of series) {
    writer.uint32(tag(1, LENGTH)).fork();
    for (const [name, value] of one.labels) writer.uint32(tag(1, LENGTH)).fork().uint32(tag(1, LENGTH)).string(name).uint32(tag(2, LENGTH)).string(value).ldelim();
    for (let index = from; index < to; index += 1) writer.uint32(tag(2, LENGTH)).fork().uint32(tag(1, DOUBLE)).double(one.next(index)).uint32(tag(2, 0)).int64(scrapeTime(start, index, one)).ldelim();
    writer.ldelim();
  }
  return writer.finish();
}
