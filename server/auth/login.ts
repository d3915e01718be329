import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import type { ApiSession, Identity } from '#core/access.js';
import { isRefusal, type Auth } from './auth.js';
import { cookieOf, setCookie } from './cookie.js';
import { foreignPage, identityOf, refuse } from './guard.js';

const BODY_LIMIT = '10kb';
const form = z.object({ name: z.string().min(1).max(100), password: z.string().min(1).max(1_000) });

/** Signing in and out, and who one is. */
export function loginApi(auth: Auth): Router {
  const router = express.Router();
  const answer = (response: Response, identity: Identity | null): void => {
    response.setHeader('cache-control', 'no-store').json({ required: auth.required, identity } satisfies ApiSession);
  };

  router.get('/api/session', (_request, response) => answer(response, identityOf(response)));
  router.post('/api/login', express.json({ limit: BODY_LIMIT }), (request, response, next) => {
    login(request, response).catch(next);
  });
  router.post('/api/logout', (request, response) => {
    const foreign = foreignPage(request);
    if (foreign) return refuse(request, response, foreign);
    if (auth.sessions) {
      auth.sessions.close(cookieOf(request, auth.sessions.cookie));
      setCookie(request, response, auth.sessions.cookie, '');
    }
    answer(response, null);
  });

  async function login(request: Request, response: Response): Promise<void> {
    const given = form.safeParse(request.body);
    const foreign = foreignPage(request);
    if (foreign) return refused(foreign);
    if (!auth.sessions || !given.success) return void response.status(400).json({ error: { code: 'QUERY_INVALID', message: auth.sessions ? 'expected {"name", "password"} as application/json' : 'there are no users here: server.auth.users names them' } });
    const found = await auth.identify({ kind: 'password', ...given.data }, request.ip ?? '');
    if (isRefusal(found)) return refused(found);
    // A program's token opens no session: it is not a person who signs out.
    const user = auth.user(found.name);
    if (!user) return refused({ reason: 'wrong', message: 'a token opens no session: send it as Authorization: Bearer' });
    if (user.role === 'ingest') return refused({ reason: 'role', message: `${user.name} has the role ingest, which only sends` });
    setCookie(request, response, auth.sessions.cookie, auth.sessions.open(user.name));
    answer(response, user);

    function refused(refusal: Parameters<typeof refuse>[2]): void {
      auth.refused('dashboard', refusal.reason);
      refuse(request, response, refusal);
    }
  }
  return router;
}
