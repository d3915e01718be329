import { seriesId } from '#core/series-id.js';
import { labelName, prometheusName } from '../decode/prometheus-name.js';
import type { Row } from './native-reader.js';
import type { Plain } from './otlp-schema.js';
import { idText, inRange, long, message, messages, number, type Pairs, pairs, serviceOf, string } from './plain.js';
import { NOW } from './requests.js';

interface Tables {
  readonly metric_series: Row[];
  readonly metric_samples: Row[];
  readonly metric_histograms: Row[];
  readonly metric_exemplars: Row[];
}
interface Child {
  readonly name: string;
  readonly type: string;
  readonly extra: Readonly<Record<string, string>>;
  /** Undefined: the point has none. */
  readonly value: number | undefined;
  readonly cumulates: boolean;
}
interface Stream {
  readonly ids: bigint[];
  /** Those of earlier shapes too. */
  readonly held: ReadonlySet<bigint>;
  shape: string;
  lastNs: number;
  /** Of deltas: times of which nothing was counted. */
  holes: readonly (readonly [from: number, to: number])[];
  described: boolean;
  isShared: boolean;
}
/** Of one series, which several scopes and resources may write. */
interface Shared {
  total: number;
  lastMs: number;
  owner: Stream | undefined;
  readonly streams: Set<Stream>;
}

const KINDS = { gauge: 'gauge', sum: 'counter', histogram: 'histogram', exponentialHistogram: 'exponential_histogram', summary: 'summary' } as const;
const STALE = Number.NaN;

