import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { ApiSource, ApiStatus } from '#core/api/status.js';
import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { RulesReader } from '#core/rules.js';
import { QueryError, type PromEngine, type PromQueryOptions, type PromScope, type QueryErrorType } from '#core/promql.js';
import { refusalOf, statusOf } from '../route.js';
import { answerJson, quoted, seconds, success } from './json.js';
import { alertsData, rulesData } from './rules.js';
import { CONFIG_DATA, entriesOf, flagsData, runtimeData, targetsData, tsdbData } from './status.js';
import { invalid, MAX_FIELDS, paramsOf, unescapeLabel, type Params } from './params.js';

export interface PrometheusApiOptions {
  readonly engine: PromEngine;
  readonly rules: RulesReader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Faultline's version. */
  readonly version: string;
  readonly status: () => Promise<Pick<ApiStatus, 'startedAt'>>;
  readonly sources: () => readonly ApiSource[];
  readonly ready: () => Promise<boolean>;
}

/** Prometheus answers no more points than these per series. */
const MAX_POINTS = 11_000;
/** The version whose API this is, for clients that choose by it. */
const COMPATIBLE_VERSION = '3.0.0';
const FORM_LIMIT = '1mb';
const STATUS: Readonly<Record<QueryErrorType, number>> = { bad_data: 400, execution: 422, timeout: 503, canceled: 503, unavailable: 503, internal: 500, not_found: 404 };

/** `gone` says when nobody waits for the answer any more. */
type Handler = (params: Params, request: Request, gone: AbortSignal) => Promise<string>;

