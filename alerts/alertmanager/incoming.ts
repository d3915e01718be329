import type { AlertHook, AlertReceipt, IncomingAlert } from '#core/alert-hook.js';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import { createRepeat } from '#core/repeat.js';
import { createSerial, createShared } from '#core/serial.js';
import type { Anomaly, Component, Consumer, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import { saveAnomalies } from '#store/anomalies.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';
import type { AlertsConfig } from '../config.js';
import { alertSeries, beginEpisode, ended, OPEN_EPISODES, stillFiring } from './episodes.js';
import { isOwn } from './origin.js';

/** Evidence that is not renewed counts as over: an Alertmanager repeats itself every few hours only. */
const RENEW_MS = 5_000;
/** Senders have this long after a restart to repeat themselves. */
const RESTART_GRACE_MS = 300_000;
/** An end is remembered this long, so that what was on its way when it came does not begin anew. */
const LATE_MS = 900_000;
/** A point of its chart. */
const POINT_MS = 15_000;
/** Every one of them is renewed with each point. */
const MOST_OPEN = 100_000;

export interface IncomingOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: AlertsConfig['incoming'];
  readonly publicUrl: string;
  readonly anomalies: Consumer<readonly Anomaly[]>;
}

/** An episode as the store has it. */
interface Kept extends Anomaly {
  readonly until?: UnixMs | undefined;
  /** By which its newest row is told: later than that of the row before, also where the clock was set back. */
  readonly keptAt?: UnixMs;
}

interface Open {
  episode: Anomaly;
  /** When a sender last spoke of it. */
  heardAt: UnixMs;
  /** It is over then unless one speaks of it. */
  until: UnixMs;
}

export const incomingMetricTable = {
  faultline_alerts_incoming_total: { type: 'counter', help: 'Alerts that came in: began, ended, known already, own (sent by Faultline itself), unknown (the end of what was never heard of) or late (on its way when its end came).', labels: ['outcome'] },
  faultline_alerts_incoming_open: { type: 'gauge', help: 'Alerts of others that fire.' },
} as const;

