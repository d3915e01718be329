import type { UnixMs } from '#core/types.js';
import type { MapColumn } from '#store/native.js';
import type { SeriesColumns } from '../decode/series.js';
import type { Families } from './families.js';
import { BodyLabels, type Labels } from './labels.js';
import { type Meaning, meaningOf, type Metadata, metadataFor } from './meaning.js';
import type { PromSeries } from './prom-series.js';
import type { Refusal } from './refusal.js';

/** `metric_series` says what a series is; it is written when first seen and again after this, so that `last_seen` stays true. */
const REPEAT_MS = 600_000;
/** Labels that are not attributes of the measurement: they are in the resource, or are a part of the value. */
const NOT_ATTRIBUTES = new Set(['job', 'instance', 'le', 'quantile']);
const isAttribute = (key: string): boolean => !NOT_ATTRIBUTES.has(key);

/** What a request says of a series beside its samples. */
export interface Said {
  readonly labels: () => BodyLabels | Refusal;
  /** Remote Write 2.0 sends metadata with each series; this key changes when it does, 0 is none. */
  readonly metadataKey: number;
  metadata(): Metadata;
}

/** Writes a row of `metric_series` when one is due, or when what is said of the series has changed. Returns the bytes written; 0 when nothing was due. */
export function describe(series: PromSeries, said: Said, native: boolean, families: Families, columns: SeriesColumns, now: UnixMs): number {
  const old = now - series.writtenAt >= REPEAT_MS || series.isNative !== native;
  const changed = said.metadataKey === 0 ? series.generation !== families.generation : series.metadataKey !== said.metadataKey;
  if (!old && !changed) return 0;
  const read = said.labels();
  if ('reason' in read) return 0;
  const known = said.metadataKey === 0 ? metadataFor(read.name, families.find) : undefined;
  const isNews = old || said.metadataKey !== 0 || (known?.since ?? 0) > series.generation;
  series.generation = families.generation;
  series.metadataKey = said.metadataKey || series.metadataKey;
  if (!isNews) return 0;
  series.isNative = native;
  const meaning = meaningOf(read.name, read.keys, said.metadataKey === 0 ? known : said.metadata());
  return write(series, read, native ? { ...meaning, metric: read.name, type: 'exponential_histogram' } : meaning, columns, now);
}

/** The same for a part of a native histogram, which nobody sends metadata for. */
export function describePart(part: PromSeries, labels: Labels, family: string, columns: SeriesColumns, now: UnixMs): number {
  if (now - part.writtenAt < REPEAT_MS) return 0;
  return write(part, labels, { ...meaningOf(labels.name, Object.keys(labels.labels), undefined), metric: family }, columns, now);
}

function write(series: PromSeries, labels: Labels, meaning: Meaning, columns: SeriesColumns, now: UnixMs): number {
  const { resource } = series;
  series.writtenAt = now;
  const isGauge = meaning.type === 'gauge';
  columns.id.pushParts(series.low, series.high);
  columns.name.push(labels.name);
  pushLabels(columns.labels, labels);
  columns.metric.push(meaning.metric);
  columns.type.push(meaning.type);
  columns.unit.push(meaning.unit);
  columns.description.push(meaning.description);
  columns.temporality.push(isGauge ? '' : 'cumulative');
  columns.monotonic.push(isGauge ? 0 : 1);
  columns.service.push(resource.service);
  columns.resource.pushAll(resource.attributes);
  pushLabels(columns.attributes, labels, isAttribute);
  columns.scopeName.push('');
  columns.scopeVersion.push('');
  columns.lastSeen.push(Math.floor(now / 1000));
  return 2 * labels.bytes + resource.size + meaning.description.length + meaning.unit.length;
}

function pushLabels(column: MapColumn, labels: Labels, wanted?: (key: string) => boolean): void {
  if (labels instanceof BodyLabels) labels.pushTo(column, wanted);
  else column.pushRecord(wanted ? Object.fromEntries(Object.entries(labels.labels).filter(([key]) => wanted(key))) : labels.labels);
}