/** Prometheus' query API under /api/v1, for Grafana, promtool and everything else that speaks it. Source: https://prometheus.io/docs/prometheus/latest/querying/api/ */
export function prometheusApi({ engine, rules, clock, logger, version, status, sources, ready }: PrometheusApiOptions): Router {
  const router = express.Router();
  const form = express.urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: MAX_FIELDS });

  function serve(path: string, handle: Handler, methods: readonly ('get' | 'post')[] = ['get']): void {
    const answer = (request: Request, response: Response): void => {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      // Inside the promise, so that a bad parameter is an answer too.
      void Promise.resolve()
        .then(() => handle(paramsOf(request), request, gone.signal))
        .then(
          (body) => void response.type('application/json').send(body),
          (error: unknown) => fail(response, error, path),
        );
    };
    if (methods.includes('get')) router.get(path, answer);
    if (methods.includes('post')) router.post(path, form, answer);
  }

  function fail(response: Response, error: unknown, path: string): void {
    const known = error instanceof QueryError;
    if (!known) logger.error({ path, error: messageOf(error) }, 'a query failed for no known reason');
    const type = known ? error.type : 'internal';
    if (type === 'unavailable') response.setHeader('retry-after', '5');
    response.status(STATUS[type]).json({ status: 'error', errorType: type, error: known ? error.message : 'an unexpected failure; the log has it' });
  }

  serve('/api/v1/query', async (params, _request, gone) => {
    const time = params.time('time', clock());
    return answerJson(await named('query', engine.instant(params.text('query'), time, optionsOf(params, gone))), params.limit(), params.text('stats'));
  }, ['get', 'post']);

  serve('/api/v1/query_range', async (params, _request, gone) => {
    const start = params.time('start');
    const end = params.time('end');
    if (end < start) throw invalid('end', 'end timestamp must not be before start time');
    const stepMs = params.duration('step');
    if (stepMs <= 0) throw invalid('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
    if ((end - start) / stepMs > MAX_POINTS) throw new QueryError('bad_data', 'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)');
    return answerJson(await named('query', engine.range(params.text('query'), { start, end, stepMs }, optionsOf(params, gone))), params.limit(), params.text('stats'));
  }, ['get', 'post']);

  serve('/api/v1/series', async (params, _request, gone) => {
    if (params.all('match[]').length === 0) throw new QueryError('bad_data', 'no match[] parameter provided');
    return listed(params, gone, (scope) => engine.series(scope));
  }, ['get', 'post']);
  serve('/api/v1/labels', (params, _request, gone) => listed(params, gone, (scope) => engine.labelNames(scope)), ['get', 'post']);
  serve('/api/v1/label/:name/values', (params, request, gone) => listed(params, gone, (scope) => engine.labelValues(unescapeLabel(String(request.params['name'])), scope)));

  /** One more than asked for is read, to know whether there are more. */
  async function listed(params: Params, gone: AbortSignal, read: (scope: PromScope) => Promise<readonly unknown[]>): Promise<string> {
    const limit = params.limit();
    const now = clock();
    const scope = { selectors: params.all('match[]'), from: params.time('start', 0), to: params.time('end', now), limit: limit > 0 ? limit + 1 : 0, signal: gone };
    const found = await named('match[]', read(scope));
    const isCut = limit > 0 && found.length > limit;
    return success(JSON.stringify(isCut ? found.slice(0, limit) : found), isCut ? ['results truncated due to limit'] : []);
  }

  serve('/api/v1/metadata', async (params) => success(JSON.stringify(await engine.metadata(params.text('metric'), params.limit()))));
  serve('/api/v1/query_exemplars', async (params) => {
    const from = params.time('start', 0);
    const to = params.time('end', clock());
    if (to < from) throw invalid('end', 'end timestamp must not be before start time');
    const found = await named('query', engine.exemplars(params.text('query'), from, to));
    const data = found.map(({ seriesLabels, exemplars }) => `{"seriesLabels":${JSON.stringify(seriesLabels)},"exemplars":[${exemplars.map(({ labels, value, time }) => `{"labels":${JSON.stringify(labels)},"value":${quoted(value)},"timestamp":${seconds(time)}}`).join(',')}]}`);
    return success(`[${data.join(',')}]`);
  }, ['get', 'post']);
  serve('/api/v1/format_query', async (params) => {
    try {
      return success(JSON.stringify(engine.format(params.text('query'))));
    } catch (error) {
      throw error instanceof QueryError ? invalid('query', error.message) : error;
    }
  }, ['get', 'post']);
  serve('/api/v1/parse_query', async (params) => {
    try {
      return success(JSON.stringify(engine.parse(params.text('query'))));
    } catch (error) {
      throw error instanceof QueryError ? invalid('query', error.message) : error;
    }
  }, ['get', 'post']);
  // What is wrong with a rule file is a warning here: the rules shown are those in use.
  serve('/api/v1/rules', async (params) => success(JSON.stringify(rulesData(rules.groups(), params)), rules.faults()));
  serve('/api/v1/alerts', async () => success(JSON.stringify(alertsData(rules.groups()))));
  // Where Prometheus' alerts and templates link to. A page, which also asks for a login: a link from elsewhere brings no session's cookie.
  router.get('/graph', (request, response) => {
    const expr = paramsOf(request).text('g0.expr');
    response.redirect(302, expr === '' ? '/metrics/query' : `/metrics/query?${new URLSearchParams({ query: expr }).toString()}`);
  });
  serve('/api/v1/targets', async (params) => success(JSON.stringify(targetsData(sources(), params.text('state'), clock()))));
  serve('/api/v1/scrape_pools', async () => success(JSON.stringify({ scrapePools: ['push'] })));
  serve('/api/v1/targets/metadata', async () => success('[]'));
  serve('/api/v1/alertmanagers', async () => success(JSON.stringify({ activeAlertmanagers: [], droppedAlertmanagers: [] })));
  serve('/api/v1/status/tsdb', async (params) => {
    const entries = entriesOf(params.text('limit'));
    if (entries === undefined) throw invalid('limit', 'limit must be a positive number');
    return success(JSON.stringify(tsdbData(await engine.cardinality(entries))));
  });
  serve('/api/v1/status/runtimeinfo', async () => success(JSON.stringify(runtimeData(await status(), clock()))));
  serve('/api/v1/status/flags', async () => success(JSON.stringify(flagsData(engine.limits))));
  serve('/api/v1/status/config', async () => success(JSON.stringify(CONFIG_DATA)));
  router.all('/-/healthy', (_request, response) => void response.type('text').send('Faultline is Healthy.\n'));
  router.all('/-/ready', (_request, response) => {
    void ready().then((isReady) => response.status(isReady ? 200 : 503).type('text').send(isReady ? 'Faultline is Ready.\n' : 'Service Unavailable\n'));
  });
  serve('/api/v1/status/buildinfo', async () => success(JSON.stringify({ version: COMPATIBLE_VERSION, revision: version, branch: '', buildUser: '', buildDate: '', goVersion: '', application: 'Faultline' })));
  // A form that cannot be read.
  router.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const refusal = refusalOf(error);
    response.status(statusOf(refusal)).json({ status: 'error', errorType: 'bad_data', error: refusal.message });
  });
  return router;
}

function optionsOf(params: Params, signal: AbortSignal): PromQueryOptions {
  const given = (name: string): number | undefined => (params.text(name) === '' ? undefined : params.duration(name));
  const lookbackMs = given('lookback_delta');
  // Prometheus takes a lookback of nothing for none that was said.
  return { timeoutMs: given('timeout'), lookbackMs: lookbackMs !== undefined && lookbackMs > 0 ? lookbackMs : undefined, signal };
}

/** Says which parameter a fault in a query is in. */
async function named<T>(parameter: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof QueryError && error.type === 'bad_data' && !error.message.startsWith('invalid ')) throw invalid(parameter, error.message);
    throw error;
  }
}
