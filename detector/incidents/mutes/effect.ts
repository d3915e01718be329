import { DAY_MS } from '#core/clock.js';
import type { MuteDraft, MuteEffect } from '#core/feedback.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Anomaly, Incident, UnixMs } from '#core/types.js';
import { loadDocuments } from '#store/documents.js';
import { emptyStore } from '#store/empty.js';
import type { Store } from '#store/store.js';
import type { IncidentsConfig } from '../config.js';
import { createIncidents } from '../incidents.js';
import type { Topology } from '../graph/topology.js';
import { matches } from './mute.js';

/** The newest of so many are replayed. */
const MOST_ANOMALIES = 20_000;
/** Others get a turn after so long. */
const TURN_MS = 20;
/** What lasts this long has shown what it is: until it ends, or another begins, time is skipped in leaps of as much. */
const LEAP_MS = 300_000;
/** Explaining an incident anew changes nothing here. */
const UPDATE_MS = 1_800_000;
const DETECT_STEPS = 2;
/** Weeks of one trouble without an end: the rest is not lived through. */
const MOST_STEPS = 200_000;

export interface EffectOptions {
  readonly store: Store;
  readonly config: IncidentsConfig;
  /** Time between two steps of the detector. */
  readonly step: number;
  readonly topologyAt: (now: UnixMs) => Promise<Topology>;
}

/** What `drafts` would have changed in the last `days`: the stored anomalies go through the live correlation twice, with and without the mutes. */
export async function effectOf(drafts: readonly MuteDraft[], days: number, now: UnixMs, { store, config, step, topologyAt }: EffectOptions): Promise<MuteEffect> {
  const from = now - days * DAY_MS;
  const [anomalies, real, topology] = await Promise.all([loadAnomalies(store, from), loadReal(store, from), topologyAt(now)]);
  const muted = (one: Anomaly): boolean => drafts.some(({ match }) => matches(match, one));
  const kept = anomalies.filter((one) => !muted(one));
  const options = { config, step, topology };
  const before = await replayAnomalies(anomalies, options);
  const after = kept.length === anomalies.length ? before : await replayAnomalies(kept, options);
  const told = new Set(after.flatMap((ids) => [...ids]));
  const removed = before.filter((ids) => ![...ids].some((id) => told.has(id)));
  const lost = real.filter(({ evidence }) => evidence.some(muted) && !evidence.some(({ id }) => told.has(id)));
  const removedReal = lost.map(({ id, title, startsAt }) => ({ id, title, startsAt }));
  const effect = { from, to: now, anomalies: anomalies.length, removedAnomalies: anomalies.length - kept.length, incidents: before.length, removedIncidents: removed.length, removedReal };
  return { ...effect, text: effectText(effect, days) };
}

function effectText({ anomalies, removedAnomalies, incidents, removedIncidents, removedReal }: Omit<MuteEffect, 'text'>, days: number): string {
  const real = removedReal.length === 0 ? 'none of them confirmed real' : `${removedReal.length} OF THEM CONFIRMED REAL: ${removedReal.map(({ title }) => `“${title}”`).slice(0, 3).join(', ')}`;
  return `would have removed ${removedAnomalies} of ${anomalies} anomalies and ${removedIncidents} of ${incidents} incidents in ${days === 1 ? 'a day' : `${days} days`}, ${real}`;
}

/** Ids of the anomalies in each incident that the live correlation makes of finished episodes, which it is given step by step as the detector did. Steps in which nothing lasts and nothing waits are left out. */
export async function replayAnomalies(anomalies: readonly Anomaly[], { config, step, topology }: { readonly config: IncidentsConfig; readonly step: number; readonly topology: Topology }): Promise<ReadonlySet<string>[]> {
  const found = new Map<string, Set<string>>();
  let now = 0;
  const incidents = createIncidents({
    store: emptyStore, registry: new Registry(), logger: silentLogger, clock: () => now, config: { ...config, update_every: UPDATE_MS }, topologyAt: async () => topology,
    events: { consume: async ({ incident }) => void found.set(incident.id, idsOf(incident, found.get(incident.id))) },
  });
  const queue = anomalies.toSorted((a, b) => a.startsAt - b.startsAt);
  const lasting = new Map<string, Anomaly>();
  let next = 0;
  let quietSince = Number.NEGATIVE_INFINITY;
  let turnAt = performance.now();
  const settled = config.resolve_after + config.reopen_within + config.window + config.stale_after;
  for (let steps = 0; steps < MOST_STEPS && (next < queue.length || lasting.size > 0 || now - quietSince < settled); steps += 1) {
    now = nextTime(now, step, queue[next], [...lasting.values()], now - quietSince >= settled);
    for (let one = queue[next]; one && one.startsAt + (DETECT_STEPS - 1) * step <= now; one = queue[next]) {
      lasting.set(one.id, one);
      next += 1;
    }
    const told = [...lasting.values()].map((one) => stateAt(one, now));
    for (const one of told) if (one.endsAt !== null) lasting.delete(one.id);
    if (told.length > 0) quietSince = now;
    await incidents.consume(told);
    if (performance.now() - turnAt > TURN_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      turnAt = performance.now();
    }
  }
  return [...found.values()];
}

/** The next step at which something may change. */
function nextTime(now: UnixMs, step: number, upcoming: Anomaly | undefined, lasting: readonly Anomaly[], settled: boolean): UnixMs {
  const begins = upcoming ? Math.floor(upcoming.startsAt / step) * step : Number.POSITIVE_INFINITY;
  if (lasting.length === 0) return settled && upcoming ? Math.max(now + step, begins) : now + step;
  if (lasting.some(({ startsAt }) => now - startsAt < LEAP_MS)) return now + step;
  const ends = Math.min(...lasting.map(endOf));
  return Math.max(now + step, Math.min(begins, Math.floor(ends / step) * step, now + LEAP_MS));
}

const endOf = ({ endsAt, updatedAt }: Anomaly): UnixMs => endsAt ?? updatedAt;

/** An episode as it was known at `now`. How its score grew is not stored: it counts as its highest at once. One that was never seen to end ends with its newest point. */
function stateAt(one: Anomaly, now: UnixMs): Anomaly {
  const end = endOf(one);
  if (end <= now) return { ...one, endsAt: end };
  const updatedAt = Math.max(one.startsAt, now);
  const length = Math.max(1, end - one.startsAt);
  const points = Math.max(Math.min(2, one.points), Math.round((one.points * (updatedAt - one.startsAt)) / length));
  return { ...one, endsAt: null, updatedAt, points };
}

function idsOf({ evidence }: Incident, before: ReadonlySet<string> | undefined): Set<string> {
  return new Set([...(before ?? []), ...evidence.map(({ id }) => id)]);
}

const loadAnomalies = (store: Store, from: UnixMs): Promise<Anomaly[]> => loadDocuments(store, 'anomalies', `toUnixTimestamp64Milli(starts_at) >= {from:Int64} ORDER BY starts_at DESC LIMIT ${MOST_ANOMALIES}`, { from });

/** Incidents that people said were real, whatever their cause. */
const loadReal = (store: Store, from: UnixMs): Promise<Incident[]> => loadDocuments(store, 'incidents', "verdict IN ('real', 'wrong_cause') AND toUnixTimestamp64Milli(starts_at) >= {from:Int64} ORDER BY starts_at DESC LIMIT 1000", { from });
