import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Component, Labels, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { AlertsMetrics } from '../alerts-metrics.js';
import type { AlertmanagerConfig } from '../config.js';
import type { Post } from '../outbox/post.js';
import { verdictOf } from '../outbox/verdict.js';
import { readUrl } from '../secret.js';

/** An alert that lasts is sent again this often; Alertmanager forgets one that it has not heard of for four times as long. */
const RESEND_MS = 60_000;
export const VALID_MS = 4 * RESEND_MS;
/** Of an alert that lasts until its end is named. */
export const UNENDING = Number.MAX_SAFE_INTEGER;
/** An end is sent again this long, so that an Alertmanager that was away hears of it. */
const RESOLVED_MS = 900_000;
const TICK_MS = 5_000;
/** What comes together leaves together. */
const GATHER_MS = 100;
const BATCH = 256;
const MAX_PAUSE_MS = 60_000;
/** Statuses that say that something in the body is wrong, or that it is too large. */
const REFUSALS = new Set([400, 413, 422]);
/** After so many that were refused one by one, whoever took none is left alone for a while. */
const MAX_REFUSED = 8;

/** As POST /api/v2/alerts takes it, with times as numbers. Labels identify it: they hold no values. */
export interface OutgoingAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: UnixMs;
  /** null while it lasts. */
  readonly endsAt: UnixMs | null;
  /** A lasting alert that is not put again until then is no longer sent. */
  readonly validUntil: UnixMs;
  readonly generatorURL: string;
}

export interface Alertmanagers extends Component {
  /** Names the alert as it is now. `targets` says who is told. */
  put(alert: OutgoingAlert & { readonly key: string }, targets?: (target: AlertmanagerConfig) => boolean): void;
}

/** An alert to be sent, by its key. */
type Due = readonly [key: string, alert: OutgoingAlert];

interface Target {
  readonly config: AlertmanagerConfig;
  readonly name: string;
  /** By key, what was last taken or refused. */
  readonly sent: Map<string, { readonly at: UnixMs; readonly startsAt: UnixMs; readonly resolved: boolean }>;
  failures: number;
  pausedUntil: UnixMs;
  busy: boolean;
}

export interface AlertmanagersOptions {
  readonly targets: readonly AlertmanagerConfig[];
  readonly post: Post;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: AlertsMetrics;
}

