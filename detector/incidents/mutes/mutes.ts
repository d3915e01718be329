import { randomUUID } from 'node:crypto';
import { DAY_MS, type Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Mute, MuteDraft, MutedAnomaly, MuteState } from '#core/feedback.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Anomaly, Component, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from '#store/store.js';
import { loadWritten, saveWritten } from '../by-people.js';
import { isActive, matches, muteText } from './mute.js';

export const MUTE_MS = 90 * DAY_MS;
const MOST_MUTES = 2_000;
const SHOWN = 100;
const TABLE = 'mutes';

/** What keeps anomalies out of incidents. */
export interface Muter {
  /** Whether a mute is about the anomaly as it is now. It is then counted, and stored with the next `flush`. */
  take(anomaly: Anomaly, now: UnixMs): boolean;
  flush(): Promise<void>;
}

export interface Mutes extends Component, Muter {
  list(): Promise<MuteState[]>;
  get(id: string): Mute;
  add(drafts: readonly MuteDraft[], expiresAt: UnixMs | null, by: string): Promise<Mute[]>;
  change(id: string, change: Partial<Pick<Mute, 'match' | 'reason' | 'expiresAt'>>): Promise<Mute>;
  remove(id: string): Promise<void>;
  muted(id: string): Promise<MutedAnomaly[]>;
  /** Muted anomalies of services in a stretch of time. */
  mutedIn(services: readonly string[], from: UnixMs, to: UnixMs): Promise<MutedAnomaly[]>;
}

export interface MutesOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
}

export const mutesMetricTable = {
  faultline_incidents_muted_anomalies_total: { type: 'counter', help: 'Anomalies that a mute kept out of incidents.' },
  faultline_incidents_mutes: { type: 'gauge', help: 'Mutes by state: active or expired.', labels: ['state'] },
} as const;

/** The mutes in the store and what they suppressed. Nothing is dropped: the detector stores every anomaly, and those that were muted are in `muted_anomalies` too. */
export function createMutes({ store, registry, logger, clock }: MutesOptions): Mutes {
  const metrics = registerMetrics(registry, mutesMetricTable);
  const mutes = new Map<string, Mute>();
  /** Episodes that last and are muted, by id. */
  const lasting = new Set<string>();
  /** Not stored yet, newest state of each. */
  const due = new Map<string, MutedAnomaly>();

  function known(id: string): Mute {
    const mute = mutes.get(id);
    if (!mute) throw new PipelineError('NOT_FOUND', `no mute ${id}`);
    return mute;
  }

  async function put(mute: Mute): Promise<Mute> {
    await saveWritten(store, TABLE, mute, clock());
    mutes.set(mute.id, mute);
    count();
    return mute;
  }

  function count(): void {
    const active = [...mutes.values()].filter((mute) => isActive(mute, clock())).length;
    metrics.faultline_incidents_mutes.set({ state: 'active' }, active);
    metrics.faultline_incidents_mutes.set({ state: 'expired' }, mutes.size - active);
  }

  return {
    name: 'mutes',
    async start() {
      for (const mute of await loadWritten(store, TABLE)) mutes.set(mute.id, mute);
      count();
    },
    stop: async () => {},
    take(anomaly, now) {
      if (mutes.size === 0) return false;
      const mute = [...mutes.values()].find((one) => isActive(one, now) && matches(one.match, anomaly));
      if (!mute) return lasting.delete(anomaly.id) && false;
      const first = !lasting.has(anomaly.id);
      if (first) metrics.faultline_incidents_muted_anomalies_total.inc();
      if (first || anomaly.endsAt !== null) due.set(anomaly.id, { mute: mute.id, anomaly });
      if (anomaly.endsAt === null) lasting.add(anomaly.id);
      else lasting.delete(anomaly.id);
      return true;
    },
    async flush() {
      if (due.size === 0) return;
      const rows = [...due.values()];
      const at = rfc3339(clock());
      try {
        await store.insert('muted_anomalies', rows.map(({ mute, anomaly }) => ({ id: anomaly.id, mute, service: anomaly.series.service, starts_at: rfc3339(anomaly.startsAt), updated_at: at, document: JSON.stringify(anomaly) })));
        for (const row of rows) if (due.get(row.anomaly.id) === row) due.delete(row.anomaly.id);
      } catch (error) {
        logger.warn({ error: messageOf(error) }, 'muted anomalies were not stored; trying again');
      }
    },
    async list() {
      count();
      const rows = await store.query<{ mute: string; suppressed: string; last: string }>('SELECT mute, uniqExact(id) AS suppressed, max(toUnixTimestamp64Milli(starts_at)) AS last FROM muted_anomalies GROUP BY mute');
      const counts = new Map(rows.map((row) => [row.mute, row]));
      return [...mutes.values()]
        .map((mute): MuteState => {
          const seen = counts.get(mute.id);
          return { ...mute, text: muteText(mute.match), active: isActive(mute, clock()), suppressed: Number(seen?.suppressed ?? 0), lastSuppressedAt: seen ? Number(seen.last) : null };
        })
        .toSorted((a, b) => Number(b.active) - Number(a.active) || b.createdAt - a.createdAt);
    },
    get: known,
    async add(drafts, expiresAt, by) {
      if (mutes.size + drafts.length > MOST_MUTES) throw new PipelineError('QUERY_INVALID', `there would be more than ${MOST_MUTES} mutes: remove some that are over`);
      const now = clock();
      const added: Mute[] = [];
      for (const { match, reason, incident } of drafts) added.push(await put({ match, reason, incident, id: randomUUID(), createdAt: now, createdBy: by, updatedAt: now, expiresAt: expiresAt ?? now + MUTE_MS }));
      return added;
    },
    change: (id, change) => put({ ...known(id), ...change, updatedAt: clock() }),
    async remove(id) {
      await saveWritten(store, TABLE, known(id), clock(), true);
      mutes.delete(id);
      count();
    },
    async muted(id) {
      const muted = await read(store, 'mute = {id:String}', { id });
      // One that was removed has suppressed what it has.
      if (muted.length === 0) known(id);
      return muted;
    },
    mutedIn: (services, from, to) => read(store, 'service IN {services:Array(String)} AND toUnixTimestamp64Milli(starts_at) >= {from:Int64} AND toUnixTimestamp64Milli(starts_at) <= {to:Int64}', { services, from, to }),
  };
}

async function read(store: Store, condition: string, params: Readonly<Record<string, unknown>>): Promise<MutedAnomaly[]> {
  const rows = await store.query<{ mute: string; document: string }>(`SELECT mute, document FROM muted_anomalies FINAL WHERE ${condition} ORDER BY starts_at DESC LIMIT ${SHOWN}`, { params });
  return rows.map(({ mute, document }) => ({ mute, anomaly: JSON.parse(document) as Anomaly }));
}
