import type { RequestListener } from 'node:http';
import express from 'express';
import { z } from 'zod';
import type { ApiStatus } from '#core/api/status.js';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import { boundHeads, createDoors, createHttpServer, type Tls } from '#core/http-server.js';
import type { Logger } from '#core/log.js';
import type { Registry } from '#core/metrics.js';
import type { Component, Consumer, IncidentEvent } from '#core/types.js';
import type { Store } from '#store/store.js';
import { alertmanagerApi } from './alertmanager/api.js';
import { serveAssets } from './assets.js';
import type { Auth } from './auth/auth.js';
import { createAccessGuard, mayStillRead } from './auth/guard.js';
import { loginApi } from './auth/login.js';
import { createCompression } from './compress.js';
import type { ServerConfig } from './config.js';
import type { ServerContext } from './context.js';
import { createEventStream, type EventStream } from './events.js';
import { jaegerApi } from './jaeger/api.js';
import { askOver } from './ask.js';
import { createFleet } from './fleet.js';
import { mcpOverHttp } from './mcp/server.js';
import { openapi } from './openapi.js';
import { createReads } from './reads.js';
import { defineRoute, refusalOf, registerRoutes, sendError, type Route } from './route.js';
import { prometheusApi } from './prometheus/api.js';
import { backtestRoutes } from './routes/backtest.js';
import { changeRoute } from './routes/changes.js';
import { feedbackRoutes } from './routes/feedback.js';
import { hookRoutes } from './routes/hooks.js';
import { incidentRoutes } from './routes/incidents.js';
import { logRoutes } from './routes/logs.js';
import { mapRoutes } from './routes/map.js';
import { metricRoutes } from './routes/metrics.js';
import { modelRoutes } from './routes/models.js';
import { notificationRoutes } from './routes/notifications.js';
import { scalingRoutes } from './routes/scaling.js';
import { serviceMetricsRoute } from './routes/service-metrics.js';
import { serviceRoutes } from './routes/services.js';
import { sloRoutes } from './routes/slos.js';
import { arriving, sourceRoutes } from './routes/sources.js';
import { traceRoutes } from './routes/traces.js';
import { createGuard } from './security.js';
import { warmUp } from './warm-up.js';

const BODY_LIMIT = '1mb';
/** An outage becomes thousands of alerts in one body, and who sends them does not send again what is refused. */
const ALERTS_LIMIT = '16mb';

/** A query as long as the longest that is taken, with every character escaped, and what else a request says. */
const MAX_HEAD_BYTES = 512 * 1024;
/** Of all heads that still come. */
const MAX_HEADS_BYTES = 64 * 1024 * 1024;

export interface ServerOptions extends ServerContext {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: Pick<ServerConfig, 'allowed_hosts' | 'trusted_proxies'>;
  readonly auth: Auth;
  readonly tls?: Tls | undefined;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Folder of the built dashboard. */
  readonly assets: string;
  readonly version: string;
  /** Serves POST /api/v1/write, where Prometheus expects it. */
  readonly remoteWrite: RequestListener;
  /** Serves /clickhouse. */
  readonly clickhouse: RequestListener;
}

/** The dashboard, the JSON API, `/metrics` and the probes. As a consumer it pushes incident events to open browsers. */
export function createServer(options: ServerOptions): Component & Consumer<IncidentEvent> & { port(): number; warmUp(): Promise<void> } {
  const { host, port, tls, logger } = options;
  const events = createEventStream((request) => mayStillRead(options.auth, request));
  const app = createApp(options, events, () => doors.ownUrl());
  const server = createHttpServer({ maxHeaderSize: MAX_HEAD_BYTES }, tls).on('request', app);
  boundHeads(server, MAX_HEADS_BYTES);
  const doors = createDoors(server, app, { host, port, what: 'the dashboard', variable: 'FAULTLINE_HTTP_PORT', tls, logger });
  return {
    name: 'server',
    port: doors.port,
    warmUp: () => warmUp(askOver(doors.ownUrl(), options.auth.own.reader), options.clock),
    async consume(event) {
      events.send(event);
    },
    start: doors.start,
    async stop() {
      events.close();
      await doors.stop();
    },
  };
}

