import { z } from 'zod';
import { needOfRoute } from './auth/access.js';
import type { Route } from './route.js';

/** OpenAPI 3.1 of the routes: https://spec.openapis.org/oas/v3.1.0. `cookie` is that of a session, where there are any. */
export function openapi(routes: readonly Route[], version: string, cookie?: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method] = {
      operationId: operationId(route),
      summary: route.summary,
      'x-role': needOfRoute(route),
      parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
      ...(route.body && { requestBody: { required: true, content: { 'application/json': { schema: z.toJSONSchema(route.body, { io: 'input' }) } } } }),
      responses: { 200: { description: 'Success', content: { [route.produces ?? 'application/json']: {} } }, default: { description: 'A failure', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } } },
    };
  }
  const text = { type: 'string' };
  const error = { type: 'object', properties: { error: { type: 'object', properties: { code: text, message: text }, required: ['code', 'message'] } }, required: ['error'] };
  const securitySchemes = { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' }, ...(cookie !== undefined && { cookie: { type: 'apiKey', in: 'cookie', name: cookie } }) };
  // The last one: where nobody has to sign in.
  const security = [...Object.keys(securitySchemes).map((scheme) => ({ [scheme]: [] })), {}];
  return { openapi: '3.1.0', info: { title: 'Faultline', version }, security, paths, components: { securitySchemes, schemas: { Error: error } } };
}

/** `GET /api/services/{service}/metrics` → `getServicesServiceMetrics` */
const operationId = ({ method, path }: Route): string => method + path.replace('/api', '').replaceAll(/[^a-z0-9]+([a-z0-9]?)/gi, (_all, letter: string) => letter.toUpperCase());

function parameters(schema: z.ZodObject | undefined, where: 'path' | 'query'): object[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as { properties?: Record<string, { description?: string }>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...type }]) => ({ name, in: where, required: where === 'path' || required.includes(name), ...(description && { description }), schema: type }));
}
