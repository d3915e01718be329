import { setImmediate } from 'node:timers/promises';
import { HashTable } from '#core/hash-table.js';
import { describedIn, type DescribedRows } from '#store/described.js';
import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Matcher } from '../ast.js';
import { createTurns } from '../eval/turns.js';
import { compareLabels, METRIC_NAME } from '../labels.js';
import { conditionOf, type Condition } from './conditions.js';
import { MetricSeries } from './metric-series.js';
import { rowsOfSeries, SERIES_COLUMNS, type SeriesRow, type StoredSeries } from './series-rows.js';
import { reading, tooManySeries } from './store-errors.js';
import type { SelectLimits } from '../source.js';

/** What a selector finds. The same object while it finds the same. */
export interface Selection {
  readonly where: string;
  readonly params: Readonly<Record<string, string>>;
  /** In the order of their labels. */
  readonly series: readonly StoredSeries[];
  /** Whether any of them may be a native histogram. */
  readonly native: boolean;
  /** The series of an id in halves. */
  find(low: number, high: number): StoredSeries | undefined;
}

const COLUMNS = { name: 'name', labels: 'labels' };
/** Series that are remembered; about half a kilobyte each. */
const MAX_SERIES = 300_000;
/** Names that were asked about and are not there count too. */
const MAX_METRICS = 30_000;
/** A metric of more series is matched in the store. */
const MAX_METRIC = 100_000;
/** Ids that fit into a statement; more are looked up by the matchers. */
const MAX_LISTED = 1_000;
const LIMIT_SELECTIONS = 1_000;
/** All series are looked through once nothing new came for so long, but not later than this, and for at most this share of the time. */
const QUIET_MS = 5_000;
const SURVEY_WITHIN_MS = 60_000;
const SURVEY_SHARE = 0.05;
/** `last_seen` is renewed every ten minutes, and clocks of senders are wrong. */
const SEEN_LATE_MS = 3_600_000;
/** What may have samples since a time is asked for in steps of this, so that a refresh finds the same. */
const SEEN_STEP_MS = 3_600_000;
/** Series that are looked at in the background without a pause. */
const SURVEY_SLICE = 4_096;
const ID_BYTES = 9;
/** What `metric_series` calls a native histogram. */
const NATIVE = 'exponential_histogram';