/** What the port serves; `ownUrl` is where it reaches itself. */
export function createApp(options: ServerOptions, events: EventStream, ownUrl: () => string): express.Express {
  const { config, host, assets } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', [...config.trusted_proxies]);
  app.get('/healthz', (_request, response) => void response.type('text').send('ok\n'));
  app.get('/readyz', (_request, response) => {
    void options.ready().then((ready) => response.status(ready ? 200 : 503).type('text').send(ready ? 'ready\n' : 'not ready: ingest or queries do not work yet\n'));
  });
  // A scraper may know it by any name.
  app.use(createGuard(host, config.allowed_hosts, (request) => request.path === '/metrics' && !asksForPage(request)));
  app.use(createCompression());
  app.use(guarded(options, events, ownUrl));
  app.use(['/api', '/jaeger'], (_request, response) => noEndpoint(response));
  app.use('/v1', (_request, response) => sendError(response, new PipelineError('NOT_FOUND', 'OTLP is not taken here: it has ports of its own, 4317 for gRPC and 4318 for HTTP unless they are set otherwise')));
  // A page in its place is no exposition: a Prometheus that federates shall say so and not that it cannot parse it.
  app.use('/federate', (_request, response) => sendError(response, new PipelineError('NOT_FOUND', 'there is no federation; /api/v1/query answers PromQL')));
  serveAssets(app, assets);
  app.use((_request, response) => noEndpoint(response));
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    sendError(response, refusalOf(error));
  });
  return app;
}

const noEndpoint = (response: express.Response): void => sendError(response, new PipelineError('NOT_FOUND', 'no such endpoint; /api/openapi.json lists them'));

/** A browser that opens /metrics wants the page of that name; whoever scrapes does not ask for HTML. */
const asksForPage = (request: express.Request): boolean => request.headers.accept?.includes('text/html') === true;

/** What takes a role. What `auth/access.ts` does not name is not served here. */
function guarded(options: ServerOptions, events: EventStream, ownUrl: () => string): express.Router {
  const { registry, logger, auth, version } = options;
  const routes = apiRoutes(options);
  const reads = createReads();
  const router = express.Router();
  router.use((request, _response, next) => next(request.path === '/metrics' && asksForPage(request) ? 'router' : undefined));
  router.use(createAccessGuard(auth));
  router.use(loginApi(auth));
  router.get('/metrics', (_request, response) => {
    void registry.metrics().then((text) => response.type(registry.contentType).send(text));
  });
  router.use('/clickhouse', options.clickhouse);
  router.all('/api/v1/write', (request, response) => options.remoteWrite(request, response));
  router.use(prometheusApi({ ...options, engine: options.promql }));
  router.use('/api/v2', alertmanagerApi(options));
  // Grafana takes an answer here for that of a Mimir, and refuses the data source.
  router.use('/alertmanager', (_request, response) => sendError(response, new PipelineError('NOT_FOUND', 'Alertmanager\'s API is at /api/v2')));
  router.use('/jaeger', jaegerApi({ ...options, reads }));
  router.use(mcpOverHttp(version, (path, query) => askOver(ownUrl(), auth.own.reader)(path, query), options.publicUrl));
  router.use('/api/v1/hooks', express.json({ limit: ALERTS_LIMIT }));
  router.use(express.json({ limit: BODY_LIMIT }));
  router.get('/api/openapi.json', (_request, response) => void response.json(openapi(routes, version, auth.sessions?.cookie)));
  router.get('/api/events', events.connect);
  registerRoutes(router, routes, (path, error) => logger.error({ path, error: messageOf(error) }, 'a request failed for no known reason'), reads);
  return router;
}

/** Every endpoint of the JSON API. */
export function apiRoutes(context: ServerContext): readonly Route[] {
  const fleet = createFleet(context.store, context.clock, context.sources);
  return [statusRoute(context), ...sourceRoutes(context), ...serviceRoutes(context, fleet), serviceMetricsRoute(context), changeRoute(context), ...mapRoutes(context, fleet), ...traceRoutes(context), ...logRoutes(context), ...metricRoutes(context), ...backtestRoutes(context), ...sloRoutes(context), ...scalingRoutes(context), ...incidentRoutes(context), ...feedbackRoutes(context), ...modelRoutes(context), ...hookRoutes(context), ...notificationRoutes(context)];
}

function statusRoute({ status, sources }: ServerContext): Route {
  return defineRoute({
    method: 'get', path: '/api/status', summary: 'What runs, what arrives, what the detector has learned', params: z.object({}),
    handle: async (): Promise<ApiStatus> => ({ ...(await status()), arriving: arriving(sources()) }),
  });
}