/** Alerts of others as anomalies: one episode from `startsAt` to the end, however often and by whichever way it is told. */
export function createIncoming({ store, registry, logger, clock, config, publicUrl, anomalies }: IncomingOptions): Component & AlertHook {
  const metrics = registerMetrics(registry, incomingMetricTable);
  const open = new Map<string, Open>();
  /** By series, the last end that was named. */
  const over = new Map<string, { readonly startsAt: UnixMs; readonly at: UnixMs }>();
  /** `keptAt` of those that fire. */
  const keptAt = new Map<string, UnixMs>();
  /** Changes that were not taken yet. */
  const due = new Map<string, Anomaly>();
  let pointAt = 0;

  const serial = createSerial();

  /** Keeps an alert as it is now in mind. */
  function apply(alert: IncomingAlert, now: UnixMs): 'began' | 'ended' | 'known' | 'own' | 'unknown' | 'late' {
    if (isOwn(alert, publicUrl)) return 'own';
    const series = alertSeries(alert.labels, config.service_labels);
    const known = open.get(series.id);
    if (alert.status === 'resolved') {
      if (!known || (alert.endsAt !== null && alert.endsAt < known.episode.startsAt)) return 'unknown';
      due.set(known.episode.id, ended(known.episode, alert.endsAt ?? now));
      open.delete(series.id);
      over.set(series.id, { startsAt: known.episode.startsAt, at: now });
      return 'ended';
    }
    const episode = beginEpisode(alert, series, now);
    if (alert.until === null && episode.startsAt <= (over.get(series.id)?.startsAt ?? 0)) return 'late';
    const until = alert.until ?? now + config.forget_after;
    if (known && episode.startsAt <= known.episode.startsAt) {
      known.heardAt = now;
      known.until = Math.max(known.until, until);
      due.set(known.episode.id, stillFiring(known.episode, now));
      return 'known';
    }
    if (known) due.set(known.episode.id, ended(known.episode, episode.startsAt));
    open.set(series.id, { episode, heardAt: now, until });
    due.set(episode.id, episode);
    return 'began';
  }

  /** Throws QUEUE_FULL, retryable, where there is no room for those that begin. */
  function requireRoom(alerts: readonly IncomingAlert[]): void {
    if (open.size + alerts.length <= MOST_OPEN) return;
    const begin = new Set(alerts.filter((alert) => alert.status === 'firing' && !isOwn(alert, publicUrl)).map(({ labels }) => alertSeries(labels, config.service_labels).id).filter((id) => !open.has(id)));
    if (begin.size > 0 && open.size + begin.size > MOST_OPEN) throw new PipelineError('QUEUE_FULL', `${MOST_OPEN} alerts of others fire already; group them at their source`);
  }

  /** Stores and hands on what changed. What fails stays due. */
  async function flush(): Promise<void> {
    const changed = [...due.values()];
    if (changed.length === 0) return;
    const kept = changed.map((one) => ({ ...one, until: open.get(one.series.id)?.until, keptAt: Math.max(one.updatedAt, one.endsAt ?? 0, clock(), (keptAt.get(one.id) ?? 0) + 1) }) satisfies Kept);
    for (const one of kept) keptAt.set(one.id, one.keptAt);
    await saveAnomalies(store, kept, ({ id, updatedAt }) => keptAt.get(id) ?? updatedAt);
    await anomalies.consume(changed);
    for (const one of changed) {
      if (due.get(one.id) !== one) continue;
      due.delete(one.id);
      if (one.endsAt !== null) keptAt.delete(one.id);
    }
  }

  /** Where the store is slow, posts do not wait for each other's rows. */
  const flushed = createShared(serial, flush);

  async function renew(): Promise<void> {
    const now = clock();
    const renewed: Anomaly[] = [];
    for (const [id, one] of open) {
      if (now > one.until) {
        due.set(one.episode.id, ended(one.episode, one.heardAt));
        open.delete(id);
        logger.warn({ alertname: one.episode.series.metric }, 'an alert was not repeated in time; it counts as over');
      } else if (!due.has(one.episode.id)) {
        one.episode = stillFiring(one.episode, now);
        renewed.push(one.episode);
      }
    }
    for (const [id, { at }] of over) if (now - at > LATE_MS) over.delete(id);
    await flush();
    if (Math.abs(now - pointAt) >= POINT_MS) {
      pointAt = now;
      await store.insert('anomaly_scores', renewed.map(({ series, value, expected, lower, upper, score }) => ({ time: rfc3339(now), series: series.id, value, expected, lower, upper, score })));
    }
    if (renewed.length > 0) await anomalies.consume(renewed);
    metrics.faultline_alerts_incoming_open.set(open.size);
  }

  const renewing = createRepeat(RENEW_MS, () => serial(renew), (error) => logger.warn({ error: messageOf(error) }, 'alerts of others were not renewed; trying again'));

  return {
    name: 'incoming alerts',
    async take(alerts): Promise<AlertReceipt> {
      requireRoom(alerts);
      const now = clock();
      const outcomes = alerts.map((alert) => apply(alert, now));
      await flushed();
      for (const outcome of outcomes) metrics.faultline_alerts_incoming_total.inc({ outcome });
      metrics.faultline_alerts_incoming_open.set(open.size);
      const ignored = outcomes.filter((outcome) => outcome === 'own' || outcome === 'unknown' || outcome === 'late').length;
      return { accepted: outcomes.length - ignored, ignored };
    },
    async start() {
      const kept: readonly Kept[] = await loadDocuments(store, 'anomalies', OPEN_EPISODES);
      for (const { until, keptAt: at = 0, ...episode } of kept) {
        keptAt.set(episode.id, at);
        open.set(episode.series.id, { episode, heardAt: episode.updatedAt, until: Math.max(until ?? episode.updatedAt + config.forget_after, clock() + RESTART_GRACE_MS) });
      }
      renewing.start();
      await renewing.run();
    },
    async stop() {
      await renewing.stop();
      await serial(() => Promise.resolve());
    },
  };
}
