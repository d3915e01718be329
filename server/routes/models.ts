import { z } from 'zod';
import type { ServerContext } from '../context.js';
import { defineRoute, type Route } from '../route.js';

const params = z.object({ name: z.string().min(1).max(63), version: z.coerce.number().int().min(1).describe('As `GET /api/models` gives it.') });
const by = z.string().trim().min(1).max(200).describe('Who decides.');
const decision = z.object({ by, reason: z.string().trim().max(1000).default('') });

/** The life cycle of models: what judges, what judges beside it, and how one becomes the other. */
export function modelRoutes({ models }: ServerContext): Route[] {
  return [
    defineRoute({ method: 'get', path: '/api/models', summary: 'Models and their states, the shadow beside what judges, drift of the inputs, events', handle: async () => models().list() }),
    defineRoute({ method: 'get', path: '/api/models/{name}/{version}/diff', summary: 'Alarms that a shadow adds, removes and delays, and the gates of its promotion', params, handle: async ({ params: { name, version } }) => models().diff(name, version) }),
    defineRoute({ method: 'post', path: '/api/models/scan', summary: 'Register the folders in <data_dir>/models that are not known yet', body: z.object({ by }), handle: async ({ body }) => models().scan(body.by) }),
    defineRoute({ method: 'post', path: '/api/models/{name}/{version}/shadow', summary: 'Let it judge beside the active models, told to nobody', params, body: decision, handle: async ({ params: { name, version }, body }) => models().shadow(name, version, body) }),
    defineRoute({
      method: 'post', path: '/api/models/{name}/{version}/promote', summary: 'Let it judge, in place of the active version of its name; refused while a gate is closed', params,
      body: z.object({ ...decision.shape, force: z.boolean().default(false).describe('Promote though a gate is closed; needs a reason.') }).refine(({ force, reason }) => !force || reason !== '', 'force needs a reason'),
      handle: async ({ params: { name, version }, body }) => models().promote(name, version, body),
    }),
    defineRoute({ method: 'post', path: '/api/models/{name}/rollback', summary: 'Bring back the version whose place the active one took', params: params.pick({ name: true }), body: decision, handle: async ({ params: { name }, body }) => models().rollback(name, body) }),
    defineRoute({ method: 'post', path: '/api/models/{name}/{version}/retire', summary: 'Take a shadow out of its place', params, body: decision, handle: async ({ params: { name, version }, body }) => models().retire(name, version, body) }),
  ];
}
