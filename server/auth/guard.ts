import type { NextFunction, Request, Response } from 'express';
import { allows, type Identity, type Need, type Refusal } from '#core/access.js';
import { isProbe } from '../clickhouse/facade.js';
import { needOf } from './access.js';
import { isRefusal, type Auth } from './auth.js';
import { cookieOf, setCookie } from './cookie.js';
import { clickHouseCredential, credentialOf } from './credentials.js';

type Middleware = (request: Request, response: Response, next: NextFunction) => void;

/** Who a request is from; null where nobody has to sign in, or nobody did. */
export const identityOf = (response: Response): Identity | null => (response.locals['identity'] as Identity | undefined) ?? null;

/** Stands before everything that table says a role for, and passes by what it does not: those are not served behind it. */
export function createAccessGuard(auth: Auth): Middleware {
  return (request, response, next) => {
    const need = needOf(request.method, request.path);
    if (need === undefined) return next('router');
    if (!auth.required) return next();
    admit(auth, request, response, need).then((refusal) => {
      if (!refusal) return next();
      auth.refused('dashboard', refusal.reason);
      refuse(request, response, refusal);
    }, next);
  };
}

/** The same for ClickHouse's own port, where whoever may read may ask anything but whether it is there. */
export function createSqlGuard(auth: Auth): Middleware {
  return (request, response, next) => {
    if (!auth.required || isProbe(request)) return next();
    Promise.resolve(auth.identify(clickHouseCredential(request.headers), request.ip ?? '')).then((found) => {
      const refusal = isRefusal(found) ? found : allows(found.role, 'viewer') ? undefined : tooLow(found, 'viewer');
      if (!refusal) return next();
      auth.refused('clickhouse', refusal.reason);
      refuseSql(response, refusal);
    }, next);
  };
}

const tooLow = ({ name, role }: Identity, need: Need): Refusal => ({ reason: 'role', message: `${name} has the role ${role}; this takes the role ${need}` });

/** Whether who asked for a stream may still read it: whoever signed out meanwhile, or is no longer named, may not. */
export async function mayStillRead(auth: Auth, request: Request): Promise<boolean> {
  if (!auth.required) return true;
  const found = await who(auth, request);
  return !isRefusal(found) && allows(found.role, 'viewer');
}

/** Undefined when it may go on; whose it is stays with the response. */
async function admit(auth: Auth, request: Request, response: Response, need: Need): Promise<Refusal | undefined> {
  const found = await who(auth, request, response);
  if (!isRefusal(found)) response.locals['identity'] = found;
  if (need === 'open') return undefined;
  if (isRefusal(found)) return found;
  if (!allows(found.role, need)) return tooLow(found, need);
  return changes(request.method) && need !== 'ingest' ? foreignPage(request) : undefined;
}

/** A session that is due is renewed in the response. */
function who(auth: Auth, request: Request, response?: Response): Identity | Refusal | Promise<Identity | Refusal> {
  const address = request.ip ?? '';
  if (request.headers.authorization !== undefined) return auth.identify(credentialOf(request.headers.authorization), address);
  const session = auth.sessions?.read(cookieOf(request, auth.sessions.cookie));
  const user = session && auth.user(session.name);
  if (!user) return auth.identify(request.path.startsWith('/clickhouse') ? clickHouseCredential(request.headers) : undefined, address);
  if (response && session.renewed !== undefined) setCookie(request, response, auth.sessions?.cookie ?? '', session.renewed);
  return user;
}

const changes = (method: string): boolean => method !== 'GET' && method !== 'HEAD';

/** A browser adds cookies, and passwords that it remembers, to what pages of other sites send. Programs name no origin, and need none unless they use a cookie. */
export function foreignPage(request: Request): Refusal | undefined {
  const { 'sec-fetch-site': site, origin, host, cookie, authorization } = request.headers;
  const own = site !== undefined ? site === 'same-origin' || site === 'none' : origin !== undefined ? URL.canParse(origin) && new URL(origin).host === host : authorization !== undefined || cookie === undefined;
  return own ? undefined : { reason: 'origin', message: 'refused: the request comes from the page of another site, or does not say from which (Origin)' };
}

const BROWSER = /^Mozilla\//;
const STATUS: Readonly<Record<Refusal['reason'], number>> = { missing: 401, wrong: 401, limited: 429, role: 403, origin: 403 };
const CODE: Readonly<Record<Refusal['reason'], string>> = { missing: 'UNAUTHENTICATED', wrong: 'UNAUTHENTICATED', limited: 'RATE_LIMITED', role: 'FORBIDDEN', origin: 'FORBIDDEN' };

/** Code 516 is how ClickHouse says it. */
function refuseSql(response: Response, refusal: Refusal): void {
  prepare(response, refusal);
  response.setHeader('x-clickhouse-exception-code', '516');
  response.type('text').send(`Code: 516. DB::Exception: ${refusal.message} (AUTHENTICATION_FAILED)\n`);
}

function prepare(response: Response, { reason, retryAfterS }: Refusal): void {
  response.status(STATUS[reason]).setHeader('cache-control', 'no-store');
  if (retryAfterS !== undefined) response.setHeader('retry-after', String(retryAfterS));
  // A browser would ask for the password itself, and then send it whoever makes it ask.
  if (STATUS[reason] === 401 && !BROWSER.test(response.req.headers['user-agent'] ?? '')) response.setHeader('www-authenticate', 'Basic realm="Faultline", charset="UTF-8"');
}

/** In the words of the API that was asked. */
export function refuse(request: Request, response: Response, refusal: Refusal): void {
  const { reason, message } = refusal;
  const path = request.baseUrl + request.path;
  if (path.startsWith('/clickhouse')) return refuseSql(response, refusal);
  prepare(response, refusal);
  // Prometheus drops what is answered with 429.
  if (path === '/api/v1/write' && reason === 'limited') response.status(503);
  if (path === '/metrics' || path === '/api/v1/write') response.type('text').send(`${message}\n`);
  else if (path.startsWith('/api/v2/')) response.json(message);
  else if (path.startsWith('/api/v1/') && !path.startsWith('/api/v1/hooks/')) response.json({ status: 'error', errorType: reason === 'role' || reason === 'origin' ? 'forbidden' : 'unauthorized', error: message });
  else response.json({ error: { code: CODE[reason], message } });
}
