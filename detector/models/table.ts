import { messageOf } from '#core/errors.js';
import type { ApiModelEvent, ModelState } from '#core/models.js';
import type { Anomaly, SeriesKind, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';
import type { Comparison, Span } from './diff.js';
import type { InputCounts, StoredInputs } from './drift.js';
import { modelDocument, parseModel } from './files.js';
import type { Model } from './model.js';
import type { ShadowCounts } from './shadow.js';

/** One version of a model and where it stands. */
export interface Registered {
  readonly model: Model;
  readonly version: number;
  readonly state: ModelState;
  /** When it came into this state. */
  readonly since: UnixMs;
  readonly registeredAt: UnixMs;
  readonly revision: number;
}

interface ModelRow { readonly version: number; readonly state: ModelState; readonly document: string; readonly graph: string; readonly registered: string; readonly changed: string; readonly revision: string }

/** A version whose row is damaged, or written as this release does not read it. */
export interface Unreadable {
  readonly name: string;
  readonly version: number;
  readonly state: ModelState;
  readonly reason: string;
}

/** Every version; the bytes are in the table as base64, so that one backup holds all. A row that is damaged is `unreadable`. */
export async function loadModels(store: Store): Promise<{ models: Registered[]; unreadable: Unreadable[] }> {
  const rows = await store.query<ModelRow & { name: string }>(
    'SELECT name, version, state, document, onnx AS graph, toString(toUnixTimestamp64Milli(registered_at)) AS registered, toString(toUnixTimestamp64Milli(since)) AS changed, toString(revision) AS revision FROM models FINAL ORDER BY name, version',
  );
  const models: Registered[] = [];
  const unreadable: Unreadable[] = [];
  for (const { name, version, state, document, graph, registered, changed, revision } of rows) {
    try {
      models.push({ model: parseModel(document, Buffer.from(graph, 'base64')), version, state, registeredAt: Number(registered), since: Number(changed), revision: Number(revision) });
    } catch (error) {
      unreadable.push({ name, version, state, reason: messageOf(error) });
    }
  }
  return { models, unreadable };
}

export async function saveModels(store: Store, models: readonly Registered[]): Promise<void> {
  await store.insert('models', models.map(({ model, version, state, since, registeredAt, revision }) => ({
    name: model.card.name, version, state, sha256: model.card.sha256, document: modelDocument(model), onnx: model.onnx.toString('base64'), registered_at: rfc3339(registeredAt), since: rfc3339(since), revision,
  })));
}

/** Should it be readable again, it waits to be promoted. */
export async function refuseUnreadable(store: Store, { name, version }: Unreadable, at: UnixMs): Promise<void> {
  await store.command(
    `INSERT INTO models (name, version, state, sha256, document, onnx, registered_at, since, revision)
    SELECT name, version, 'refused', sha256, document, onnx, registered_at, fromUnixTimestamp64Milli({at:Int64}), greatest(revision + 1, toUInt64({at:Int64})) FROM models FINAL WHERE name = {name:String} AND version = {version:UInt32}`,
    { params: { name, version, at } },
  );
}

export async function saveEvents(store: Store, events: readonly ApiModelEvent[]): Promise<void> {
  await store.insert('model_events', events.map(({ at, ...event }) => ({ ...event, time: rfc3339(at) })));
}

/** The newest events first. */
export async function loadEvents(store: Store, limit: number): Promise<ApiModelEvent[]> {
  const rows = await store.query<Omit<ApiModelEvent, 'at'> & { at: string }>(
    'SELECT toString(toUnixTimestamp64Milli(time)) AS at, name, version, event, person, reason, replaced FROM model_events ORDER BY time DESC LIMIT {limit:UInt32}', { params: { limit } },
  );
  return rows.map((row) => ({ ...row, at: Number(row.at) }));
}

/** The version whose place the active one took at its last promotion; 0 when there was none. */
export async function replacedBy(store: Store, name: string, version: number): Promise<number> {
  const [row] = await store.query<{ replaced: number }>("SELECT replaced FROM model_events WHERE name = {name:String} AND version = {version:UInt32} AND event = 'promoted' ORDER BY time DESC LIMIT 1", { params: { name, version } });
  return row?.replaced ?? 0;
}

export async function saveShadow(store: Store, { name, version, at, counts, alarms }: { readonly name: string; readonly version: number; readonly at: UnixMs; readonly counts: ShadowCounts; readonly alarms: readonly Anomaly[] }): Promise<void> {
  // In this order: alarms may be kept twice, sums may not.
  await store.insert('model_alarms', alarms.map((alarm) => ({
    id: alarm.id, name, version, series: alarm.series.id, starts_at: rfc3339(alarm.startsAt), ends_at: alarm.endsAt === null ? null : rfc3339(alarm.endsAt), updated_at: rfc3339(at), document: JSON.stringify(alarm),
  })));
  await store.insert('model_shadow', [{
    time: rfc3339(at), name, version, points: counts.points, outside_active: counts.outsideActive, outside_shadow: counts.outsideShadow, error_active: counts.errorActive, error_shadow: counts.errorShadow,
    ms_active: counts.msActive, ms_shadow: counts.msShadow, steps: counts.steps, skipped: counts.skipped,
  }]);
}

/** The sums of a comparison since `from`, and the alarms of both sides. Arrivals of telemetry are no model's work and stay out. A step is summed up `lagMs` after its time at the latest. */
export async function loadComparison(store: Store, name: string, version: number, from: UnixMs, lagMs: number): Promise<Comparison> {
  const params = { name, version, from };
  const [sums, shadow, active, unseen] = await Promise.all([
    store.query<Record<keyof ShadowCounts, number>>(
      `SELECT toFloat64(sum(points)) AS points, toFloat64(sum(outside_active)) AS outsideActive, toFloat64(sum(outside_shadow)) AS outsideShadow, sum(error_active) AS errorActive, sum(error_shadow) AS errorShadow,
        sum(ms_active) AS msActive, sum(ms_shadow) AS msShadow, toFloat64(sum(steps)) AS steps, toFloat64(sum(skipped)) AS skipped
      FROM model_shadow WHERE name = {name:String} AND version = {version:UInt32} AND time >= fromUnixTimestamp64Milli({from:Int64})`, { params },
    ),
    loadDocuments(store, 'model_alarms', 'name = {name:String} AND version = {version:UInt32} AND starts_at >= fromUnixTimestamp64Milli({from:Int64}) ORDER BY starts_at LIMIT 10000', params),
    loadDocuments(store, 'anomalies', 'starts_at >= fromUnixTimestamp64Milli({from:Int64}) AND series IN (SELECT id FROM watched_series) ORDER BY starts_at LIMIT 10000', params),
    store.query<{ after: string; until: string }>(
      `SELECT toString(toUnixTimestamp64Milli(before)) AS after, toString(toUnixTimestamp64Milli(time)) AS until FROM (
        SELECT time, skipped, lagInFrame(time, 1, fromUnixTimestamp64Milli({from:Int64})) OVER (ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
        FROM model_shadow WHERE name = {name:String} AND version = {version:UInt32} AND time >= fromUnixTimestamp64Milli({from:Int64})
      ) WHERE skipped > 0 ORDER BY time`, { params },
    ),
  ]);
  const [counts] = sums;
  return { counts: counts ?? { points: 0, outsideActive: 0, outsideShadow: 0, errorActive: 0, errorShadow: 0, msActive: 0, msShadow: 0, steps: 0, skipped: 0 }, active, shadow, unseen: unseen.map(({ after, until }): Span => [Number(after) - lagMs, Number(until)]) };
}

export async function saveInputs(store: Store, at: UnixMs, inputs: ReadonlyMap<SeriesKind, InputCounts>): Promise<void> {
  await store.insert('model_inputs', [...inputs].map(([kind, counts]) => ({ time: rfc3339(at), kind, ...counts })));
}

/** What each kind of series showed between two times. */
export async function loadInputs(store: Store, from: UnixMs, to: UnixMs): Promise<Map<SeriesKind, StoredInputs>> {
  const rows = await store.query<{ kind: SeriesKind; bins: string[]; points: string; outside: string; hours: string }>(
    'SELECT kind, sumForEach(counts) AS bins, sum(model_inputs.points) AS points, sum(model_inputs.outside) AS outside, countDistinct(toStartOfHour(time)) AS hours FROM model_inputs WHERE time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({to:Int64}) GROUP BY kind', { params: { from, to } },
  );
  return new Map(rows.map(({ kind, bins, points, outside, hours }) => [kind, { counts: bins.map(Number), points: Number(points), outside: Number(outside), hours: Number(hours) }]));
}

/** Episodes that began between two times, by kind of series. */
export async function countEpisodes(store: Store, from: UnixMs, to: UnixMs): Promise<Map<string, number>> {
  const rows = await store.query<{ kind: string; episodes: string }>(
    "SELECT JSONExtractString(document, 'series', 'kind') AS kind, count() AS episodes FROM anomalies FINAL WHERE starts_at >= fromUnixTimestamp64Milli({from:Int64}) AND starts_at < fromUnixTimestamp64Milli({to:Int64}) GROUP BY kind", { params: { from, to } },
  );
  return new Map(rows.map(({ kind, episodes }) => [kind, Number(episodes)]));
}