/** Metrics keep what came before: streams of deltas, and series that are described already. */
export function metricRows(expected: { readonly tables: Tables; rejected: number }): (metric: Plain, resource: Pairs, scope: Plain) => void {
  const { tables } = expected;
  const streams = new Map<string, Stream>();
  const series = new Map<bigint, Shared>();
  const sharedOf = (id: bigint): Shared => {
    const known = series.get(id) ?? { total: 0, lastMs: 0, owner: undefined, streams: new Set() };
    series.set(id, known);
    return known;
  };

  /** A new stream, or one of another shape, which holds what it held `before`. */
  function begin(ids: bigint[], shape: string, before: Stream | undefined): Stream {
    const stream: Stream = { ids, held: new Set([...ids, ...(before?.held ?? [])]), shape, lastNs: before?.lastNs ?? 0, holes: before?.holes ?? [], described: false, isShared: false };
    for (const id of stream.held) {
      const shared = sharedOf(id);
      shared.streams.add(stream);
      if (!before) continue;
      shared.streams.delete(before);
      if (shared.owner === before) shared.owner = undefined;
    }
    for (const shared of ids.map(sharedOf)) {
      if (shared.streams.size > 1) {
        stream.isShared = true;
        if (shared.owner) shared.owner.isShared = true;
      }
      shared.owner ??= stream;
    }
    return stream;
  }

  return (metric, resource, scope) => {
    const field = (Object.keys(KINDS) as (keyof typeof KINDS)[]).find((name) => metric[name] !== undefined);
    if (!field) return;
    const data = message(metric[field]);
    const monotonic = field === 'sum' ? data['isMonotonic'] === true : field !== 'gauge';
    const type = field === 'sum' && !monotonic ? 'gauge' : KINDS[field];
    const temporality = ['', 'delta', 'cumulative'][number(data['aggregationTemporality'])] ?? '';
    const [name, unit] = [string(metric['name']), string(metric['unit'])];
    for (const point of messages(data['dataPoints'])) {
      const ms = (value: unknown): number => Math.round(Number(long(value)) / 1e6);
      const time = ms(point['timeUnixNano']) || NOW;
      const timeNs = ms(point['timeUnixNano']) > 0 ? Number(long(point['timeUnixNano'])) : NOW * 1e6;
      const stale = (number(point['flags']) & 1) === 1;
      const attributes = Object.fromEntries(pairs(point['attributes']));
      const key = JSON.stringify([Object.entries(Object.fromEntries(resource)), string(scope['name']), string(scope['version']), name, unit, type, field, pairs(point['attributes'])]);
      const before = streams.get(key);
      if (name === '' || !inRange(time) || (!stale && isFaulty(type, point))) {
        expected.rejected += 1;
        continue;
      }
      if (stale) {
        for (const id of before?.ids ?? []) tables.metric_samples.push({ series: id, time: BigInt(time), value: STALE });
        continue;
      }
      const children = childrenOf(type, name, unit, point, field);
      const shape = JSON.stringify(children.map(({ extra }) => extra));
      const labels = labelsOf(attributes, resource);
      const ids = children.map((child) => seriesId(child.name, { ...labels, ...child.extra }));
      const stream = before?.shape === shape ? before : begin(ids, shape, before);
      streams.set(key, stream);
      const start = ms(point['startTimeUnixNano']);
      if (temporality === 'delta' && !isCounted(stream, start, time, timeNs)) {
        expected.rejected += 1;
        continue;
      }
      if (temporality !== 'delta' && stream.isShared) sharedOf(ids[0] ?? 0n).owner = stream;
      const isNew = !stream.described;
      if (isNew) {
        stream.described = true;
        for (const [index, child] of children.entries()) {
          tables.metric_series.push({
            id: ids[index], name: child.name, labels: Object.entries({ ...labels, ...child.extra }), metric: name, type: child.type, unit, description: string(metric['description']), temporality, monotonic: monotonic ? 1 : 0, service: serviceOf(resource),
            resource, attributes: Object.entries(attributes), scope_name: string(scope['name']), scope_version: string(scope['version']), last_seen: NOW / 1000,
          });
        }
      }
      const repeated = timeNs === stream.lastNs;
      const fromSdk = resource.some(([name, value]) => ['telemetry.sdk.language', 'telemetry.sdk.version'].includes(name) && value !== '');
      if (isNew && start > NOW && start < time && (temporality === 'delta' || (fromSdk && !stream.isShared))) {
        for (const [index, { type: own }] of children.entries()) {
          const id = ids[index] ?? 0n;
          if (sharedOf(ids[own === 'exponential_histogram' ? 0 : index] ?? 0n).lastMs > 0) continue;
          if (own === 'counter' || own === 'histogram') tables.metric_samples.push({ series: id, time: BigInt(start), value: 0 });
          if (own === 'exponential_histogram') tables.metric_histograms.push(histogramRow(id, BigInt(start), BigInt(start), { scale: point['scale'], zeroThreshold: point['zeroThreshold'] }));
        }
      }
      for (const [index, child] of children.entries()) {
        const id = ids[index] ?? 0n;
        if (child.value === undefined) continue;
        if (temporality !== 'delta' || !child.cumulates) {
          tables.metric_samples.push({ series: id, time: BigInt(time), value: child.value });
          continue;
        }
        const shared = sharedOf(id);
        if (!repeated) shared.total += child.value;
        shared.lastMs = Math.max(time, shared.lastMs + (repeated && shared.owner === stream ? 0 : 1));
        shared.owner = stream;
        tables.metric_samples.push({ series: id, time: BigInt(shared.lastMs), value: shared.total });
      }
      if (temporality === 'delta') stream.lastNs = Math.max(timeNs, stream.lastNs);
      const rowTime = temporality === 'delta' ? sharedOf(ids[0] ?? 0n).lastMs : time;
      if (type === 'exponential_histogram' && !(temporality === 'delta' && repeated)) tables.metric_histograms.push(histogramRow(ids[2] ?? 0n, BigInt(rowTime), BigInt(ms(point['startTimeUnixNano'])), point));
      for (const exemplar of messages(point['exemplars'])) {
        const at = ms(exemplar['timeUnixNano']);
        const value = Number(exemplar['asDouble'] ?? exemplar['asInt'] ?? 0);
        const bucket = type === 'exponential_histogram' ? 2 : children.findIndex(({ extra }) => value <= Number(String(extra['le'] ?? 'none').replace('+Inf', 'Infinity')));
        tables.metric_exemplars.push({ series: ids[bucket < 0 ? (type === 'histogram' ? ids.length - 1 : 0) : bucket], time: BigInt(inRange(at) ? at : time), value, trace_id: idText(exemplar['traceId'], 16), span_id: idText(exemplar['spanId'], 8), attributes: pairs(exemplar['filteredAttributes']) });
      }
    }
  };
}

/** Whether a delta counts, or is the last once more. */
function isCounted(stream: Stream, start: number, time: number, timeNs: number): boolean {
  const last = Math.round(stream.lastNs / 1e6);
  if (timeNs >= stream.lastNs) {
    if (last === 0) stream.holes = [[0, start]];
    else if (timeNs > stream.lastNs && start > last) stream.holes = [...stream.holes, [last, start]];
    return true;
  }
  const hole = stream.holes.find(([from, to]) => start > 0 && start < time && from <= start && time <= to);
  if (!hole) return false;
  stream.holes = stream.holes.flatMap((one) => (one === hole ? ([[one[0], start], [time, one[1]]] as const).filter(([from, to]) => from < to) : [one]));
  return true;
}

