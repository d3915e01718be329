import { isFailed, isStatus, requestsOf } from '#core/served.js';
import type { AttributeDifference, Labels } from '#core/types.js';
import { SAMPLES_WITHIN } from '#store/within.js';
import type { Store } from '#store/store.js';
import { folded, SHOWN, type DifferencesOf } from './differences.js';

/** How far back good times reach. */
const BASELINE_S = 300;
const MOST_SERIES = 20_000;
/** A series is slow whose requests take so many times as long in the mean as before. */
const SLOW = 1.5;
/** Fewer requests say nothing of how long they take, and fewer bad ones nothing of what is different about them. */
const LEAST_USUAL = 5;
const LEAST_BAD = 10;
const LEAST_DIFFERENCE = 0.1;
/** These do not tell requests apart. */
const NEITHER: ReadonlySet<string> = new Set(['job', 'le', 'quantile']);

/** What one series counted before the onset and since. */
interface Gain {
  readonly name: string;
  readonly labels: Labels;
  readonly before: number;
  readonly after: number;
}

/** Requests that share their labels: how many were bad, how many good. */
export interface Tally {
  readonly labels: Labels;
  readonly bad: number;
  readonly good: number;
}

/**
 * What separates the bad requests of a service from its good ones where only metrics tell of them: the label values that the series of its failures, or of what takes longer than before, have in common.
 * Of requests that count as slow no single one is known: all of a series are that take half as long again in the mean.
 */
export async function loadMetricDifferences(store: Store, { service, symptom, onset, to }: DifferencesOf): Promise<AttributeDifference[]> {
  const named = await store.query<{ name: string }>('SELECT DISTINCT name FROM metric_series WHERE service = {service:String}', { params: { service } });
  const names = named.flatMap(({ name }) => (isOfUse(name, symptom) ? name : []));
  if (names.length === 0) return [];
  const from = Math.floor(onset / 1000) - BASELINE_S;
  const gain = (when: string): string => `deltaSumTimestampIf(value, toUnixTimestamp64Milli(time), time ${when} fromUnixTimestamp64Milli({onset:Int64}))`;
  const gains = await store.query<Gain>(
    `WITH own AS (SELECT id, name, labels FROM metric_series WHERE service = {service:String} AND name IN {names:Array(String)} LIMIT 1 BY id LIMIT ${MOST_SERIES})
     SELECT name, labels, before, after FROM (SELECT series, ${gain('<')} AS before, ${gain('>=')} AS after FROM metric_samples WHERE series IN (SELECT id FROM own) AND ${SAMPLES_WITHIN} GROUP BY series) AS gained INNER JOIN own ON own.id = gained.series`,
    { params: { service, names, onset, from, to: Math.ceil(to / 1000) }, timeoutSeconds: 10 },
  );
  return differencesOf(symptom === 'errors' ? failures(gains) : slowness(gains));
}

function isOfUse(name: string, symptom: DifferencesOf['symptom']): boolean {
  return symptom === 'errors' ? requestsOf(name) === 'count' : requestsOf(name.replace(/_(?:sum|count)$/, '_mean')) === 'mean';
}

/** By the metric that counts most failures: others may count the same. */
function failures(gains: readonly Gain[]): Tally[] {
  const failed = new Map<string, number>();
  for (const { name, labels, after } of gains) if (isFailed(labels)) failed.set(name, (failed.get(name) ?? 0) + after);
  const [most] = [...failed].toSorted(([, a], [, b]) => b - a);
  return gains.flatMap(({ name, labels, before, after }) => (name !== most?.[0] ? [] : isFailed(labels) ? { labels, bad: after, good: 0 } : { labels, bad: 0, good: before + after }));
}

function slowness(gains: readonly Gain[]): Tally[] {
  const halves = new Map<string, { sum?: Gain; count?: Gain }>();
  for (const one of gains) {
    const key = `${one.name.replace(/_(?:sum|count)$/, '')}\u0000${JSON.stringify(Object.entries(one.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
    halves.set(key, { ...halves.get(key), [one.name.endsWith('_sum') ? 'sum' : 'count']: one });
  }
  return [...halves.values()].flatMap(({ sum, count }): Tally[] => {
    if (!sum || !count || count.before < LEAST_USUAL || count.after < LEAST_USUAL) return [];
    const isSlow = sum.after / count.after > (SLOW * sum.before) / count.before;
    return [{ labels: count.labels, bad: isSlow ? count.after : 0, good: isSlow ? 0 : count.after }];
  });
}

/** The label values that more of the bad have than of the good, those of the same series as one. */
export function differencesOf(tallies: readonly Tally[]): AttributeDifference[] {
  const total = (which: 'bad' | 'good'): number => tallies.reduce((sum, one) => sum + one[which], 0);
  const [bads, goods] = [total('bad'), total('good')];
  if (bads < LEAST_BAD || goods === 0) return [];
  const sums = new Map<string, { readonly key: string; readonly value: string; bad: number; good: number }>();
  for (const { labels, bad, good } of tallies) {
    for (const [key, value] of Object.entries(labels)) {
      if (NEITHER.has(key) || isStatus(key)) continue;
      const known = sums.get(`${key}\u0000${value}`) ?? { key, value, bad: 0, good: 0 };
      sums.set(`${key}\u0000${value}`, known);
      known.bad += bad;
      known.good += good;
    }
  }
  const found = [...sums.values()].map(({ key, value, bad, good }): AttributeDifference => ({ key, value, badShare: bad / bads, goodShare: good / goods })).filter(({ badShare, goodShare }) => badShare - goodShare >= LEAST_DIFFERENCE);
  return folded(found.toSorted((a, b) => b.badShare - b.goodShare - (a.badShare - a.goodShare) || (a.key < b.key ? -1 : 1))).slice(0, SHOWN);
}