/**
 * Keeps Alertmanagers informed by their API v2, each by itself: what lasts is sent again and again, so nothing needs to be kept on disk.
 * Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
export function createAlertmanagers({ targets: configs, post, clock, logger, metrics }: AlertmanagersOptions): Alertmanagers {
  const alerts = new Map<string, { readonly alert: OutgoingAlert; readonly wanted: (target: AlertmanagerConfig) => boolean }>();
  const targets = configs.map((config, index): Target => ({ config, name: nameOf(config, index), sent: new Map(), failures: 0, pausedUntil: 0, busy: false }));
  const working = new Set<Promise<void>>();
  let aborter = new AbortController();
  let running = false;
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Timeout | undefined;

  /** Those that waited longest. */
  function dueFor(target: Target, now: UnixMs): readonly Due[] {
    const due: Due[] = [];
    for (const [key, { alert, wanted }] of alerts) {
      if (!wanted(target.config)) continue;
      const last = target.sent.get(key);
      if (!last || last.resolved !== (alert.endsAt !== null) || last.startsAt !== alert.startsAt || now - last.at >= RESEND_MS) due.push([key, alert]);
    }
    const since = ([key]: Due): UnixMs => target.sent.get(key)?.at ?? 0;
    return due.toSorted((a, b) => since(a) - since(b)).slice(0, BATCH);
  }

  function forget(now: UnixMs): void {
    for (const [key, { alert }] of alerts) {
      if (alert.endsAt === null ? now <= alert.validUntil : now - alert.endsAt <= RESOLVED_MS) continue;
      alerts.delete(key);
      for (const { sent } of targets) sent.delete(key);
    }
  }

  function pump(): void {
    if (!running) return;
    const now = clock();
    forget(now);
    for (const target of targets) {
      if (target.busy || now < target.pausedUntil) continue;
      const due = dueFor(target, now);
      if (due.length === 0) continue;
      target.busy = true;
      const work = send(target, due, now).finally(() => {
        target.busy = false;
        working.delete(work);
        // What did not fit goes at once; after a failure the pause holds.
        if (target.failures === 0 && due.length === BATCH) pump();
      });
      working.add(work);
    }
  }

  /** One that is refused must not keep the others from being taken: what is refused together is sent again in halves. */
  async function send(target: Target, due: readonly Due[], now: UnixMs): Promise<void> {
    const { config, name, sent } = target;
    let waiting = [due];
    const refused: string[] = [];
    let isTaken = false;
    try {
      const url = await readUrl(config.url, config.url_file);
      const path = new URL(url);
      path.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/alerts`;
      for (let [part] = waiting; part; [part] = waiting) {
        const answer = await post({ url: path, headers: config.headers, body: JSON.stringify(part.map(([, alert]) => bodyOf(alert, now))) }, aborter.signal);
        const isRefused = REFUSALS.has(answer.status);
        const middle = part.length >> 1;
        if (isRefused && middle > 0) {
          waiting = [part.slice(0, middle), part.slice(middle), ...waiting.slice(1)];
          continue;
        }
        const verdict = verdictOf(answer, now);
        // Where all are refused it is not the alerts that are wrong: a proxy before it, or a limit below any of them.
        if (verdict.outcome !== 'delivered' && (!isRefused || (!isTaken && refused.length >= MAX_REFUSED))) throw new Error(verdict.reason);
        for (const [key, { startsAt, endsAt }] of part) sent.set(key, { at: now, startsAt, resolved: endsAt !== null });
        metrics.faultline_alerts_alertmanager_alerts_total.inc({ alertmanager: name, outcome: isRefused ? 'refused' : 'sent' }, part.length);
        if (isRefused) refused.push(...part.map(([, { labels }]) => labels['alertname'] ?? ''));
        else {
          isTaken = true;
          taken(target);
        }
        waiting = waiting.slice(1);
      }
    } catch (error) {
      const left = waiting.flat().length;
      target.failures += 1;
      target.pausedUntil = now + Math.min(MAX_PAUSE_MS, 1000 * 2 ** Math.min(target.failures, 10));
      metrics.faultline_alerts_alertmanager_alerts_total.inc({ alertmanager: name, outcome: 'failed' }, left);
      if (!aborter.signal.aborted) logger.warn({ alertmanager: name, alerts: left, error: messageOf(error) }, 'an Alertmanager did not take alerts; they are sent again');
    }
    if (refused.length > 0) logger.warn({ alertmanager: name, alerts: refused.length, alertname: refused[0] }, 'an Alertmanager refused alerts, the first of this name; they are sent again in a minute');
  }

  function taken(target: Target): void {
    if (target.failures > 0) logger.info({ alertmanager: target.name }, 'an Alertmanager takes alerts again');
    target.failures = 0;
  }

  return {
    name: 'alertmanagers',
    put({ key, ...alert }, wanted = () => true) {
      if (targets.length === 0) return;
      alerts.set(key, { alert, wanted });
      soon ??= setTimeout(() => {
        soon = undefined;
        pump();
      }, GATHER_MS);
    },
    async start() {
      if (targets.length === 0) return;
      aborter = new AbortController();
      running = true;
      timer = setInterval(pump, TICK_MS);
      pump();
    },
    async stop() {
      running = false;
      clearInterval(timer);
      clearTimeout(soon);
      soon = undefined;
      aborter.abort();
      await Promise.allSettled(working);
    },
  };
}

function bodyOf({ labels, annotations, startsAt, endsAt, validUntil, generatorURL }: OutgoingAlert, now: UnixMs): object {
  const until = endsAt ?? Math.min(validUntil, now + VALID_MS);
  return { labels, annotations, startsAt: rfc3339(startsAt), endsAt: rfc3339(until), generatorURL };
}

/** For logs and metrics, where a whole address does not belong. */
function nameOf({ url, url_file: file }: AlertmanagerConfig, index: number): string {
  return url === undefined ? (file ?? `alertmanager ${index + 1}`) : new URL(url).host;
}
