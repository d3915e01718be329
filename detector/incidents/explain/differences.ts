import type { AttributeDifference, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

/** Keys with more values than this say who asked, not what broke… */
const MAX_VALUES = 200;
/** …as do those with more than a few values, each of few spans: requests, sessions. What began after the onset is among the bad by that alone. */
const FEW_VALUES = 20;
const LEAST_SPANS = 20;
/** How far back good times reach. */
const BASELINE_MS = 300_000;
/** So many bad spans and so many good ones are looked at, spread evenly over all there are. */
const SAMPLED = 5_000;
/** Of more spans than this, whole seconds are left out. */
const MOST_READ = 1_000_000;
/** Fewer spans of an operation say nothing of what is slow. */
const LEAST_USUAL = 10;
/** A value that fewer bad spans have is chance. */
const LEAST_BAD = 3;
const LEAST_DIFFERENCE = 0.1;
/** How often chance alone would show any difference, over all the values that were compared. */
const BY_CHANCE = 0.01;
export const SHOWN = 5;
/** Several say the same: so many are looked at. */
const FOUND = 40;
/** Of attributes that say the same, the first of these speaks for all: a pod is more than its node. */
const TELLING = ['k8s.pod.name', 'service.instance.id', 'container.name', 'host.name', 'k8s.node.name', 'pod', 'instance', 'node'];
/** These say how it fails, not what is different about it. */
const SYMPTOM = '(^|[._])(status_code|grpc_status)$|^(error|exception|otel)[._]';

export interface DifferencesOf {
  readonly service: string;
  /** What makes a span bad: that it failed, or that it took longer than 95 % of the same operation's before the onset. */
  readonly symptom: 'errors' | 'latency';
  readonly onset: UnixMs;
  readonly to: UnixMs;
}

const AFTER = 'Timestamp >= fromUnixTimestamp64Milli({onset:Int64})';
const SERVED = "ServiceName = {service:String} AND SpanKind IN ('Server', 'Consumer') AND Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp <= fromUnixTimestamp64Milli({to:Int64})";
/** 0 for an operation of which nothing usual is known: it is neither slow nor fast. */
const SLOW = 'transform(SpanName, {operations:Array(String)}, {slow:Array(Float64)}, toFloat64(0))';
const IS = {
  errors: { bad: `StatusCode = 'Error' AND ${AFTER}`, good: "StatusCode != 'Error'" },
  latency: { bad: `${AFTER} AND ${SLOW} > 0 AND Duration > ${SLOW}`, good: `Duration <= ${SLOW}` },
} as const;

/** `x ln x`, 0 where x is. */
const information = (x: string): string => `if(${x} > 0, (${x}) * log(${x}), 0)`;
/** Twice the logarithm of how much likelier the counts are if the value has to do with being bad than if it has not (G-test). */
const G = `2 * (${['b', 'bads - b', 'g', 'goods - g', 'bads + goods'].map(information).join(' + ')} - ${['b + g', 'bads + goods - b - g', 'bads', 'goods'].map(information).join(' - ')})`;

/**
 * The five attribute values, those of the same spans as one, that most separate the bad requests that `service` served since the onset from its good ones, those before the onset included.
 * A value counts if enough bad spans have it and chance would not show such a difference among all the values compared (Bonferroni).
 * What only says how requests fail comes last.
 */
export async function loadDifferences(store: Store, { service, symptom, onset, to }: DifferencesOf): Promise<AttributeDifference[]> {
  const { bad, good } = IS[symptom];
  const params = { service, onset, from: onset - BASELINE_MS, to };
  const usual = symptom === 'errors' ? [] : await store.query<{ operation: string; slow: number }>(
    `SELECT SpanName AS operation, quantile(0.95)(Duration) AS slow FROM otel_traces WHERE ${SERVED} AND NOT (${AFTER}) GROUP BY SpanName HAVING count() >= ${LEAST_USUAL}`, { params, timeoutSeconds: 10 },
  );
  if (symptom === 'latency' && usual.length === 0) return [];
  const known = { ...params, operations: usual.map(({ operation }) => operation), slow: usual.map(({ slow }) => slow) };
  const [counted] = await store.query<{ bads: string; goods: string }>(`SELECT countIf(${bad}) AS bads, countIf(${good}) AS goods FROM otel_traces WHERE ${SERVED}`, { params: known, timeoutSeconds: 10 });
  const [bads, goods] = [Number(counted?.bads ?? 0), Number(counted?.goods ?? 0)];
  if (bads < LEAST_BAD || goods === 0) return [];
  const slices = Math.ceil((bads + goods) / MOST_READ);
  const every = (count: number): number => Math.max(1, Math.floor(count / slices / SAMPLED));
  const rows = await store.query<AttributeDifference>(
    `WITH intHash64(toUnixTimestamp64Nano(Timestamp) + Duration) AS dice
     SELECT key, value, b / bads AS badShare, g / goods AS goodShare FROM (
       SELECT key, value, b, g, max(b) OVER () AS bads, max(g) OVER () AS goods, countIf(key != '') OVER () AS tests FROM (
         SELECT pair.1 AS key, pair.2 AS value, countIf(isBad) AS b, countIf(NOT isBad) AS g, count() OVER (PARTITION BY key) AS values, sum(b + g) OVER (PARTITION BY key) AS spans
         FROM (
           SELECT ${bad} AS isBad, mapConcat(ResourceAttributes, SpanAttributes) AS attributes FROM otel_traces
           PREWHERE ${SERVED} AND intHash64(toUnixTimestamp(Timestamp)) % {slices:UInt32} = 0 AND ((${bad} AND dice % {everyBad:UInt32} = 0) OR (${good} AND dice % {everyGood:UInt32} = 0)))
         ARRAY JOIN arrayConcat([('', '')], CAST(attributes, 'Array(Tuple(String, String))')) AS pair GROUP BY key, value)
       WHERE values <= {most:UInt32} AND (values = 1 OR spans >= if(values <= ${FEW_VALUES}, 2, ${LEAST_SPANS}) * values))
     WHERE key != '' AND b >= ${LEAST_BAD} AND badShare - goodShare >= ${LEAST_DIFFERENCE} AND erfc(sqrt(greatest(${G}, 0) / 2)) * tests <= ${BY_CHANCE}
     ORDER BY match(key, {symptom:String}), badShare - goodShare DESC, key LIMIT ${FOUND}`,
    { params: { ...known, slices, everyBad: every(bads), everyGood: every(goods), most: MAX_VALUES, symptom: SYMPTOM }, timeoutSeconds: 10 },
  );
  return folded(rows).slice(0, SHOWN);
}

/** In their order, those that the same spans have as one. */
export function folded(differences: readonly AttributeDifference[]): AttributeDifference[] {
  const groups = new Map<string, AttributeDifference[]>();
  for (const one of differences) {
    const spans = `${isSymptom(one)} ${one.badShare} ${one.goodShare}`;
    groups.set(spans, [...(groups.get(spans) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group.toSorted((a, b) => rankOf(a) - rankOf(b));
    return first ? [others.length === 0 ? first : { ...first, alike: others.map(({ key, value }) => ({ key, value })) }] : [];
  });
}

/** Whether it says how requests fail, not what is different about them. */
export const isSymptom = ({ key }: Pick<AttributeDifference, 'key'>): boolean => new RegExp(SYMPTOM).test(key);

function rankOf({ key }: AttributeDifference): number {
  const at = TELLING.indexOf(key);
  return at === -1 ? TELLING.length : at;
}
