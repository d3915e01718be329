import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { SAMPLES_WITHIN } from '#store/within.js';
import { isJustBefore, type Deploy } from './deploys.js';

/** A process of a service that ran at some time. */
export interface ServiceProcess {
  readonly service: string;
  readonly first: UnixMs;
  readonly last: UnixMs;
  /** What its resource says that others of the service say as well. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Processes of a service that came or went, without a new version: a restart, scaling, other settings. */
export interface ProcessChange {
  readonly service: string;
  readonly at: UnixMs;
  /** How many of those that ran before went. */
  readonly gone: number;
  /** Beginning with a capital letter. */
  readonly text: string;
}

/** What comes and goes so close together is one change; telemetry is exported up to a minute late. */
const TOGETHER_MS = 90_000;
/** A service that is heard for less than this is not known to have had fewer processes before. */
const SETTLED_MS = 180_000;
/** A process is gone when others of its service were heard for so long after it. Its last sign is written within half a minute. */
const GONE_MS = 90_000;
/** A service with more of them starts a process for each task. */
const MOST_CHANGES = 20;
const MOST_ATTRIBUTES = 3;
const LOOK_BACK_MS = 3_600_000;
const MOST_PROCESSES = 20_000;

/** Changes between `from` and `to`, oldest first. Those that come with a new version are told by that. */
export function changesOf(processes: readonly ServiceProcess[], deploys: readonly Pick<Deploy, 'service' | 'at'>[], from: UnixMs, to: UnixMs): readonly ProcessChange[] {
  return [...new Set(processes.map(({ service }) => service))].flatMap((service) => changesOfOne(service, processes.filter((one) => one.service === service), from, to))
    .filter(({ service, at }) => !deploys.some((deploy) => deploy.service === service && Math.abs(deploy.at - at) <= TOGETHER_MS))
    .toSorted((a, b) => a.at - b.at);
}

function changesOfOne(service: string, own: readonly ServiceProcess[], from: UnixMs, to: UnixMs): readonly ProcessChange[] {
  const begun = Math.min(...own.map(({ first }) => first));
  const newest = Math.max(...own.map(({ last }) => last));
  const moves = own.flatMap((process) => [
    ...(process.first > begun + SETTLED_MS ? [{ at: process.first, process, came: true }] : []),
    ...(process.last < newest - GONE_MS ? [{ at: process.last, process, came: false }] : []),
  ]).filter(({ at }) => at >= from && at <= to).toSorted((a, b) => a.at - b.at);
  if (moves.length > MOST_CHANGES * 2) return [];
  const groups: (typeof moves)[] = [];
  for (const move of moves) {
    const group = groups.at(-1);
    if (group && move.at - (group.at(-1)?.at ?? 0) <= TOGETHER_MS) group.push(move);
    else groups.push([move]);
  }
  /** Until then it is not known who went. */
  const isSettled = (until: UnixMs): boolean => to - until >= GONE_MS;
  return groups.flatMap((group) => {
    const [at, until] = [group[0]?.at ?? 0, group.at(-1)?.at ?? 0];
    // What was heard last is written up to a minute late.
    const before = own.filter(({ first, last }) => first < at && last >= at - GONE_MS);
    const after = own.filter(({ first, last }) => first <= until && (last > until || last >= newest - GONE_MS));
    const came = group.filter((move) => move.came && after.includes(move.process)).map(({ process }) => process);
    const gone = group.filter((move) => !move.came && before.includes(move.process)).length;
    if (came.length + gone === 0) return [];
    return [{ service, at, gone, text: `${isSettled(until) ? countText(before.length, came.length, gone) : newText(came.length, gone)}${otherwise(came, before)}` }];
  });
}

const newText = (came: number, gone: number): string => (came === 0 ? `${gone} ${gone === 1 ? 'process' : 'processes'} gone` : `${came} new ${came === 1 ? 'process' : 'processes'}`);

function countText(before: number, came: number, gone: number): string {
  const after = before + came - gone;
  if (came === gone) return before === 1 ? 'Restarted' : `${gone} of ${before} processes restarted`;
  if (gone === 0) return `Scaled out from ${before} to ${after} processes`;
  return came === 0 ? `${gone} of ${before} processes gone` : `${gone} of ${before} processes gone, ${came} new`;
}

/** What all that came say, and none of those before. */
function otherwise(came: readonly ServiceProcess[], before: readonly ServiceProcess[]): string {
  const [one] = came;
  if (!one || before.length === 0) return '';
  const moved = Object.entries(one.attributes).filter(([key, value]) => came.every(({ attributes }) => attributes[key] === value) && before.every(({ attributes }) => attributes[key] !== value));
  return moved.slice(0, MOST_ATTRIBUTES).map(([key, value]) => `, ${key} ${before[0]?.attributes[key] ?? 'unset'} → ${value}`).join('');
}

/** The newest change of a service at most `window` before the onset. */
export function changeBefore(changes: readonly ProcessChange[], service: string, onsetAt: UnixMs, window: number): ProcessChange | undefined {
  return changes.findLast((one) => one.service === service && isJustBefore(one.at, onsetAt, window));
}

/** Changes of the processes of `services` between `from` and `to`, as far as telemetry tells processes apart: OTLP by its resources, Prometheus' targets by when they say that they began. */
export async function loadProcessChanges(store: Store, services: readonly string[], deploys: readonly Deploy[], from: UnixMs, to: UnixMs): Promise<readonly ProcessChange[]> {
  const told = await loadTold(store, services, from);
  const others = services.filter((service) => !told.some((one) => one.service === service));
  return changesOf([...told, ...(others.length > 0 ? await loadScraped(store, others, from, to) : [])], deploys, from, to);
}

async function loadTold(store: Store, services: readonly string[], from: UnixMs): Promise<readonly ServiceProcess[]> {
  const rows = await store.query<{ service: string; begun: string; heard: string; attributes: Record<string, string> }>(
    `SELECT service, toUnixTimestamp64Milli(min(first)) AS begun, toUnixTimestamp64Milli(max(last)) AS heard, anyLast(attributes) AS attributes FROM service_processes
     WHERE service IN {services:Array(String)} GROUP BY service, process HAVING heard >= {history:Int64} ORDER BY heard DESC LIMIT {most:UInt32}`,
    { params: { services, history: Math.floor(from - LOOK_BACK_MS), most: MOST_PROCESSES } },
  );
  return rows.map(({ service, begun, heard, attributes }) => ({ service, first: Number(begun), last: Number(heard), attributes }));
}

/** A process is a target and when it began. */
async function loadScraped(store: Store, services: readonly string[], from: UnixMs, to: UnixMs): Promise<readonly ServiceProcess[]> {
  const ids = `SELECT id FROM metric_series WHERE name = 'process_start_time_seconds' AND service IN {services:Array(String)}`;
  const rows = await store.query<{ service: string; begun: number; heard: string }>(
    `SELECT service, value AS begun, toUnixTimestamp64Milli(max(time)) AS heard
     FROM metric_samples INNER JOIN (SELECT id, any(service) AS service FROM metric_series WHERE id IN (${ids}) AND name = 'process_start_time_seconds' GROUP BY id) AS described ON id = series
     WHERE series IN (${ids}) AND NOT isNaN(value) AND ${SAMPLES_WITHIN} GROUP BY service, series, value ORDER BY heard DESC LIMIT {most:UInt32}`,
    { params: { services, from: Math.floor((from - LOOK_BACK_MS) / 1000), to: Math.ceil(to / 1000), most: MOST_PROCESSES } },
  );
  return rows.map(({ service, begun, heard }) => ({ service, first: Math.round(begun * 1000), last: Number(heard), attributes: {} }));
}
