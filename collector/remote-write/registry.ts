import { fingerprint } from '#core/fingerprint.js';
import type { UnixMs } from '#core/types.js';
import { MapColumn } from '#store/native.js';
import { hashText, type NewSeries } from '../new-series.js';
import type { Resource } from '../decode/resource.js';
import { EarlierSamples } from './earlier-samples.js';
import { HashTable } from './hash-table.js';
import { IdHash } from './id-hash.js';
import type { BodyLabels, Labels } from './labels.js';
import { PromSeries } from './prom-series.js';
import { RecentTimes } from './recent-times.js';
import type { Refusal } from './refusal.js';

const FORGET_MS = 3_600_000;
/** Least time between two searches for forgotten series, which walk all of them. */
const SWEEP_MS = 60_000;
const MAX_RESOURCES = 20_000;

export interface Registry {
  readonly times: RecentTimes;
  readonly earlier: EarlierSamples;
  /** The series that these 64 bits of hash stand for; `labels` is asked when they are new. */
  find(low: number, high: number, now: UnixMs, labels: () => BodyLabels | Refusal): PromSeries | Refusal;
  /** The series of a label set. */
  resolve(name: string, labels: Labels['labels'], now: UnixMs): PromSeries | Refusal;
}

/** Every series that Prometheus senders have sent in the last hour, at most `maxSeries`. */
export function createRegistry({ maxSeries, newSeries }: { readonly maxSeries: number; readonly newSeries: NewSeries }): Registry {
  const times = new RecentTimes();
  const earlier = new EarlierSamples();
  /** Different encodings of one label set have hashes of their own. */
  const byHash = new HashTable<PromSeries>();
  const byId = new HashTable<PromSeries>();
  const resources = new Map<string, Resource>();
  let sweptAt = 0;

  function add(low: number, high: number, job: string, instance: string, keys: readonly string[], hashes: readonly number[], now: UnixMs): PromSeries | Refusal {
    if (!hasRoom(now)) return { code: 'series_limit', reason: `more than ${maxSeries} series` };
    const { refused, warning } = newSeries.admit(job, 1, keys, hashes);
    if (refused !== undefined) return { code: 'source_series', reason: refused, resource: resourceOf(job, instance) };
    const made = new PromSeries(low, high, resourceOf(job, instance), times.take());
    made.seenAt = now;
    made.warning = warning;
    // The newest last: they are the ones to be remembered, and to be sent again.
    for (const timeMs of earlier.timesOf(low, high, now).toSorted((a, b) => a - b)) times.add(made, timeMs);
    byId.set(low, high, made);
    return made;
  }

  function resolve(name: string, labels: Labels['labels'], now: UnixMs): PromSeries | Refusal {
    const id = new IdHash();
    id.set(fingerprint(labels, name));
    const [low, high] = [id.low >>> 0, id.high >>> 0];
    return byId.get(low, high) ?? add(low, high, labels['job'] ?? '', labels['instance'] ?? '', Object.keys(labels), Object.values(labels).map(hashText), now);
  }

  function hasRoom(now: UnixMs): boolean {
    if (byId.size >= maxSeries && now - sweptAt >= SWEEP_MS) {
      sweptAt = now;
      // Forgotten series are still under their hashes; the others find their way back.
      byHash.clear();
      const all = byId.values();
      byId.clear();
      for (const series of all) {
        // One of its parts may be forgotten, and its slot another's.
        series.parts = [];
        series.shape = undefined;
        if (series.seenAt >= now - FORGET_MS) byId.set(series.low, series.high, series);
        else times.release(series.slot);
      }
    }
    return byId.size < maxSeries;
  }

  /** Series of one target share its resource, which says what OpenTelemetry's own Prometheus receiver would say. */
  function resourceOf(job: string, instance: string): Resource {
    const key = `${job}\u0000${instance}`;
    const known = resources.get(key);
    if (known) return known;
    if (resources.size >= MAX_RESOURCES) resources.clear();
    const record: Record<string, string> = { ...(job !== '' && { 'service.name': job }), ...(instance !== '' && { 'service.instance.id': instance }) };
    const attributes = new MapColumn('');
    for (const [name, value] of Object.entries(record)) {
      attributes.keys.push(name);
      attributes.values.push(value);
    }
    const made: Resource = { attributes, record, service: job, named: true, sdk: '', schemaUrl: '', size: attributes.size + job.length };
    resources.set(key, made);
    return made;
  }

  return {
    times,
    earlier,
    resolve,
    find(low, high, now, labels) {
      const known = byHash.get(low, high);
      if (known) {
        known.seenAt = now;
        return known;
      }
      const read = labels();
      if ('reason' in read) return read;
      const series = byId.get(read.low, read.high) ?? add(read.low, read.high, read.valueOf('job'), read.valueOf('instance'), read.keys, read.hashes, now);
      if (!(series instanceof PromSeries)) return series;
      series.seenAt = now;
      if (byHash.size >= 2 * maxSeries) byHash.clear();
      byHash.set(low, high, series);
      return series;
    },
  };
}
