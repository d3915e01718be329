import { setImmediate } from 'node:timers/promises';
import { describedIn, type DescribedRows } from '#store/described.js';
import type { Store } from '#store/store.js';
import type { Condition } from './conditions.js';
import { MetricSeries } from './metric-series.js';
import { rowsOfSeries, SERIES_COLUMNS, type SeriesRow, type StoredSeries } from './series-rows.js';
import { reading } from './store-errors.js';

/** Series that are remembered; about half a kilobyte each. */
const MAX_SERIES = 300_000;
/** Names that were asked about and are not there count too. */
const MAX_METRICS = 30_000;
/** A metric of more series is matched in the store. */
const MAX_METRIC = 100_000;
/** Ids that fit into a statement; more are looked up by the matchers. */
export const MAX_LISTED = 1_000;
/** All series are looked through once nothing new came for so long, but not later than this, and for at most this share of the time. */
const QUIET_MS = 5_000;
const SURVEY_WITHIN_MS = 60_000;
const SURVEY_SHARE = 0.05;
/** Series that are looked at in the background without a pause. */
const SURVEY_SLICE = 4_096;
/** What `metric_series` calls a native histogram. */
const NATIVE = 'exponential_histogram';
/** Ids, and whether they are native histograms. */
const IDS = `id, max(toUInt8(type = '${NATIVE}'))`;
const ID_BYTES = 9;

/** Series that meet a condition, as they were at a time that `mark` tells. */
export interface Matching {
  readonly mark: number;
  readonly series: readonly StoredSeries[];
  /** Whether any of them may be a native histogram. */
  readonly native: boolean;
}

/** The series that are stored, as far as they were read, or written since. */
export interface KnownSeries {
  /** The series of one metric as they are now; undefined when they are too many. */
  ofMetric(name: string, timeoutSeconds: number): Promise<MetricSeries | undefined>;
  /** Those that meet a condition now; undefined when they are more than `most`. */
  matching(condition: Condition, most: number, timeoutSeconds: number): Promise<Matching | undefined>;
  /** Whether it is heard of what is written: what was read is not kept otherwise. */
  readonly hears: boolean;
  /** Whether no series came since, or, of `sightings`, none was seen again either. */
  isCurrent(mark: number, what: 'series' | 'sightings'): boolean;
}

