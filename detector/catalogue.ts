import { setImmediate } from 'node:timers/promises';
import { seriesOf } from '#core/series.js';
import type { Series } from '#core/types.js';
import type { Store } from '#store/store.js';
import { SAMPLES_WITHIN } from '#store/within.js';
import { hostOf, type Placed } from './hosts.js';
import { IdIndex } from './id-index.js';

/** What a stored metric series is to the detector. */
export interface Described {
  readonly service: string;
  /** `unwatched` only shows that its service is there; `count` and `sum` are halves of a histogram or summary. */
  readonly role: 'ignored' | 'unwatched' | 'value' | 'counter' | 'count' | 'sum';
  /** Place of the series that its values belong to; -1 for none. Two stored series may be the same one to the detector. */
  readonly target: number;
  /** Place of the series of sum by count; -1 for none. */
  readonly mean: number;
}

/** What is stored of metric series, read once and again when it was written since. */
export interface Catalogue {
  /** How many ids have a number. */
  size(): number;
  /** The number of an id, in halves; without one it is given one when `adding`, or -1. */
  numberOf(low: number, high: number, adding: boolean): number;
  /** By the number of an id; undefined while nothing is stored of it. */
  readonly described: readonly (Described | undefined)[];
  /** Series by their place. */
  readonly targets: readonly Series[];
  /** For each of them, that it has no place elsewhere yet: -1. */
  noPlaces(): Int32Array;
  /** Counts how often everything was forgotten: numbers and places are others since. */
  generation(): number;
  /** Notes that a series had a sample, epoch milliseconds. */
  see(number: number, at: number): void;
  /** Reads of the ids with these numbers what is stored. */
  describe(numbers: readonly number[]): Promise<void>;
  /** Reads what is stored of all series that had samples in a time, epoch seconds. */
  describeSampled(from: number, to: number): Promise<void>;
  /** Ids of what is stored of these series: of plain values, and of what counts. */
  storedOf(wanted: ReadonlySet<string>): { readonly values: readonly bigint[]; readonly counters: readonly bigint[] };
  /** Call now and then with the time of the telemetry, epoch milliseconds. */
  refresh(now: number): Promise<void>;
}

const REFRESH_MS = 600_000;
/** How far the clocks of what writes and what reads may be apart. */
const CLOCKS_MS = 60_000;
/** A series unseen for so long counts as gone. */
const FORGET_MS = 3_600_000;
/** So many that are gone are remembered all the same. */
const SPARE = 10_000;
/** Ids in one statement. */
const LISTED = 2_000;
/** Lines that are parsed without a pause. */
const SLICE = 500;
const HOST = "if(resource['k8s.node.name'] != '', resource['k8s.node.name'], resource['host.name'])";
const IGNORED: Described = { service: '', role: 'ignored', target: -1, mean: -1 };

