import type { UnixMs } from '#core/types.js';
import type { DictionaryColumn, MapColumn } from '#store/native.js';
import { REPEAT_MS, type SeriesColumns } from '../decode/series-rows.js';
import type { Families } from './families.js';
import { BodyLabels, isAttribute, type Labels } from './labels.js';
import { type Meaning, meaningOf, type Metadata } from './meaning.js';
import type { Refusal } from './refusal.js';
import type { SeriesTable } from './series-table.js';

/** What a request says of a series beside its samples. */
export interface Said {
  readonly labels: () => BodyLabels | Refusal;
  /** Remote Write 2.0 sends metadata with each series; this key changes when it does, 0 is none. */
  readonly metadataKey: number;
  metadata(): Metadata;
}

/** Writes a row of `metric_series` when one is due, or when what is said of the series has changed. Returns the bytes written; 0 when nothing was due. */
export function describe(table: SeriesTable, row: number, said: Said, native: boolean, families: Families, columns: SeriesColumns, now: UnixMs): number {
  const old = now - (table.writtenAt[row] ?? 0) >= REPEAT_MS || (table.isNative[row] === 1) !== native;
  const changed = said.metadataKey === 0 ? table.generation[row] !== families.generation : table.metadataKey[row] !== said.metadataKey;
  if (!old && !changed) return 0;
  const read = said.labels();
  if ('reason' in read) return 0;
  const byName = said.metadataKey === 0 ? families.of(read.name, read.keys) : undefined;
  const isNews = old || !byName || byName.since > (table.generation[row] ?? 0);
  table.generation[row] = families.generation;
  if (said.metadataKey !== 0) table.metadataKey[row] = said.metadataKey;
  if (!isNews) return 0;
  table.isNative[row] = native ? 1 : 0;
  const meaning = byName?.meaning ?? meaningOf(read.name, read.keys, said.metadata());
  return write(table, row, read, native ? { ...meaning, metric: read.name, type: 'exponential_histogram' } : meaning, columns, now);
}

/** The same for a part of a native histogram, which nobody sends metadata for. */
export function describePart(table: SeriesTable, row: number, labels: Labels, family: string, columns: SeriesColumns, now: UnixMs): number {
  if (now - (table.writtenAt[row] ?? 0) < REPEAT_MS) return 0;
  return write(table, row, labels, { ...meaningOf(labels.name, Object.keys(labels.labels), undefined), metric: family }, columns, now);
}

function write(table: SeriesTable, row: number, labels: Labels, meaning: Meaning, columns: SeriesColumns, now: UnixMs): number {
  const resource = table.resource(row);
  table.writtenAt[row] = now;
  const isGauge = meaning.type === 'gauge';
  table.counts[row] = meaning.type === 'counter' || meaning.type === 'histogram' ? 1 : 0;
  columns.id.pushParts(table.low[row] ?? 0, table.high[row] ?? 0);
  pushName(columns.name, labels);
  pushLabels(columns.labels, labels, false);
  if (meaning.metric === labels.name) pushName(columns.metric, labels);
  else columns.metric.push(meaning.metric);
  columns.type.push(meaning.type);
  columns.unit.push(meaning.unit);
  columns.description.push(meaning.description);
  columns.temporality.push(isGauge ? '' : 'cumulative');
  columns.monotonic.push(isGauge ? 0 : 1);
  columns.service.push(resource.service);
  columns.resource.push(resource.attributes);
  pushLabels(columns.attributes, labels, true);
  columns.scopeName.push('');
  columns.scopeVersion.push('');
  columns.lastSeen.push(Math.floor(now / 1000));
  return 2 * labels.bytes + resource.size + meaning.description.length + meaning.unit.length;
}

function pushName(column: DictionaryColumn, labels: Labels): void {
  if (labels instanceof BodyLabels) labels.pushNameTo(column);
  else column.push(labels.name);
}

function pushLabels(column: MapColumn, labels: Labels, onlyAttributes: boolean): void {
  if (labels instanceof BodyLabels) labels.pushTo(column, onlyAttributes);
  else column.pushRecord(onlyAttributes ? Object.fromEntries(Object.entries(labels.labels).filter(([key]) => isAttribute(key))) : labels.labels);
}
