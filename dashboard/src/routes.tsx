import { createRootRoute, createRoute, createRouter, lazyRouteComponent, retainSearchParams, stripSearchParams } from '@tanstack/react-router';
import { fromPath, inPath } from './api/service-path.js';
import { alertsSearch } from './pages/alerts/search.js';
import { incidentsSearch } from './pages/incidents/search.js';
import { logsSearch } from './pages/logs/search.js';
import { metricsSearch } from './pages/metrics/search.js';
import { modelsSearch } from './pages/models/search.js';
import { querySearch } from './pages/query/search.js';
import { servicesSearch } from './pages/services/search.js';
import { traceSearch, tracesSearch } from './pages/traces/search.js';
import { statusSearch } from './pages/status/search.js';
import { parseSearch, writeSearch } from './search.js';
import { FailurePage, NotFoundPage } from './shell/failure-page.js';
import { loaded } from './shell/loaded.js';
import { Shell } from './shell/shell.js';
import { DEFAULT_RANGE, readRange } from './time/range.js';

/** Every page shares the time range, and links keep it. The default range stays out of the URL. */
const root = createRootRoute({
  component: Shell,
  validateSearch: (search: Record<string, unknown>): { from?: string; to?: string } => readRange(search),
  search: { middlewares: [retainSearchParams(['from', 'to']), stripSearchParams(DEFAULT_RANGE)] },
  notFoundComponent: NotFoundPage,
});

const home = createRoute({ getParentRoute: () => root, path: '/', component: lazyRouteComponent(() => loaded(import('./pages/home/home-page.js')), 'HomePage') });
const incidents = createRoute({ getParentRoute: () => root, path: '/incidents', validateSearch: incidentsSearch, component: lazyRouteComponent(() => loaded(import('./pages/incidents/incidents-page.js')), 'IncidentsPage') });
const incident = createRoute({ getParentRoute: () => root, path: '/incidents/$id', component: lazyRouteComponent(() => loaded(import('./pages/incidents/incident-page.js')), 'IncidentPage') });
const mutes = createRoute({ getParentRoute: () => root, path: '/incidents/mutes', component: lazyRouteComponent(() => loaded(import('./pages/mutes/mutes-page.js')), 'MutesPage') });
const services = createRoute({ getParentRoute: () => root, path: '/services', validateSearch: servicesSearch, component: lazyRouteComponent(() => loaded(import('./pages/services/services-page.js')), 'ServicesPage') });
const service = createRoute({ getParentRoute: () => root, path: '/services/$service', params: { parse: ({ service: segment }) => ({ service: fromPath(segment) }), stringify: ({ service: name }) => ({ service: inPath(name) }) }, validateSearch: servicesSearch, component: lazyRouteComponent(() => loaded(import('./pages/services/service-page.js')), 'ServicePage') });
const traces = createRoute({ getParentRoute: () => root, path: '/traces', validateSearch: tracesSearch, component: lazyRouteComponent(() => loaded(import('./pages/traces/traces-page.js')), 'TracesPage') });
const trace = createRoute({ getParentRoute: () => root, path: '/traces/$traceId', validateSearch: traceSearch, component: lazyRouteComponent(() => loaded(import('./pages/traces/trace-page.js')), 'TracePage') });
const logs = createRoute({ getParentRoute: () => root, path: '/logs', validateSearch: logsSearch, component: lazyRouteComponent(() => loaded(import('./pages/logs/logs-page.js')), 'LogsPage') });
const metrics = createRoute({ getParentRoute: () => root, path: '/metrics', validateSearch: metricsSearch, component: lazyRouteComponent(() => loaded(import('./pages/metrics/metrics-page.js')), 'MetricsPage') });
const query = createRoute({ getParentRoute: () => root, path: '/metrics/query', validateSearch: querySearch, component: lazyRouteComponent(() => loaded(import('./pages/query/query-page.js')), 'QueryPage') });
const alerts = createRoute({ getParentRoute: () => root, path: '/alerts', validateSearch: alertsSearch, component: lazyRouteComponent(() => loaded(import('./pages/alerts/alerts-page.js')), 'AlertsPage') });
const slos = createRoute({ getParentRoute: () => root, path: '/slos', component: lazyRouteComponent(() => loaded(import('./pages/slos/slos-page.js')), 'SlosPage') });
const scaling = createRoute({ getParentRoute: () => root, path: '/scaling', component: lazyRouteComponent(() => loaded(import('./pages/scaling/scaling-page.js')), 'ScalingPage') });
const models = createRoute({ getParentRoute: () => root, path: '/models', validateSearch: modelsSearch, component: lazyRouteComponent(() => loaded(import('./pages/models/models-page.js')), 'ModelsPage') });
const status = createRoute({ getParentRoute: () => root, path: '/status', validateSearch: statusSearch, component: lazyRouteComponent(() => loaded(import('./pages/status/status-page.js')), 'StatusPage') });

export const router = createRouter({
  routeTree: root.addChildren([home, incidents, mutes, incident, services, service, traces, trace, logs, metrics, query, alerts, slos, scaling, models, status]),
  parseSearch,
  stringifySearch: writeSearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: FailurePage,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
