import { collectDefaultMetrics } from 'prom-client';
import { systemClock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import { inAddress } from '#core/loopback.js';
import type { Logger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { ApiStatus } from '#core/api/status.js';
import type { Component, Consumer, IncidentEvent } from '#core/types.js';
import { createEdgeJoiner } from '#store/edges.js';
import { makeDataDir } from '#store/lock.js';
import { openStore } from '#store/open.js';
import { createRetention } from '#store/retention.js';
import { createIncoming } from './alerts/alertmanager/incoming.js';
import { createAlerts } from './alerts/alerts.js';
import { createCollector } from './collector/collector.js';
import { warmUpRemoteWrite } from './collector/remote-write/warm-up.js';
import type { Config } from './config.js';
import { createDetector } from './detector/detector.js';
import { atPaceOf } from './detector/incidents/config.js';
import { createCalendar } from './detector/incidents/expected/calendar.js';
import { createFeedback } from './detector/incidents/feedback.js';
import { createIncidents } from './detector/incidents/incidents.js';
import { createLessons } from './detector/incidents/lessons/lessons.js';
import { createMutes } from './detector/incidents/mutes/mutes.js';
import { judgeInTurns } from './detector/long/recording.js';
import { createPromEngine } from './promql/engine.js';
import { parsePromql } from './promql/parse.js';
import { printLine } from './promql/print.js';
import { warmUp } from './promql/warm-up.js';
import { createSelfTelemetry } from './self-telemetry.js';
import { openAuth } from './server/auth/auth.js';
import { createSqlGuard } from './server/auth/guard.js';
import { watchAccounts, type AccountsSource } from './server/auth/watch.js';
import { createClickHouseFacade } from './server/clickhouse/facade.js';
import { createClickHousePort } from './server/clickhouse/port.js';
import { answers } from './server/ready.js';
import { createGuard } from './server/security.js';
import { createServer } from './server/server.js';
import { openTls } from './tls.js';

export interface Faultline {
  /** Where it listens: `http://127.0.0.1:8080`, … */
  readonly endpoints: ApiStatus['endpoints'];
  readonly engine: string;
  /** Where the shop of the demo sends OTLP over HTTP, and the Authorization header by which it may. */
  readonly own: { readonly url: string; readonly authorization: string };
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly logger: Logger;
  readonly version: string;
  /** Folder of the built dashboard. */
  readonly assets: string;
  readonly accounts: AccountsSource;
}

/** Starts every room, joined in the order telemetry takes. Throws PipelineError, with everything stopped again, when one cannot start. */
export async function startFaultline(config: Config, { logger, version, assets, accounts }: StartOptions): Promise<Faultline> {
  const startedAt = systemClock();
  makeDataDir(config.data_dir);
  const retention = { traces: config.retention.traces / 1000, logs: config.retention.logs / 1000, metrics: config.retention.metrics / 1000, rollups: config.retention.rollups / 1000 };
  const registry = new Registry();
  const auth = openAuth({ config: config.server.auth, dataDir: config.data_dir, registry, logger, clock: systemClock });
  const tls = openTls({ config: config.tls, registry, logger, clock: systemClock });
  const store = await openStore(config.clickhouse_url === '' ? { dataDir: config.data_dir } : { url: config.clickhouse_url }, retention, logger);
  collectDefaultMetrics({ register: registry });
  const common = { store, registry, logger, clock: systemClock };
  const scheme = tls ? 'https' : 'http';
  const address = (port: number): string => `${scheme}://${nameOf(config.host)}:${port}`;
  const endpoints = { http: address(config.http_port), otlpHttp: address(config.otlp_http_port), otlpGrpc: address(config.otlp_grpc_port) };
  // Notifications lead there.
  const allowedHosts = [...config.server.allowed_hosts, ...(config.public_url === '' ? [] : [new URL(config.public_url).hostname])];
  const publicUrl = config.public_url || `${scheme}://localhost:${config.http_port}`;

  const promql = createPromEngine({ store, registry, config: config.promql });
  const listeners: Consumer<IncidentEvent>[] = [];
  const mutes = createMutes(common);
  const lessons = createLessons(common);
  const calendar = createCalendar(common);
  const pace = atPaceOf(config.detector, config.incidents);
  const incidents = createIncidents({ ...common, config: pace, mutes, calendar, lessons, events: { consume: async (event) => void (await Promise.all(listeners.map((listener) => listener.consume(event)))) } });
  const feedback = createFeedback({ ...common, config: pace, step: config.detector.step, mutes, calendar, lessons, incidents });
  const hook = createIncoming({ ...common, config: config.alerts.incoming, publicUrl, anomalies: incidents.others });
  const alerts = createAlerts({ ...common, config: config.alerts, rules: config.rules, promql: promql.forRules, normalise: (expr) => printLine(parsePromql(expr)), dataDir: config.data_dir, evidence: hook, publicUrl });
  const detector = createDetector({ ...common, config: config.detector, anomalies: incidents, waitingSince: () => collector.waitingSince(), dataDir: config.data_dir });
  const collector = createCollector({ ...common, config: config.collector, host: config.host, ports: { otlpHttp: config.otlp_http_port, otlpGrpc: config.otlp_grpc_port }, dataDir: config.data_dir, senders: auth.senders, tls, maxAgeMs: config.retention, judging: config.detector });

  let started = false;
  async function status(): Promise<Omit<ApiStatus, 'arriving'>> {
    const { queue } = collector.status();
    // Asked for most where the store is away: what waits on disk, and why.
    const [isReady, engine] = await Promise.all([
      ready(),
      store.diskBytes().then(
        (diskBytes) => ({ diskBytes, fault: '' }),
        (error: unknown) => ({ diskBytes: null, fault: messageOf(error) }),
      ),
    ]);
    return {
      version,
      startedAt,
      ready: isReady,
      engine: { mode: store.mode, version: store.version, ...engine },
      endpoints,
      sendersSignIn: auth.sendersSignIn,
      queue,
      detector: detector.status(),
      process: { rssBytes: process.memoryUsage.rss(), uptimeMs: systemClock() - startedAt },
      incidents: { open: incidents.openCount() },
    };
  }
  /** Ingest accepts and queries answer. */
  async function ready(): Promise<boolean> {
    if (!started || !collector.status().ready) return false;
    return answers(store);
  }

  const clickhouse = createClickHouseFacade(common);
  const clickhousePort = createClickHousePort({ host: config.host, port: config.clickhouse_http_port, facade: clickhouse, guards: [createGuard(config.host, allowedHosts), createSqlGuard(auth)], tls, logger });
  const server = createServer({ ...common, promql, judge: judgeInTurns, rules: alerts.rules, routing: alerts.routing, notifications: alerts.notifications, models: detector.models, stateOf: detector.stateOf, hook, config: { ...config.server, allowed_hosts: allowedHosts }, auth, tls, host: config.host, port: config.http_port, assets, status, sources: () => collector.sources(), ready, incidents, feedback, publicUrl, version, remoteWrite: collector.remoteWrite, clickhouse });
  listeners.push(alerts, server);
  const telemetry = createSelfTelemetry({ registry, logger, clock: systemClock, config: config.self_telemetry, authorization: auth.own.sender, url: () => collector.ownUrl(), version });

  // Downstream first, so that nothing is accepted before there is somewhere for it to go.
  const keeper = createRetention({ ...common, retention, minFree: config.retention.min_free_disk, dataDir: config.data_dir });
  const components: Component[] = [...(tls ? [tls] : []), keeper, alerts, mutes, calendar, lessons, incidents, hook, createEdgeJoiner(common), collector, detector, watchAccounts({ auth, source: accounts, registry, logger }), server, clickhousePort, telemetry];
  const running: Component[] = [];
  async function stop(): Promise<void> {
    started = false;
    for (const component of running.toReversed()) {
      await component.stop().catch((error: unknown) => logger.error({ component: component.name, error }, 'did not stop cleanly'));
    }
    running.length = 0;
    await store.close();
  }
  try {
    for (const component of components) {
      await component.start();
      running.push(component);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  started = true;
  warmUpRemoteWrite().then(warmUp).then(() => server.warmUp()).catch((error: unknown) => started && logger.warn({ error }, 'requests and queries start cold'));
  return { endpoints, engine: `${store.mode} ClickHouse ${store.version}`, own: { url: collector.ownUrl(), authorization: auth.own.sender }, stop };
}

const nameOf = (host: string): string => (host === '0.0.0.0' || host === '::' || host === '127.0.0.1' ? 'localhost' : inAddress(host));