function isFaulty(type: string, point: Plain): boolean {
  const counts = messages(point['bucketCounts']).length;
  const bounds = (point['explicitBounds'] ?? []) as number[];
  if (type === 'gauge' || type === 'counter') return point['asDouble'] === undefined && point['asInt'] === undefined;
  if (type === 'histogram') return (counts + bounds.length > 0 && counts !== bounds.length + 1) || bounds.some((bound, index) => bound === Infinity || bound <= (bounds[index - 1] ?? -Infinity));
  return type === 'summary' && messages(point['quantileValues']).some((entry) => number(entry['quantile']) > 1);
}

function childrenOf(type: string, name: string, unit: string, point: Plain, field: string): Child[] {
  if (type === 'gauge' || type === 'counter') return [{ name: prometheusName(name, unit, type === 'gauge' && field === 'sum' ? 'other' : type), type, extra: {}, value: Number(point['asDouble'] ?? point['asInt']), cumulates: true }];
  const base = prometheusName(name, unit, 'other');
  const count = Number(long(point['count']));
  const children: Child[] = [
    { name: `${base}_count`, type: 'counter', extra: {}, value: count, cumulates: true },
    { name: `${base}_sum`, type: 'counter', extra: {}, value: (point['sum'] as number | undefined) ?? (type === 'summary' ? 0 : undefined), cumulates: true },
  ];
  if (type === 'exponential_histogram') return [...children, { name: base, type, extra: {}, value: undefined, cumulates: false }];
  if (type === 'summary') return [...children, ...messages(point['quantileValues']).map((entry): Child => ({ name: base, type, extra: { quantile: String(entry['quantile']) }, value: entry['value'] as number, cumulates: false }))];
  let running = 0;
  const counts = (point['bucketCounts'] ?? []) as bigint[];
  const buckets = ((point['explicitBounds'] ?? []) as number[]).map((bound, index): Child => ({ name: `${base}_bucket`, type, extra: { le: String(bound) }, value: (running += Number(counts[index])), cumulates: true }));
  return [...children, ...buckets, { name: `${base}_bucket`, type, extra: { le: '+Inf' }, value: count, cumulates: true }];
}

function labelsOf(attributes: Readonly<Record<string, string>>, resource: Pairs): Record<string, string> {
  const of = (key: string): string => resource.findLast(([name]) => name === key)?.[1] ?? '';
  const labels = new Map<string, string[]>();
  for (const [key, value] of Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1))) if (value !== '' && key !== '') labels.set(labelName(key), [...(labels.get(labelName(key)) ?? []), value]);
  const joined = new Map([...labels].map(([name, values]) => [name, values.join(';')]));
  const own = { job: of('service.namespace') ? `${of('service.namespace')}/${serviceOf(resource)}` : serviceOf(resource), instance: of('service.instance.id') };
  for (const [name, value] of Object.entries(own)) {
    if (value === '') continue;
    const given = joined.get(name);
    if (given !== undefined) joined.set(joined.has(`exported_${name}`) ? `exported_exported_${name}` : `exported_${name}`, given);
    joined.set(name, value);
  }
  const isOfSdk = of('telemetry.sdk.language') !== '' || of('telemetry.sdk.version') !== '';
  for (const [name, value] of isOfSdk ? [] : tellingOf(resource)) if (!joined.has(name) && value !== own.instance) joined.set(name, value);
  return Object.fromEntries(joined);
}

/** Of the attributes that requests here have: all but the service's. */
function tellingOf(resource: Pairs): readonly [string, string][] {
  const last = [...new Map(resource)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return last.filter(([key, value]) => value !== '' && value.length <= 200 && key !== '' && !key.startsWith('service.') && !key.startsWith('telemetry.') && labelName(key) !== '__name__').slice(0, 16).map(([key, value]) => [labelName(key), value]);
}

function histogramRow(series: bigint, time: bigint, start: bigint, point: Plain): Row {
  const [positive, negative] = [message(point['positive']), message(point['negative'])];
  return {
    series, time, start, count: long(point['count']), sum: number(point['sum']), min: number(point['min']), max: number(point['max']), scale: number(point['scale']), zero_count: long(point['zeroCount']), zero_threshold: number(point['zeroThreshold']),
    positive_offset: number(positive['offset']), positive_counts: positive['bucketCounts'] ?? [], negative_offset: number(negative['offset']), negative_counts: negative['bucketCounts'] ?? [],
  };
}
