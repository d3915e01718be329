import { isRollout, type ProcessChange } from '#core/processes.js';
import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

export interface Deploy {
  readonly service: string;
  readonly version: string;
  readonly at: UnixMs;
  /** When it was last seen, if another version of the service was seen after it. */
  readonly goneAt?: UnixMs;
}

/** Evidence begins with its step, which begins before what happened in it. */
const STEP_MS = 15_000;

/** Whether something happened at most `window` before the onset. */
export const isJustBefore = (at: UnixMs, onsetAt: UnixMs, window: number): boolean => at <= onsetAt + STEP_MS && at >= onsetAt - window;

/** The newest version of a service that appeared at most `window` before the onset, and had not been replaced or rolled back by then. */
export function deployBefore(deploys: readonly Deploy[], service: string, onsetAt: UnixMs, window: number): Deploy | undefined {
  return deploys.findLast((one) => one.service === service && isJustBefore(one.at, onsetAt, window) && (one.goneAt === undefined || one.goneAt >= onsetAt));
}

/** A service with more of them starts a process for each task. */
const MOST_CHANGES = 20;

/** Changes of processes that no new version tells, of services where they are few. */
export function unexplained(changes: readonly ProcessChange[], deploys: readonly Deploy[]): readonly ProcessChange[] {
  const isFew = ({ service }: ProcessChange): boolean => changes.filter((one) => one.service === service).length <= MOST_CHANGES;
  return changes.filter((one) => isFew(one) && !isRollout(one, deploys));
}

/** The newest change of a service at most `window` before the onset. */
export function changeBefore(changes: readonly ProcessChange[], service: string, onsetAt: UnixMs, window: number): ProcessChange | undefined {
  return changes.findLast((one) => one.service === service && isJustBefore(one.at, onsetAt, window));
}

/** Whether a service had a new version just before the onset, or other processes clearly before it: one that crashes because what it calls is gone does so just after. */
export function changedBefore(deploys: readonly Deploy[], changes: readonly ProcessChange[], service: string, onsetAt: UnixMs, window: number): boolean {
  return deployBefore(deploys, service, onsetAt, window) !== undefined || changes.some((one) => one.service === service && one.at <= onsetAt - STEP_MS && isJustBefore(one.at, onsetAt, window));
}

/** Versions first seen between `from` and `to` in services that ran another version before, oldest first. */
export async function loadDeploys(store: Store, services: readonly string[], from: UnixMs, to: UnixMs): Promise<Deploy[]> {
  const rows = await store.query<{ service: string; version: string; at: number | string; last: number | string; isGone: number }>(
    `SELECT service, version, at, last, last < newest AS isGone FROM (
       SELECT service, version, toUnixTimestamp(min(time)) AS at, toUnixTimestamp(max(time)) AS last, min(at) OVER (PARTITION BY service) AS first, max(last) OVER (PARTITION BY service) AS newest
       FROM red_5s WHERE service IN {services:Array(String)} AND version != '' AND time >= toDateTime({history:UInt32}) AND time <= toDateTime({to:UInt32})
       GROUP BY service, version)
     WHERE at > first AND at >= {from:UInt32} ORDER BY at`,
    { params: { services, history: Math.floor(from / 1000) - 3600, from: Math.floor(from / 1000), to: Math.ceil(to / 1000) } },
  );
  return rows.map((row) => ({ service: row.service, version: row.version, at: Number(row.at) * 1000, ...(row.isGone === 1 && { goneAt: Number(row.last) * 1000 }) }));
}
