import type { Clock } from '#core/clock.js';
import { fingerprint } from '#core/fingerprint.js';
import { MapColumn, NumberColumn, StringColumn } from '#store/native.js';
import { labelName } from './prometheus-name.js';
import type { Resource, Scope } from './resource.js';

/** `metric_series` says what a series is; it is written when first seen and again after this, so that `last_seen` stays true. */
const REPEAT_MS = 600_000;
const FORGET_MS = 3_600_000;

/** What a point belongs to. */
export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly type: 'gauge' | 'counter' | 'histogram' | 'summary' | 'exponential_histogram';
  readonly temporality: '' | 'delta' | 'cumulative';
  readonly monotonic: boolean;
  readonly resource: Resource;
  readonly scope: Scope;
}

/** One series that was seen: its id, and the running sum of its deltas. */
export interface KnownSeries {
  readonly id: bigint;
  total: number;
  /** End of the last delta, to tell a repeated one. */
  lastMs: number;
}

interface Child extends KnownSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly type: 'gauge' | 'counter' | 'histogram' | 'summary' | 'exponential_histogram';
}

/** The series of one point: one for a number, several for a histogram. */
export interface Family {
  readonly children: readonly Child[];
  writtenAt: number;
  seenAt: number;
}

export function createSeriesColumns() {
  return {
    id: new NumberColumn('id', 'UInt64'),
    name: new StringColumn('name'),
    labels: new MapColumn('labels'),
    metric: new StringColumn('metric'),
    type: new StringColumn('type'),
    unit: new StringColumn('unit'),
    description: new StringColumn('description'),
    temporality: new StringColumn('temporality'),
    monotonic: new NumberColumn('monotonic', 'Bool'),
    service: new StringColumn('service'),
    resource: new MapColumn('resource'),
    attributes: new MapColumn('attributes'),
    scopeName: new StringColumn('scope_name'),
    scopeVersion: new StringColumn('scope_version'),
    lastSeen: new NumberColumn('last_seen', 'DateTime'),
  };
}
export type SeriesColumns = ReturnType<typeof createSeriesColumns>;

/** A child to make: its Prometheus name and the labels it adds. */
export interface ChildSpec {
  readonly name: string;
  readonly type: Child['type'];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface SeriesCache {
  /** The family of `key`, made by `specs` and `attributes` when it is new; undefined when the limit is reached. */
  find(key: string, metric: Metric, attributes: () => Readonly<Record<string, string>>, specs: () => readonly ChildSpec[]): Family | undefined;
  /** Writes the family's rows of `metric_series` when they are due. */
  describe(family: Family, metric: Metric, attributes: () => Readonly<Record<string, string>>, columns: SeriesColumns): void;
}

export function createSeriesCache(maxSeries: number, clock: Clock): SeriesCache {
  const families = new Map<string, Family>();

  function forgetIdle(): void {
    const before = clock() - FORGET_MS;
    for (const [key, family] of families) if (family.seenAt < before) families.delete(key);
  }

  return {
    find(key, metric, attributes, specs) {
      const known = families.get(key);
      if (known) {
        known.seenAt = clock();
        return known;
      }
      if (families.size >= maxSeries) forgetIdle();
      if (families.size >= maxSeries) return undefined;
      const base = baseLabels(metric.resource, attributes());
      const children = specs().map(({ name, type, labels = {} }) => {
        const all = { ...base, ...labels };
        return { id: seriesId(name, all), name, labels: all, type, total: 0, lastMs: 0 };
      });
      const family: Family = { children, writtenAt: 0, seenAt: clock() };
      families.set(key, family);
      return family;
    },
    describe(family, metric, attributes, columns) {
      const now = clock();
      if (now - family.writtenAt < REPEAT_MS) return;
      family.writtenAt = now;
      const own = attributes();
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
        columns.resource.pushAll(metric.resource.attributes);
        columns.attributes.pushRecord(own);
        columns.scopeName.push(metric.scope.name);
        columns.scopeVersion.push(metric.scope.version);
        columns.lastSeen.push(Math.floor(now / 1000));
      }
    },
  };
}

function baseLabels(resource: Resource, attributes: Readonly<Record<string, string>>): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes)) if (value !== '') labels[labelName(key)] = value;
  const namespace = resource.record['service.namespace'];
  labels['job'] = namespace ? `${namespace}/${resource.service}` : resource.service;
  const instance = resource.record['service.instance.id'];
  if (instance) labels['instance'] = instance;
  return labels;
}

function seriesId(name: string, labels: Readonly<Record<string, string>>): bigint {
  return BigInt(`0x${fingerprint(labels, name)}`);
}
