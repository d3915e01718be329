import { HashTable } from '#core/hash-table.js';
import { seriesId } from '#core/series-id.js';
import type { UnixMs } from '#core/types.js';
import { MapColumn } from '#store/native.js';
import { hashText, type NewSeries } from '../new-series.js';
import type { Resource } from '../decode/resource.js';
import { EarlierSamples } from './earlier-samples.js';
import type { BodyLabels, Labels } from './labels.js';
import { RecentTimes } from './recent-times.js';
import type { Refusal } from './refusal.js';
import { NO_TARGET, SeriesTable } from './series-table.js';

const FORGET_MS = 3_600_000;
/** Least time between two searches for forgotten series, which walk all of them. */
const SWEEP_MS = 60_000;
const MAX_RESOURCES = 20_000;

export interface Registry {
  readonly series: SeriesTable;
  readonly times: RecentTimes;
  readonly earlier: EarlierSamples;
  /** Since when: what was stored before is not known. */
  readonly begunMs: UnixMs;
  /** The row of the series that these 64 bits of hash stand for; `labels` is asked when they are new. */
  find(low: number, high: number, now: UnixMs, labels: () => BodyLabels | Refusal): number | Refusal;
  /** The row of the series of a label set. */
  resolve(name: string, labels: Labels['labels'], now: UnixMs): number | Refusal;
  /** Nothing of the series is known to be stored. */
  forget(row: number): void;
}

/** Every series that Prometheus senders have sent in the last hour, at most `maxSeries`. */
export function createRegistry({ maxSeries, newSeries }: { readonly maxSeries: number; readonly newSeries: NewSeries }, begunMs: UnixMs): Registry {
  const series = new SeriesTable();
  const times = new RecentTimes();
  const earlier = new EarlierSamples();
  /** Different encodings of one label set have hashes of their own. */
  const byHash = new HashTable();
  const byId = new HashTable();
  const resources = new Map<string, Resource>();
  let sweptAt = 0;
  /** Of the series before. */
  let last = 0;

  function add(low: number, high: number, job: string, instance: string, keys: readonly string[], hashes: ArrayLike<number>, now: UnixMs): number | Refusal {
    if (!hasRoom(now)) return { code: 'series_limit', reason: `more than ${maxSeries} series` };
    const { refused, warning } = newSeries.admit(job, 1, keys, hashes);
    const resource = resourceOf(job, instance);
    if (refused !== undefined) return { code: 'source_series', reason: refused, resource };
    const row = series.add(low, high, resource);
    times.forget(row);
    series.seenAt[row] = now;
    if (warning !== undefined) series.warnings.set(row, warning);
    // The newest last: they are the ones to be remembered, and to be sent again.
    for (const timeMs of earlier.timesOf(low, high, now).toSorted((a, b) => a - b)) times.add(row, timeMs);
    byId.set(low, high, row);
    return row;
  }

  function resolve(name: string, labels: Labels['labels'], now: UnixMs): number | Refusal {
    const id = seriesId(name, labels);
    const [low, high] = [Number(id & 0xffff_ffffn), Number(id >> 32n)];
    const known = byId.get(low, high);
    if (known < 0) return add(low, high, labels['job'] ?? '', labels['instance'] ?? '', Object.keys(labels), Object.values(labels).map(hashText), now);
    series.seenAt[known] = now;
    return known;
  }

  function hasRoom(now: UnixMs): boolean {
    if (byId.size >= maxSeries && now - sweptAt >= SWEEP_MS) {
      sweptAt = now;
      // Forgotten series are still under their hashes; the others find their way back.
      byHash.clear();
      const all = byId.values();
      byId.clear();
      // One of the parts may be forgotten, and its row another's.
      series.parts.clear();
      for (const row of all) {
        if ((series.seenAt[row] ?? 0) >= now - FORGET_MS) byId.set(series.low[row] ?? 0, series.high[row] ?? 0, row);
        else series.release(row);
      }
    }
    return byId.size < maxSeries;
  }

  /** Of the series before: those of one target come in a row. */
  let target = { job: '', instance: '', resource: NO_TARGET };

  /** Series of one target share its resource, which says what OpenTelemetry's own Prometheus receiver would say. */
  function resourceOf(job: string, instance: string): Resource {
    if (target.job !== job || target.instance !== instance || target.resource === NO_TARGET) target = { job, instance, resource: knownResource(job, instance) };
    return target.resource;
  }

  function knownResource(job: string, instance: string): Resource {
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
    series,
    times,
    earlier,
    begunMs,
    resolve,
    forget(row) {
      for (const each of [row, ...(series.parts.get(row)?.rows ?? [])]) {
        series.forget(each);
        times.forget(each);
      }
    },
    find(low, high, now, labels) {
      const next = last + 1;
      let row = series.hashLow[next] === low && series.hashHigh[next] === high ? next : byHash.get(low, high);
      if (row < 0) {
        const read = labels();
        if ('reason' in read) return read;
        const known = byId.get(read.low, read.high);
        const found = known < 0 ? add(read.low, read.high, read.job, read.instance, read.keys, read.hashes, now) : known;
        if (typeof found !== 'number') return found;
        row = found;
        if (byHash.size >= 2 * maxSeries) byHash.clear();
        byHash.set(low, high, row);
      }
      series.hashLow[row] = low;
      series.hashHigh[row] = high;
      series.seenAt[row] = now;
      last = row;
      return row;
    },
  };
}
