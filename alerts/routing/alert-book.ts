import { DAY_MS, type Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import { fnv1a64Bytes } from '#core/fingerprint.js';
import type { Labels, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from '#store/store.js';

/** An end is remembered this long after it was told: as long as senders repeat it. */
const KEEP_OVER_MS = 900_000;
/** After a restart senders need this long to repeat themselves. */
const RESTART_GRACE_MS = 300_000;
/** What lasts is written again this often, well before its row is dropped. */
const SAVE_AGAIN_MS = DAY_MS;
const MAX_ALERTS = 100_000;
const BATCH = 5000;

/** An alert as it was last heard of. Its labels are its identity. */
export interface KnownAlert {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: UnixMs;
  /** It fires until then, unless it is repeated. */
  readonly endsAt: UnixMs;
  /** Nobody named that end: it follows from silence. */
  readonly timesOut: boolean;
  readonly updatedAt: UnixMs;
  readonly generatorURL: string;
}

export interface AlertBook {
  /** Reads what fired before the process began, or ended since `since`: a silence may hold the news of an end back. */
  start(since: UnixMs): Promise<void>;
  /** The alerts as they are after these were heard; those that are new or changed are stored first. */
  take(alerts: readonly KnownAlert[]): Promise<readonly KnownAlert[]>;
  get(fingerprint: string): KnownAlert | undefined;
  all(): Iterable<KnownAlert>;
  /** Stores the ends that came by silence, and forgets what is over for long, but for what `needed` says. */
  sweep(needed: (fingerprint: string) => boolean): Promise<void>;
}

export function createAlertBook({ store, clock }: { readonly store: Store; readonly clock: Clock }): AlertBook {
  const known = new Map<string, KnownAlert>();
  /** What the row of each says. The end of what fires moves with every repetition, and so may its annotations: they are not worth a row, as its sender names them again soon after a restart. */
  const saved = new Map<string, { readonly at: UnixMs; readonly over: boolean; readonly startsAt: UnixMs }>();

  /** Ahead of the clock where that was set back: of two rows of an alert the later counts. */
  let lastSaved = 0;

  async function save(alerts: readonly KnownAlert[], now: UnixMs): Promise<void> {
    const at = (lastSaved = Math.max(now, lastSaved + 1));
    for (let from = 0; from < alerts.length; from += BATCH) {
      const batch = alerts.slice(from, from + BATCH);
      await store.insert('routed_alerts', batch.map((alert) => ({ fingerprint: alert.fingerprint, over: alert.endsAt <= now, updated_at: rfc3339(at), document: JSON.stringify(alert) })));
      for (const alert of batch) saved.set(alert.fingerprint, { at, over: alert.endsAt <= now, startsAt: alert.startsAt });
    }
  }

  function isNews(alert: KnownAlert, now: UnixMs): boolean {
    const row = saved.get(alert.fingerprint);
    return !row || row.over !== alert.endsAt <= now || row.startsAt !== alert.startsAt || now - row.at > SAVE_AGAIN_MS;
  }

  return {
    async start(since) {
      const now = clock();
      const rows = await store.query<{ over: boolean; document: string; at: string }>(
        'SELECT over, document, toUnixTimestamp64Milli(updated_at) AS at FROM routed_alerts FINAL WHERE NOT over OR updated_at > fromUnixTimestamp64Milli({since:Int64}) ORDER BY over, updated_at DESC LIMIT {most:UInt32}', { params: { since: Math.round(since), most: MAX_ALERTS } },
      );
      for (const { over, document, at } of rows) {
        const alert = JSON.parse(document) as KnownAlert;
        known.set(alert.fingerprint, over ? alert : { ...alert, endsAt: Math.max(alert.endsAt, now + RESTART_GRACE_MS) });
        saved.set(alert.fingerprint, { at: Number(at), over, startsAt: alert.startsAt });
        lastSaved = Math.max(lastSaved, Number(at));
      }
    },
    async take(alerts) {
      const now = clock();
      const merged = new Map<string, KnownAlert>();
      for (const alert of alerts) merged.set(alert.fingerprint, merge(merged.get(alert.fingerprint) ?? known.get(alert.fingerprint), alert, now));
      const added = [...merged.keys()].filter((key) => !known.has(key)).length;
      if (added > 0 && known.size + added > MAX_ALERTS) throw new PipelineError('QUEUE_FULL', `${MAX_ALERTS} alerts are known already; group them at their source`);
      await save([...merged.values()].filter((alert) => isNews(alert, now)), now);
      for (const alert of merged.values()) known.set(alert.fingerprint, alert);
      return [...merged.values()];
    },
    get: (fingerprint) => known.get(fingerprint),
    all: () => known.values(),
    async sweep(needed) {
      const now = clock();
      await save([...known.values()].filter((alert) => isNews(alert, now)), now);
      for (const [fingerprint, { endsAt }] of known) {
        if (now - endsAt <= KEEP_OVER_MS || needed(fingerprint)) continue;
        known.delete(fingerprint);
        saved.delete(fingerprint);
      }
    },
  };
}

/** One alert told twice while it lasts began when it was first said to; an end that was named outweighs one that follows from silence. Source: Alertmanager's types.Alert.Merge. */
export function merge(before: KnownAlert | undefined, alert: KnownAlert, now: UnixMs): KnownAlert {
  const overlaps = before && ((alert.endsAt > before.startsAt && alert.endsAt < before.endsAt) || (alert.startsAt > before.startsAt && alert.startsAt < before.endsAt) || alert.startsAt === before.startsAt);
  if (!overlaps) return alert;
  const startsAt = Math.min(before.startsAt, alert.startsAt);
  const over = alert.endsAt <= now;
  const keepsEnd = before.endsAt > alert.endsAt && (over ? before.endsAt <= now : !before.timesOut);
  return { ...alert, startsAt, ...(keepsEnd && { endsAt: before.endsAt, timesOut: before.timesOut }) };
}

/** Of a label set, as Prometheus and Alertmanager compute it: FNV-1a over names and values, each followed by the byte 255. */
export function alertFingerprint(labels: Labels): string {
  const separator = Buffer.of(255);
  const parts = Object.keys(labels)
    .toSorted()
    .flatMap((name) => [Buffer.from(name, 'utf8'), separator, Buffer.from(labels[name] ?? '', 'utf8'), separator]);
  return fnv1a64Bytes(Buffer.concat(parts));
}
