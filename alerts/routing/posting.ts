import { setTimeout as sleep } from 'node:timers/promises';
import type { AlertHook } from '#core/alert-hook.js';
import type { PostedAlert } from '#core/alert-routing.js';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { merge, type AlertBook, type KnownAlert } from './alert-book.js';
import { evidenceAlert, faultOfAlert, postedAlert } from './inbound.js';
import type { RoutingMetrics } from './routing-metrics.js';

/** Alerts wait so long until they are known as evidence: Prometheus gives an Alertmanager ten seconds for all that it says. */
const HEARD_MS = 2_000;

export interface PostingOptions {
  readonly metrics: RoutingMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly book: Pick<AlertBook, 'get'>;
  /** Hears of every alert that is posted. */
  readonly evidence: AlertHook;
  /** Resolves when the alerts are in the book. */
  readonly accept: (alerts: readonly KnownAlert[]) => Promise<void>;
}

/** Takes what is posted to /api/v2/alerts. */
export interface Posting {
  /** Throws QUERY_INVALID for those that are none, after the others are taken. */
  post(alerts: readonly PostedAlert[], resolveTimeoutMs: number): Promise<void>;
  /** What is evidence of incidents already, and in the book a moment later. */
  arriving(fingerprint: string): KnownAlert | undefined;
}

export function createPosting({ metrics, logger, clock, book, evidence, accept }: PostingOptions): Posting {
  const arriving = new Map<string, KnownAlert>();
  return {
    async post(alerts, resolveTimeoutMs) {
      const now = clock();
      const wrong = alerts.flatMap((alert) => faultOfAlert(alert) ?? []);
      const good = alerts.filter((alert) => faultOfAlert(alert) === undefined).map((alert) => postedAlert(alert, now, resolveTimeoutMs));
      // First, so that an incident can hold back the alerts that it explains; what fails here, or takes its time, keeps nobody from being told.
      for (const alert of good) arriving.set(alert.fingerprint, alert);
      const heard = evidence.take(good.map((alert) => evidenceAlert(merge(book.get(alert.fingerprint), alert, now), now))).then(() => null, (error: unknown) => ({ error }));
      const soon = await Promise.race([heard, sleep(HEARD_MS, undefined, { ref: false })]);
      const accepted = accept(good);
      void Promise.allSettled([heard, accepted]).then(() => {
        for (const alert of good) if (arriving.get(alert.fingerprint) === alert) arriving.delete(alert.fingerprint);
      });
      await accepted;
      if (soon) throw soon.error;
      if (soon === undefined) void heard.then((failed) => failed && logger.warn({ alerts: good.length, error: messageOf(failed.error) }, 'alerts that were posted are no evidence of incidents yet'));
      metrics.faultline_alerts_posted_total.inc({ outcome: 'taken' }, good.length);
      metrics.faultline_alerts_posted_total.inc({ outcome: 'invalid' }, wrong.length);
      if (wrong.length > 0) throw new PipelineError('QUERY_INVALID', wrong.join('; '));
    },
    arriving: (fingerprint) => arriving.get(fingerprint),
  };
}