/** Which series a selector finds. Series of a metric are read once and matched here; when others of it were written since, only their ids are read again. */
export function createSeriesIndex(store: Store) {
  const log = store.changes;
  let metrics = new Map<string, MetricSeries>();
  let texts = new Map<string, string>();
  let size = 0;
  /** By the metric's current series, which are another array when they changed. */
  const selections = new Map<string, { readonly from: readonly StoredSeries[]; readonly selection: Selection }>();
  const unnamed = new Map<string, { readonly mark: number; readonly since: UnixMs | undefined; readonly selection: Selection }>();
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
    selections.clear();
    unnamed.clear();
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

  /** The series of one metric as they are now; undefined when they are too many. */
  async function metricNow(name: string, timeoutSeconds: number): Promise<MetricSeries | undefined> {
    const kept = metrics.get(name);
    if (log && kept && kept.mark >= Math.max(kept.changedAt, unknownAt)) return kept;
    makeRoom();
    const own = metrics;
    // What comes of it while it is read is new.
    metricOf(name);
    const mark = heard;
    const where = 'name = {name:String}';
    const ids = await read("id, max(toUInt8(type = 'exponential_histogram'))", `${where} GROUP BY id LIMIT ${MAX_METRIC + 1}`, { name }, timeoutSeconds);
    if (ids.length > MAX_METRIC * ID_BYTES) return undefined;
    const isKnown = (at: number): boolean => metrics.get(name)?.find(ids.readUInt32LE(at), ids.readUInt32LE(at + 4)) !== undefined;
    const fresh: string[] = [];
    for (let at = 0; at < ids.length; at += ID_BYTES) if (!isKnown(at)) fresh.push(String(ids.readBigUInt64LE(at)));
    if (fresh.length > 0) note(await read(SERIES_COLUMNS, fresh.length <= MAX_LISTED ? `${where} AND id IN (${fresh.join()})` : where, { name }, timeoutSeconds));
    // Another query has made room meanwhile: what was known is gone.
    if (own !== metrics) return metricNow(name, timeoutSeconds);
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

  function selectionOf(series: readonly StoredSeries[], native: boolean, { sql, params }: Condition): Selection {
    const listed = series.length > 0 && series.length <= MAX_LISTED;
    let found: Selection['find'] | undefined;
    return {
      series, native,
      where: listed ? `series IN (${series.map(({ id }) => id).join()})` : `series IN (SELECT id FROM metric_series WHERE ${sql})`,
      params: listed ? {} : params,
      find: (low, high) => (found ??= finder(series))(low, high),
    };
  }

  /** For selectors that do not say which metric, and metrics of very many series; undefined when they are too many. With `since`, only what was seen after it. */
  async function matchedInStore(key: string, matchers: readonly Matcher[], limits: SelectLimits, timeoutSeconds: number, since?: UnixMs): Promise<Selection | undefined> {
    const kept = unnamed.get(key);
    // That a known series is seen again is no news, but may bring it back.
    if (log && kept && kept.since === since && kept.mark >= (since === undefined ? newsAt : heard)) return kept.selection;
    makeRoom();
    const mark = heard;
    const condition = since === undefined ? conditionOf(matchers, COLUMNS) : seenSince(since, conditionOf(matchers, COLUMNS));
    const { sql, params } = condition;
    const ids = await read("id, max(toUInt8(type = 'exponential_histogram'))", `${sql} GROUP BY id LIMIT ${limits.maxSeries + 1}`, params, timeoutSeconds);
    if (ids.length > limits.maxSeries * ID_BYTES) return undefined;
    const seen = ids.length === 0 ? [] : [...note(await read(SERIES_COLUMNS, sql, params, timeoutSeconds))];
    const series = seen.flatMap(([, some]) => [...some]).toSorted((a, b) => compareLabels(a.labels, b.labels));
    const before = kept?.selection;
    const same = before && before.series.length === series.length && before.series.every((one, at) => one === series[at]);
    const native = seen.some(([name]) => metrics.get(name)?.native);
    const selection = same && before.native === native ? before : selectionOf(series, native, condition);
    if (unnamed.size > LIMIT_SELECTIONS) unnamed.clear();
    if (log) unnamed.set(key, { mark, since, selection });
    return selection;
  }

  async function matchedHere(key: string, matchers: readonly Matcher[], metric: MetricSeries, { timeoutSeconds, signal }: SelectLimits): Promise<Selection> {
    const { current, native } = metric;
    const kept = selections.get(key);
    if (kept && kept.from === current && kept.selection.native === native) return kept.selection;
    const turns = createTurns(performance.now() + timeoutSeconds * 1000, signal);
    const series = await turns.inTurns(metric.match(matchers, turns));
    // Another query may have matched the same meanwhile: whoever asks for the same series is to have the same selection.
    const before = selections.get(key)?.selection;
    const same = before && before.native === native && before.series.length === series.length && before.series.every((one, at) => one === series[at]);
    const selection = same ? before : selectionOf(series, native, conditionOf(matchers, COLUMNS));
    if (selections.size > LIMIT_SELECTIONS) selections.clear();
    selections.set(key, { from: current, selection });
    return selection;
  }

  /** Series that pass the matchers, at least those that have samples after `from`. */
  return async (matchers: readonly Matcher[], from: UnixMs, limits: SelectLimits): Promise<Selection> => {
    const timeoutSeconds = Math.max(1, Math.ceil(limits.timeoutSeconds));
    const isFew = (found: Selection | undefined): found is Selection => found !== undefined && found.series.length <= limits.maxSeries;
    const key = JSON.stringify(matchers.map(({ name, op, value }) => [name, op, value]));
    const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.op === '=')?.value;
    const metric = name === undefined ? undefined : await metricNow(name, timeoutSeconds);
    const all = metric ? await matchedHere(key, matchers, metric, limits) : await matchedInStore(key, matchers, limits, timeoutSeconds);
    if (isFew(all)) return all;
    // Most of them may be of processes that are gone.
    const since = Math.max(0, Math.floor((Math.min(from, Date.now()) - SEEN_LATE_MS) / SEEN_STEP_MS) * SEEN_STEP_MS);
    const seen = await matchedInStore(`seen ${key}`, matchers, limits, timeoutSeconds, since);
    if (!isFew(seen)) throw tooManySeries(limits.maxSeries);
    return seen;
  };
}

function seenSince(since: UnixMs, { sql, params }: Condition): Condition {
  return { sql: `(${sql}) AND last_seen >= toDateTime({seen:UInt32})`, params: { ...params, seen: String(since / 1000) } };
}

/** A lookup by halves: no bigint is made for a row. */
function finder(series: readonly StoredSeries[]): Selection['find'] {
  const places = new HashTable();
  for (const one of series) places.number(one.low, one.high);
  return (low, high) => series[places.get(low, high)];
}
