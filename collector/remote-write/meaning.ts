import type { Metric } from '../decode/series.js';

/** What a sender says of a metric. `type` numbers are the same in both versions of the protocol. */
export interface Metadata {
  readonly type: number;
  readonly help: string;
  readonly unit: string;
}

/** What a series measures, as `metric_series` has it. */
export interface Meaning {
  /** Name of the family: of `x_bucket`, `x_count` and `x_sum` it is `x`. */
  readonly metric: string;
  readonly type: Metric['type'];
  readonly unit: string;
  readonly description: string;
}

const COUNTER = 1;
const SUMMARY = 5;
/** Gauge, gauge histogram, info, state set. */
const GAUGES = new Set([2, 4, 6, 7]);
/** Histogram, gauge histogram, summary: they come as several series. */
const IN_PARTS = new Set([3, 4, SUMMARY]);
const PARTS = /_(bucket|count|sum)$/;

/** Base units of Prometheus and OpenMetrics in UCUM, as OTLP's are stored. */
const UNITS: ReadonlyMap<string, string> = new Map(Object.entries({
  seconds: 's', milliseconds: 'ms', minutes: 'min', hours: 'h', days: 'd', bytes: 'By', bits: 'bit', ratio: '1', percent: '%', celsius: 'Cel', meters: 'm', volts: 'V', amperes: 'A', joules: 'J', watts: 'W', grams: 'g', hertz: 'Hz',
}));

/** Metadata of the series `name` among that of families: its own, or that of the histogram, summary or counter it is a part of. */
export function metadataFor<Known extends Metadata>(name: string, family: (name: string) => Known | undefined): Known | undefined {
  const own = family(name);
  if (own) return own;
  const whole = PARTS.test(name) ? family(name.replace(PARTS, '')) : undefined;
  if (whole && IN_PARTS.has(whole.type)) return whole;
  const counter = name.endsWith('_total') ? family(name.slice(0, -'_total'.length)) : undefined;
  return counter?.type === COUNTER ? counter : undefined;
}

/** `metadata` when the sender gave some, else what name and names of labels say: Prometheus' own conventions. */
export function meaningOf(name: string, labels: readonly string[], metadata: Metadata | undefined): Meaning {
  const part = PARTS.exec(name)?.[1];
  const family = name.replace(PARTS, '');
  const kind = metadata?.type ?? 0;
  const inFamily = part !== undefined && (kind === 0 || IN_PARTS.has(kind));
  return { metric: inFamily && (part !== 'bucket' || labels.includes('le')) ? family : name, type: typeOf(name, labels, kind, part), unit: metadata?.unit ? (UNITS.get(metadata.unit) ?? metadata.unit) : unitOf(family), description: metadata?.help ?? '' };
}

function typeOf(name: string, labels: readonly string[], kind: number, part: string | undefined): Metric['type'] {
  if (part === 'bucket' && labels.includes('le')) return 'histogram';
  if (GAUGES.has(kind)) return 'gauge';
  if (kind === COUNTER) return 'counter';
  if ((kind === SUMMARY || kind === 0) && labels.includes('quantile')) return 'summary';
  return part !== undefined || name.endsWith('_total') ? 'counter' : 'gauge';
}

function unitOf(name: string): string {
  const bare = name.endsWith('_total') ? name.slice(0, -'_total'.length) : name;
  return UNITS.get(bare.slice(bare.lastIndexOf('_') + 1)) ?? '';
}
