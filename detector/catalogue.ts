import { setImmediate } from 'node:timers/promises';
import { seriesOf } from '#core/series.js';
import type { Series } from '#core/types.js';
import type { Store } from '#store/store.js';
import { SAMPLES_WITHIN } from '#store/within.js';
import { hostOf, type Placed } from './hosts.js';
import { IdIndex } from './id-index.js';
import { type Measuring, systemOf } from './systems.js';
import { workloadOf, type Scheduled } from './workloads.js';

/** What a stored metric series is to the detector: nothing is stored of it yet; it is ignored; it only shows that its service is there; a value, a counter, half of a histogram or summary, or a sum of deltas that may fall. */
export const ROLE = { unknown: 0, ignored: 1, unwatched: 2, value: 3, counter: 4, count: 5, sum: 6, change: 7 } as const;

/** What is stored of metric series by the number of their ids, as columns: they are looked at for every sample. */
export interface Described {
  /** Of ROLE. */
  readonly roles: Uint8Array;
  /** Place of the series that its values belong to; -1 for none. Two stored series may be the same one to the detector. */
  readonly targets: Int32Array;
  /** Place of the series of sum by count; -1 for none. */
  readonly means: Int32Array;
  /** Which of `services` sends it. */
  readonly services: Uint32Array;
}

/** What is stored of metric series, read once and again when it was written since. */
export interface Catalogue {
  /** How many ids have a number. */
  size(): number;
  /** The number of an id, in halves; without one it is given one when `adding`, or -1. */
  numberOf(low: number, high: number, adding: boolean): number;
  /** Until more ids are numbered or described. */
  described(): Described;
  readonly services: readonly string[];
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
/** What Prometheus adds about its scraping of a target, not about the target; `up` is, and is not among them. */
const SCRAPES: ReadonlySet<string> = new Set(['scrape_duration_seconds', 'scrape_samples_scraped', 'scrape_samples_post_metric_relabeling', 'scrape_series_added', 'scrape_timeout_seconds', 'scrape_sample_limit', 'scrape_body_size_bytes']);
/** Ids in one statement. */
const LISTED = 2_000;
/** Lines that are parsed without a pause. */
const SLICE = 500;
const HOST = "if(resource['k8s.node.name'] != '', resource['k8s.node.name'], resource['host.name'])";
const WORKLOAD = `coalesce(${['deployment', 'statefulset', 'daemonset', 'cronjob', 'job'].map((kind) => `nullIf(resource['k8s.${kind}.name'], '')`).join(', ')}, '')`;

export function createCatalogue(store: Store, ignored: readonly string[]): Catalogue {
  const ids = new IdIndex();
  let described = columns(1024);
  const services: string[] = [];
  const serviceNumbers = new Map<string, number>();
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
    serviceNumbers.clear();
    services.length = targets.length = seenAt.length = 0;
    described.roles.fill(ROLE.unknown);
  }

  function numberOf(low: number, high: number, adding: boolean): number {
    const found = ids.find(low, high);
    if (found !== -1 || !adding) return found;
    seenAt.push(0);
    const number = ids.add(low, high);
    if (number === described.roles.length) described = columns(2 * number, described);
    return number;
  }

  function numberOfService(service: string): number {
    const known = serviceNumbers.get(service) ?? services.length;
    if (known === services.length) {
      services.push(service);
      serviceNumbers.set(service, known);
    }
    return known;
  }

  function put(number: number, role: (typeof ROLE)[keyof typeof ROLE], target = -1, mean = -1): void {
    described.roles[number] = role;
    described.targets[number] = target;
    described.means[number] = mean;
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

  function describeOne(number: number, stored: Stored): void {
    const { name, type, unit, service, labels, temporality } = stored;
    described.services[number] = numberOfService(service);
    if (ignored.includes(service)) return put(number, ROLE.ignored);
    // What reports a host, a pod or a database is not what it is about.
    const subject = hostOf(stored) ?? workloadOf(stored) ?? systemOf(stored) ?? service;
    if (name.endsWith('_bucket') || type === 'exponential_histogram' || SCRAPES.has(name)) return put(number, ROLE.unwatched);
    const rate = (): number => placeOf(seriesOf('metric', subject, '', name, `${unit === '' ? '1' : unit}/s`, labels));
    // Its level is what was added since the collector began, which says nothing.
    if (type === 'gauge' && temporality === 'delta') return put(number, ROLE.change, rate());
    if (type !== 'counter') return put(number, ROLE.value, placeOf(seriesOf('metric', subject, '', name, unit, labels)));
    const part = /^(.+)_(count|sum)$/.exec(name);
    if (!part) return put(number, ROLE.counter, rate());
    const mean = placeOf(seriesOf('metric', subject, '', `${part[1]}_mean`, unit, labels));
    if (part[2] === 'sum') return put(number, ROLE.sum, -1, mean);
    return put(number, ROLE.count, placeOf(seriesOf('metric', subject, '', name, '1/s', labels)), mean);
  }

  /** In the order in which samples are stored, so that their numbers follow each other. Whole lines are parsed some at a time: there may be hundreds of thousands. */
  async function read(condition: string, params: Readonly<Record<string, unknown>>): Promise<void> {
    const bytes = await store.queryBytes(`SELECT toString(stored.id) AS id, name, type, unit, temporality, service, labels, host, workload, pod, sdk FROM (SELECT id, name, type, unit, temporality, service, labels, ${HOST} AS host, ${WORKLOAD} AS workload, resource['k8s.pod.name'] AS pod, resource['telemetry.sdk.name'] AS sdk FROM metric_series WHERE ${condition} ORDER BY last_seen DESC LIMIT 1 BY metric_series.id) AS stored ORDER BY stored.id`, 'JSONEachRow', { params, timeoutSeconds: 120 });
    let lines = 0;
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(0x0a, at);
      const stored = JSON.parse(bytes.toString('utf8', at, end === -1 ? bytes.length : end)) as Stored;
      const id = BigInt(stored.id);
      describeOne(numberOf(Number(id & 0xffff_ffffn), Number(id >> 32n), true), stored);
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
    described: () => described,
    services,
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
      const { roles, targets: own, means } = described;
      for (let number = 0; number < ids.size; number += 1) if (roles[number] !== ROLE.unknown && (isWanted(own[number] ?? -1) || isWanted(means[number] ?? -1))) found[roles[number] === ROLE.value ? 'values' : 'counters'].push(ids.idOf(number));
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

function columns(length: number, before?: Described): Described {
  const made = { roles: new Uint8Array(length), targets: new Int32Array(length), means: new Int32Array(length), services: new Uint32Array(length) };
  if (before) {
    made.roles.set(before.roles);
    made.targets.set(before.targets);
    made.means.set(before.means);
    made.services.set(before.services);
  }
  return made;
}

interface Stored extends Placed, Scheduled, Measuring {
  readonly id: string;
  readonly type: string;
  readonly unit: string;
  readonly temporality: string;
}
