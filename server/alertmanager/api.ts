import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import type { AlertFilter, AlertRouting } from '#core/alert-routing.js';
import { messageOf, PipelineError, type ErrorCode } from '#core/errors.js';
import { identityOf } from '../auth/guard.js';
import { alertBody, groupBody, postedAlerts, postedSilence, silenceBody, statusBody } from './bodies.js';

const BODY_LIMIT = '16mb';
const STATUS: Partial<Record<ErrorCode, number>> = { QUERY_INVALID: 400, NOT_FOUND: 404, UNSUPPORTED_MEDIA_TYPE: 415, QUEUE_FULL: 503, STORE_UNAVAILABLE: 503, SHUTTING_DOWN: 503 };

const flag = z.enum(['true', 'false', '1', '0', 't', 'f'], { error: 'expected true or false' }).transform((text) => text.startsWith('t') || text === '1').optional();
const many = z.union([z.string().transform((one) => [one]), z.array(z.string())]).optional();
const filterQuery = z.object({ active: flag, silenced: flag, inhibited: flag, unprocessed: flag, muted: flag, filter: many, receiver: z.string().optional() });
const silencesQuery = z.object({ filter: many });

/** Alertmanager's API v2, for amtool, Grafana and Prometheus: /api/v2. A failure is a text, as there. */
export function alertmanagerApi({ routing, version }: { readonly routing: AlertRouting; readonly version: string }): Router {
  const router = express.Router();
  const body = express.json({ limit: BODY_LIMIT, type: 'application/json' });
  const answer = (handle: (request: Request, response: Response) => unknown) => (request: Request, response: Response, next: NextFunction): void => {
    Promise.resolve()
      .then(() => handle(request, response))
      .then((given) => void response.set('cache-control', 'no-store').json(given), next);
  };
  const done = (handle: (request: Request) => Promise<void>) => (request: Request, response: Response, next: NextFunction): void => {
    handle(request).then(() => void response.set('cache-control', 'no-store').status(200).end(), next);
  };
  const filterOf = (request: Request): AlertFilter => {
    const { filter, ...given } = parse(filterQuery, request.query);
    return { ...given, matchers: filter };
  };

  router.get('/status', answer(() => statusBody(routing.status(), version)));
  router.get('/receivers', answer(() => routing.receivers().map((name) => ({ name }))));
  router.get('/alerts', answer((request) => routing.alerts(filterOf(request)).map(alertBody)));
  router.post('/alerts', onlyJson, body, done((request) => routing.post(parse(postedAlerts, request.body))));
  router.get('/alerts/groups', answer((request) => routing.groups(filterOf(request)).map(groupBody)));
  router.get('/silences', answer((request) => routing.silences(parse(silencesQuery, request.query).filter ?? []).map(silenceBody)));
  router.post('/silences', onlyJson, body, answer(async (request, response) => {
    const silence = parse(postedSilence, request.body);
    return { silenceID: await routing.setSilence({ ...silence, createdBy: identityOf(response)?.name ?? silence.createdBy }) };
  }));
  router.get('/silence/:id', answer((request) => silenceBody(routing.silence(idOf(request)))));
  router.delete('/silence/:id', done((request) => routing.expireSilence(idOf(request))));
  router.use((request) => {
    throw new PipelineError('NOT_FOUND', `path ${request.originalUrl.split('?')[0]} was not found`);
  });
  router.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const status = error instanceof PipelineError ? (STATUS[error.code] ?? 500) : bodyStatus(error);
    if (status === 503) response.set('retry-after', '5');
    response.status(status).json(messageOf(error));
  });
  return router;
}

/** A page of another origin can post forms and text, but no JSON without being asked first. */
function onlyJson(request: Request, _response: Response, next: NextFunction): void {
  if (request.is('application/json')) next();
  else next(new PipelineError('UNSUPPORTED_MEDIA_TYPE', 'content-type must be application/json'));
}

/** What the body parser found: 400 for a body that is no JSON, 413 for one that is too large. */
function bodyStatus(error: unknown): number {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
}

const idOf = (request: Request): string => String(request.params['id'] ?? '');

function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PipelineError('QUERY_INVALID', parsed.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join('; '));
}