export function createCatalogue(store: Store, ignored: readonly string[]): Catalogue {
  const ids = new IdIndex();
  const described: (Described | undefined)[] = [];
  const targets: Series[] = [];
  const places = new Map<string, number>();
  let refreshedAt = 0;
  let generation = 0;
  /** When each last had a sample, by number. */
  const seenAt: number[] = [];

  /** Series come and go: once most of what is remembered is gone, it is read anew as it is needed. */
  function forget(now: number): void {
    const alive = seenAt.reduce((count, at) => count + (now - at < FORGET_MS ? 1 : 0), 0);
    if (ids.size <= 2 * alive + SPARE) return;
    generation += 1;
    ids.clear();
    places.clear();
    described.length = targets.length = seenAt.length = 0;
  }

  function numberOf(low: number, high: number, adding: boolean): number {
    const found = ids.find(low, high);
    if (found !== -1 || !adding) return found;
    described.push(undefined);
    seenAt.push(0);
    return ids.add(low, high);
  }

  function placeOf(series: Series): number {
    const known = places.get(series.id);
    if (known !== undefined) {
      targets[known] = series;
      return known;
    }
    places.set(series.id, targets.length);
    return targets.push(series) - 1;
  }

  function roleOf(stored: Stored): Described {
    const { name, type, unit, service, labels } = stored;
    // What reports a host is not what it is about.
    const subject = hostOf(stored) ?? service;
    if (name.endsWith('_bucket') || type === 'exponential_histogram') return { service, role: 'unwatched', target: -1, mean: -1 };
    if (type !== 'counter') return { service, role: 'value', target: placeOf(seriesOf('metric', subject, '', name, unit, labels)), mean: -1 };
    const part = /^(.+)_(count|sum)$/.exec(name);
    if (!part) return { service, role: 'counter', target: placeOf(seriesOf('metric', subject, '', name, `${unit === '' ? '1' : unit}/s`, labels)), mean: -1 };
    const mean = placeOf(seriesOf('metric', subject, '', `${part[1]}_mean`, unit, labels));
    if (part[2] === 'sum') return { service, role: 'sum', target: -1, mean };
    return { service, role: 'count', target: placeOf(seriesOf('metric', subject, '', name, '1/s', labels)), mean };
  }

  /** In the order in which samples are stored, so that their numbers follow each other. Whole lines are parsed some at a time: there may be hundreds of thousands. */
  async function read(condition: string, params: Readonly<Record<string, unknown>>): Promise<void> {
    const bytes = await store.queryBytes(`SELECT toString(stored.id) AS id, name, type, unit, service, labels, host, sdk FROM (SELECT id, name, type, unit, service, labels, ${HOST} AS host, resource['telemetry.sdk.name'] AS sdk FROM metric_series WHERE ${condition} ORDER BY last_seen DESC LIMIT 1 BY metric_series.id) AS stored ORDER BY stored.id`, 'JSONEachRow', { params, timeoutSeconds: 120 });
    let lines = 0;
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(0x0a, at);
      const stored = JSON.parse(bytes.toString('utf8', at, end === -1 ? bytes.length : end)) as Stored;
      const id = BigInt(stored.id);
      described[numberOf(Number(id & 0xffff_ffffn), Number(id >> 32n), true)] = ignored.includes(stored.service) ? IGNORED : roleOf(stored);
      at = end === -1 ? bytes.length : end + 1;
      lines += 1;
      if (lines % SLICE === 0) await setImmediate();
    }
  }

  async function describe(numbers: readonly number[]): Promise<void> {
    for (let from = 0; from < numbers.length; from += LISTED) await read(`id IN (${numbers.slice(from, from + LISTED).map((number) => ids.idOf(number)).join()})`, {});
  }

  return {
    size: () => ids.size,
    numberOf,
    described,
    targets,
    noPlaces: () => new Int32Array(targets.length).fill(-1),
    generation: () => generation,
    see(number, at) {
      seenAt[number] = at;
    },
    describe,
    describeSampled: (from, to) => read(`id IN (SELECT series FROM metric_samples WHERE ${SAMPLES_WITHIN})`, { from, to }),
    storedOf(wanted) {
      const found: { values: bigint[]; counters: bigint[] } = { values: [], counters: [] };
      const isWanted = (place: number): boolean => wanted.has(targets[place]?.id ?? '');
      for (const [number, known] of described.entries()) if (known && (isWanted(known.target) || isWanted(known.mean))) found[known.role === 'value' ? 'values' : 'counters'].push(ids.idOf(number));
      return found;
    },
    async refresh(now) {
      if (now - refreshedAt < REFRESH_MS) return;
      const since = refreshedAt;
      refreshedAt = now;
      forget(now);
      // Metadata may come after the first samples.
      if (since > 0) await read('last_seen >= toDateTime({since:UInt32})', { since: Math.floor((since - CLOCKS_MS) / 1000) });
    },
  };
}

interface Stored extends Placed {
  readonly id: string;
  readonly type: string;
  readonly unit: string;
  readonly service: string;
}
