import { HashTable } from '#core/hash-table.js';
import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Matcher } from '../ast.js';
import { createTurns } from '../eval/turns.js';
import { compareLabels, METRIC_NAME } from '../labels.js';
import type { SelectLimits } from '../source.js';
import { conditionOf, type Condition } from './conditions.js';
import { createKnownSeries, MAX_LISTED } from './known-series.js';
import type { MetricSeries } from './metric-series.js';
import type { StoredSeries } from './series-rows.js';
import { tooManySeries } from './store-errors.js';

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
const LIMIT_SELECTIONS = 1_000;
/** `last_seen` is renewed every ten minutes, and clocks of senders are wrong. */
const SEEN_LATE_MS = 3_600_000;
/** What may have samples since a time is asked for in steps of this, so that a refresh finds the same. */
const SEEN_STEP_MS = 3_600_000;

/** Which series a selector finds. Series of a metric are read once and matched here; when others of it were written since, only their ids are read again. */
export function createSeriesIndex(store: Store) {
  /** By the metric's current series, which are another array when they changed. */
  const selections = new Map<string, { readonly from: readonly StoredSeries[]; readonly selection: Selection }>();
  const unnamed = new Map<string, { readonly mark: number; readonly since: UnixMs | undefined; readonly selection: Selection }>();
  const known = createKnownSeries(store, () => {
    selections.clear();
    unnamed.clear();
  });

  /** For selectors that do not say which metric, and metrics of very many series; undefined when they are too many. With `since`, only what was seen after it. */
  async function matchedInStore(key: string, matchers: readonly Matcher[], limits: SelectLimits, timeoutSeconds: number, since?: UnixMs): Promise<Selection | undefined> {
    const kept = unnamed.get(key);
    // That a known series is seen again is no news, but may bring it back.
    if (kept && kept.since === since && known.isCurrent(kept.mark, since === undefined ? 'series' : 'sightings')) return kept.selection;
    const condition = since === undefined ? conditionOf(matchers, COLUMNS) : seenSince(since, conditionOf(matchers, COLUMNS));
    const found = await known.matching(condition, limits.maxSeries, timeoutSeconds);
    if (!found) return undefined;
    const { mark, native } = found;
    const series = found.series.toSorted((a, b) => compareLabels(a.labels, b.labels));
    const selection = sameOf(kept?.selection, series, native) ?? selectionOf(series, native, condition);
    if (unnamed.size > LIMIT_SELECTIONS) unnamed.clear();
    if (known.hears) unnamed.set(key, { mark, since, selection });
    return selection;
  }

  async function matchedHere(key: string, matchers: readonly Matcher[], metric: MetricSeries, { timeoutSeconds, signal }: SelectLimits): Promise<Selection> {
    const { current, native } = metric;
    const kept = selections.get(key);
    if (kept && kept.from === current && kept.selection.native === native) return kept.selection;
    const turns = createTurns(performance.now() + timeoutSeconds * 1000, signal);
    const series = await turns.inTurns(metric.match(matchers, turns));
    // Another query may have matched the same meanwhile: whoever asks for the same series is to have the same selection.
    const selection = sameOf(selections.get(key)?.selection, series, native) ?? selectionOf(series, native, conditionOf(matchers, COLUMNS));
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
    const metric = name === undefined ? undefined : await known.ofMetric(name, timeoutSeconds);
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

/** What was found before, where that is the same. */
function sameOf(before: Selection | undefined, series: readonly StoredSeries[], native: boolean): Selection | undefined {
  return before && before.native === native && before.series.length === series.length && before.series.every((one, at) => one === series[at]) ? before : undefined;
}
