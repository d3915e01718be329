import type { Clock } from '#core/clock.js';
import { seriesId } from '#core/series-id.js';
import type { UnixMs } from '#core/types.js';
import { LABELS_TOO_LARGE, MAX_LABEL_BYTES } from '../label-limits.js';
import { hashText } from '../new-series.js';
import type { Limits } from './outcome.js';
import type { Resource, Scope } from './resource.js';
import { areTooLarge, baseLabels } from './series-labels.js';

const FORGET_MS = 3_600_000;
/** Least time between two searches for forgotten series, which walk all of them. */
const SWEEP_MS = 60_000;
/** A sender whose bounds change all the time must not take the room of others: of the totals they leave behind the oldest go. */
const MOST_RETIRED = 1_000;

/** What a point belongs to. */
export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly type: 'gauge' | 'counter' | 'histogram' | 'summary' | 'exponential_histogram';
  /** One that may fall is stored as a gauge, but not named as one. */
  readonly isSum: boolean;
  readonly temporality: '' | 'delta' | 'cumulative';
  readonly monotonic: boolean;
  readonly resource: Resource;
  readonly scope: Scope;
  readonly sender: Sender;
}

/** Keys of a resource and a scope, short ones. */
export interface Sender {
  readonly resource: string;
  readonly scope: string;
}

/** One series that was seen. */
export interface KnownSeries {
  readonly id: bigint;
  /** Its halves. */
  readonly low: number;
  readonly high: number;
  readonly shared: SharedState;
}

/** Of one series, whichever families write it: those of several scopes, or of resources that its labels do not tell apart. */
export interface SharedState {
  /** Running sum of deltas. */
  total: number;
  /** Time of the last sample of it. */
  lastMs: number;
  /** The family that wrote last. */
  owner: Family | undefined;
  /** Those that have the series or had it in an earlier shape; it is forgotten with the last. */
  families: number;
}

interface Child extends KnownSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly type: Metric['type'];
}

/** The series of one stream of points: one for numbers, several for histograms. */
export interface Family {
  children: readonly Child[];
  /** Of children that earlier shapes had, by id: they go on when their bounds come back. */
  readonly retired: ReadonlyMap<bigint, SharedState>;
  /** What the children were made from; when it changes they are made anew. */
  shape: string;
  writtenAt: number;
  seenAt: number;
  /** Time of the last delta, nanoseconds, to tell a repeated one. */
  lastNs: number;
  /** Of totals the latest start of the stream, to tell a second sender; of deltas the first, before which nothing was counted. */
  startMs: number;
  /** Of deltas, stretches since then of which nothing was counted: begin and end of each, milliseconds. */
  gaps: readonly number[];
  readonly sender: Sender;
  /** Whether others write a series of it. */
  isShared: boolean;
  /** When it became the owner of its first series; 0: it never was. */
  ownerAt: number;
  /** No longer in the cache: not to be used again. */
  forgotten: boolean;
}

/** A child to make: its Prometheus name and the labels it adds. */
export interface ChildSpec {
  readonly name: string;
  readonly type: Child['type'];
  readonly labels?: Readonly<Record<string, string>>;
}

export type Attributes = () => Readonly<Record<string, string>>;

export interface SeriesCache {
  known(key: string): Family | undefined;
  /** The family of `key`, its children made by `specs` and `attributes` when it is new or of another shape; a text says why there is no room for it. `warn` is told what its owner should mend. */
  find(key: string, shape: string, metric: Metric, attributes: Attributes, specs: () => readonly ChildSpec[], warn: (text: string) => void): Family | string;
}

/** Of nearly all families. */
export const NO_GAPS: readonly number[] = [];

/** What a family takes of the room there is. */
const sizeOf = ({ children, retired }: Family): number => children.length + retired.size;

/** `swept` is called after some were forgotten. */
export function createSeriesCache({ maxSeries, newSeries }: Limits, clock: Clock, swept: () => void): SeriesCache {
  const families = new Map<string, Family>();
  const states = new Map<bigint, SharedState>();
  let size = 0;
  let sweptAt = 0;

  function take(family: Family): void {
    size += sizeOf(family);
    for (const { shared } of family.children) shared.families += 1;
    for (const shared of family.retired.values()) shared.families += 1;
  }

  function release(family: Family): void {
    family.forgotten = true;
    size -= sizeOf(family);
    for (const { id, shared } of family.children) drop(id, shared, family);
    for (const [id, shared] of family.retired) drop(id, shared, family);
  }

  function drop(id: bigint, shared: SharedState, family: Family): void {
    shared.families -= 1;
    if (shared.owner === family) shared.owner = undefined;
    if (shared.families === 0) states.delete(id);
  }

  function stateOf(id: bigint): SharedState {
    const shared = states.get(id) ?? { total: 0, lastMs: 0, owner: undefined, families: 0 };
    states.set(id, shared);
    return shared;
  }

  function hasRoom(count: number): boolean {
    const now = clock();
    if (size + count > maxSeries && now - sweptAt >= SWEEP_MS) {
      sweptAt = now;
      for (const [key, family] of families) {
        if (family.seenAt >= now - FORGET_MS) continue;
        families.delete(key);
        release(family);
      }
      swept();
    }
    return size + count <= maxSeries;
  }

  return {
    known: (key) => families.get(key),
    find(key, shape, metric, attributes, specs, warn) {
      const now = clock();
      const before = families.get(key);
      if (before?.shape === shape) {
        before.seenAt = now;
        return before;
      }
      // A key holds what was sent as it was sent, also what becomes no label.
      if (key.length > 2 * MAX_LABEL_BYTES) return LABELS_TOO_LARGE;
      const own = attributes();
      const base = baseLabels(metric.resource, own);
      const made = specs();
      if (areTooLarge(base, made)) return LABELS_TOO_LARGE;
      if (before) before.seenAt = now;
      if (!hasRoom(made.length)) return `more than ${maxSeries} metric series`;
      if (!before) {
        const { refused, warning } = newSeries.admit(metric.resource.service, made.length, Object.keys(own), Object.values(own).map(hashText));
        if (refused !== undefined) return refused;
        if (warning !== undefined) warn(warning);
      }
      const retired = new Map(before?.retired);
      for (const { id, shared } of before?.children ?? []) if (shared.total !== 0) retired.set(id, shared);
      const children = made.map(({ name, type, labels = {} }): Child => {
        const all = { ...base, ...labels };
        const id = seriesId(name, all);
        retired.delete(id);
        return { id, low: Number(id & 0xffff_ffffn), high: Number(id >> 32n), name, labels: all, type, shared: stateOf(id) };
      });
      for (const id of retired.keys()) {
        if (retired.size <= MOST_RETIRED) break;
        retired.delete(id);
      }
      const family: Family = { children, retired, shape, writtenAt: 0, seenAt: now, lastNs: before?.lastNs ?? 0, startMs: before?.startMs ?? 0, gaps: before?.gaps ?? NO_GAPS, sender: metric.sender, isShared: false, ownerAt: before?.ownerAt ?? 0, forgotten: false };
      take(family);
      if (before) release(before);
      meet(family, now);
      families.set(key, family);
      return family;
    },
  };
}

/** A new family owns the series that nobody else has; of the others its owner is told. */
function meet(family: Family, now: UnixMs): void {
  for (const [index, { shared }] of family.children.entries()) {
    if (shared.families > 1) {
      family.isShared = true;
      if (shared.owner) shared.owner.isShared = true;
    }
    if (shared.owner) continue;
    shared.owner = family;
    if (index === 0) family.ownerAt = now;
  }
}