/** `cleared` is called when all that was known is forgotten, to make room. */
export function createKnownSeries(store: Store, cleared: () => void): KnownSeries {
  const log = store.changes;
  let metrics = new Map<string, MetricSeries>();
  let texts = new Map<string, string>();
  let size = 0;
  /** Changes of the store that were heard of, and the last that brought something new, or what nobody knows. */
  let heard = 0;
  let newsAt = 0;
  let unknownAt = 0;
  let surveyTimer: NodeJS.Timeout | undefined;
  let nextSurveyAt = 0;
  let surveyBy: number | undefined;

  const intern = (text: string): string => {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  };

  function makeRoom(): void {
    if (size <= MAX_SERIES && metrics.size <= MAX_METRICS) return;
    [metrics, texts, size] = [new Map(), new Map(), 0];
    cleared();
  }

  function metricOf(name: string): MetricSeries {
    const known = metrics.get(name) ?? new MetricSeries();
    metrics.set(name, known);
    return known;
  }

  /** Notes what a row says, and puts its series among those of its metric in `seen`. */
  function noteRow(row: SeriesRow, seen: Map<string, Set<StoredSeries>>): void {
    const metric = metricOf(row.name);
    let one = metric.find(row.low, row.high);
    if (!one) {
      metric.add((one = row.series()));
      size += 1;
    }
    metric.native ||= row.native;
    const present = seen.get(row.name);
    if (present) present.add(one);
    else seen.set(row.name, new Set([one]));
  }

  /** Notes what rows say, and returns the series of each metric in them. */
  function note(bytes: Buffer): Map<string, Set<StoredSeries>> {
    const seen = new Map<string, Set<StoredSeries>>();
    for (const row of rowsOfSeries(bytes, intern)) noteRow(row, seen);
    return seen;
  }

  const read = (columns: string, where: string, params: Readonly<Record<string, string>>, timeoutSeconds: number): Promise<Buffer> => reading(() => store.queryBytes(`SELECT ${columns} FROM metric_series WHERE ${where}`, 'RowBinary', { params, timeoutSeconds }));

  async function ofMetric(name: string, timeoutSeconds: number): Promise<MetricSeries | undefined> {
    const kept = metrics.get(name);
    if (log && kept && kept.mark >= Math.max(kept.changedAt, unknownAt)) return kept;
    makeRoom();
    const own = metrics;
    // What comes of it while it is read is new.
    metricOf(name);
    const mark = heard;
    const where = 'name = {name:String}';
    const ids = await read(IDS, `${where} GROUP BY id LIMIT ${MAX_METRIC + 1}`, { name }, timeoutSeconds);
    if (ids.length > MAX_METRIC * ID_BYTES) return undefined;
    const isKnown = (at: number): boolean => metrics.get(name)?.find(ids.readUInt32LE(at), ids.readUInt32LE(at + 4)) !== undefined;
    const fresh: string[] = [];
    for (let at = 0; at < ids.length; at += ID_BYTES) if (!isKnown(at)) fresh.push(String(ids.readBigUInt64LE(at)));
    if (fresh.length > 0) note(await read(SERIES_COLUMNS, fresh.length <= MAX_LISTED ? `${where} AND id IN (${fresh.join()})` : where, { name }, timeoutSeconds));
    // Another query has made room meanwhile: what was known is gone.
    if (own !== metrics) return ofMetric(name, timeoutSeconds);
    const metric = metricOf(name);
    const present = new Set<StoredSeries>();
    for (let at = 0; at < ids.length; at += ID_BYTES) {
      const one = metric.find(ids.readUInt32LE(at), ids.readUInt32LE(at + 4));
      if (one) present.add(one);
      metric.native ||= ids[at + 8] === 1;
    }
    // Meanwhile another query, or the survey, may have learned more.
    if (mark < metric.mark) return metric;
    metric.settle(present);
    metric.mark = mark;
    return metric;
  }

  async function matching({ sql, params }: Condition, most: number, timeoutSeconds: number): Promise<Matching | undefined> {
    makeRoom();
    const mark = heard;
    const ids = await read(IDS, `${sql} GROUP BY id LIMIT ${most + 1}`, params, timeoutSeconds);
    if (ids.length > most * ID_BYTES) return undefined;
    const seen = ids.length === 0 ? [] : [...note(await read(SERIES_COLUMNS, sql, params, timeoutSeconds))];
    return { mark, series: seen.flatMap(([, some]) => [...some]), native: seen.some(([name]) => metrics.get(name)?.native) };
  }

  /** Everything at once, in the background, so that a metric that was never asked about is known as well. */
  async function survey(): Promise<void> {
    const mark = heard;
    const began = performance.now();
    const [row] = await store.query<{ rows: string }>('SELECT count() AS rows FROM metric_series');
    if (Number(row?.rows ?? 0) <= MAX_SERIES) {
      const own = metrics;
      const seen = new Map<string, Set<StoredSeries>>();
      let rows = 0;
      for (const series of rowsOfSeries(await read(SERIES_COLUMNS, '1', {}, 60), intern)) {
        if ((rows += 1) % SURVEY_SLICE === 0) await setImmediate();
        if (own !== metrics) break;
        noteRow(series, seen);
      }
      for (const [name, metric] of own === metrics ? metrics : []) {
        if (metric.mark > mark) continue;
        metric.settle(seen.get(name) ?? new Set());
        metric.mark = mark;
      }
    }
    nextSurveyAt = performance.now() + (performance.now() - began) / SURVEY_SHARE;
  }

  /** New series come in floods: what is read while one lasts would be read again. */
  function surveySoon(): void {
    const now = performance.now();
    surveyBy ??= now + SURVEY_WITHIN_MS;
    clearTimeout(surveyTimer);
    surveyTimer = setTimeout(() => {
      surveyBy = undefined;
      // Queries ask by themselves, and say when the store fails.
      survey().catch(() => undefined);
    }, Math.max(nextSurveyAt, Math.min(now + QUIET_MS, surveyBy)) - now).unref();
  }

  /** Series are described again and again while they live: that says nothing new. */
  function hear(blocks: Buffer | undefined): void {
    heard += 1;
    try {
      if (blocks === undefined) unknownAt = heard;
      else for (const rows of describedIn(blocks)) learn(rows);
    } catch {
      unknownAt = heard;
    }
    if (unknownAt === heard) newsAt = heard;
    if (newsAt === heard) surveySoon();
  }

  function learn({ rows, ids, names, types }: DescribedRows): void {
    const named = names.texts.map(metricOf);
    const native = types.texts.indexOf(NATIVE);
    for (let row = 0; row < rows; row += 1) {
      const metric = named[names.numbers[row] ?? 0];
      if (!metric || metric.changedAt === heard) continue;
      if (metric.has(ids[row * 2] ?? 0, ids[row * 2 + 1] ?? 0) && (metric.native || types.numbers[row] !== native)) continue;
      metric.changedAt = heard;
      newsAt = heard;
    }
  }

  log?.follow('metric_series', hear);
  if (log) surveySoon();

  return { ofMetric, matching, hears: log !== undefined, isCurrent: (mark, what) => log !== undefined && mark >= (what === 'series' ? newsAt : heard) };
}
