import type { UnixMs } from '#core/types.js';
import { DictionaryColumn, MapColumn, NumberColumn, SharedMapColumn, StringColumn } from '#store/native.js';
import type { Attributes, Family, Metric } from './series.js';

/** `metric_series` says what a series is; it is written when first seen and again after this, so that `last_seen` stays true. */
export const REPEAT_MS = 600_000;

export function createSeriesColumns() {
  return {
    id: new NumberColumn('id', 'UInt64'),
    name: new DictionaryColumn('name'),
    labels: new MapColumn('labels'),
    metric: new DictionaryColumn('metric'),
    type: new DictionaryColumn('type'),
    unit: new DictionaryColumn('unit'),
    description: new StringColumn('description'),
    temporality: new DictionaryColumn('temporality'),
    monotonic: new NumberColumn('monotonic', 'Bool'),
    service: new DictionaryColumn('service'),
    resource: new SharedMapColumn('resource'),
    attributes: new MapColumn('attributes'),
    scopeName: new StringColumn('scope_name'),
    scopeVersion: new StringColumn('scope_version'),
    lastSeen: new NumberColumn('last_seen', 'DateTime'),
  };
}
export type SeriesColumns = ReturnType<typeof createSeriesColumns>;

/** Writes the family's rows of `metric_series` when they are due. Returns the bytes that they repeat. */
export function describe(family: Family, metric: Metric, attributes: Attributes, columns: SeriesColumns, now: UnixMs): number {
  if (now - family.writtenAt < REPEAT_MS) return 0;
  family.writtenAt = now;
  const own = attributes();
  const from = columns.attributes.size + columns.labels.size;
  for (const child of family.children) {
    columns.id.pushBigInt(child.id);
    columns.name.push(child.name);
    columns.labels.pushRecord(child.labels);
    columns.metric.push(metric.name);
    columns.type.push(child.type);
    columns.unit.push(metric.unit);
    columns.description.push(metric.description);
    columns.temporality.push(metric.temporality);
    columns.monotonic.push(metric.monotonic ? 1 : 0);
    columns.service.push(metric.resource.service);
    columns.resource.push(metric.resource.attributes);
    columns.attributes.pushRecord(own);
    columns.scopeName.push(metric.scope.name);
    columns.scopeVersion.push(metric.scope.version);
    columns.lastSeen.push(Math.floor(now / 1000));
  }
  const each = metric.resource.size + metric.scope.size + 2 * metric.name.length + metric.unit.length + metric.description.length;
  return columns.attributes.size + columns.labels.size - from + family.children.length * each;
}
