import type { Need } from '#core/access.js';

type Method = 'GET' | 'POST' | 'DELETE' | '*';

/**
 * Who may do what on the dashboard's port: the first line that fits decides. `{}` is one part of a path, `**` the rest of it.
 * What no line names is not served (but for the dashboard's own files), so that nothing can be left open by forgetting it here.
 */
const TABLE: readonly (readonly [Method, string, Need])[] = [
  ['GET', '/healthz', 'open'],
  ['GET', '/readyz', 'open'],
  ['*', '/-/healthy', 'open'],
  ['*', '/-/ready', 'open'],
  ['GET', '/graph', 'open'],
  ['GET', '/api/session', 'open'],
  ['POST', '/api/login', 'open'],
  ['POST', '/api/logout', 'open'],

  ['POST', '/api/v1/write', 'ingest'],
  ['POST', '/api/v1/hooks/alertmanager', 'ingest'],
  ['POST', '/api/v2/alerts', 'ingest'],

  ['GET', '/metrics', 'viewer'],
  ['GET', '/api/**', 'viewer'],
  ['POST', '/api/v1/query', 'viewer'],
  ['POST', '/api/v1/query_range', 'viewer'],
  ['POST', '/api/v1/query_exemplars', 'viewer'],
  ['POST', '/api/v1/series', 'viewer'],
  ['POST', '/api/v1/labels', 'viewer'],
  ['POST', '/api/v1/format_query', 'viewer'],
  ['POST', '/api/v1/parse_query', 'viewer'],
  ['POST', '/api/mutes/preview', 'viewer'],
  ['GET', '/jaeger/**', 'viewer'],
  ['GET', '/alertmanager/**', 'viewer'],
  ['*', '/mcp', 'viewer'],
  ['*', '/clickhouse/**', 'viewer'],

  ['POST', '/api/incidents/{}/{}', 'editor'],
  ['POST', '/api/mutes', 'editor'],
  ['POST', '/api/mutes/{}', 'editor'],
  ['POST', '/api/mutes/{}/remove', 'editor'],
  ['POST', '/api/lessons/{}/remove', 'editor'],
  ['POST', '/api/expected', 'editor'],
  ['POST', '/api/expected/{}', 'editor'],
  ['POST', '/api/expected/{}/remove', 'editor'],
  ['POST', '/api/v2/silences', 'editor'],
  ['DELETE', '/api/v2/silence/{}', 'editor'],
  ['POST', '/api/backtest', 'editor'],
  ['POST', '/api/notifications/{}/replay', 'editor'],

  ['POST', '/api/models/scan', 'admin'],
  ['POST', '/api/models/{}/rollback', 'admin'],
  ['POST', '/api/models/{}/{}/{}', 'admin'],
];

const RULES = TABLE.map(([method, path, need]) => ({ method, need, path: new RegExp(`^${path.replace(/\/\*\*$/, '(?:/.*)?').replaceAll('{}', '[^/]+')}/?$`) }));

/** The least role for a request, undefined for what is not in the table. */
export function needOf(method: string, path: string): Need | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  return RULES.find((rule) => (rule.method === '*' || rule.method === asked) && rule.path.test(path))?.need;
}

/** The same for a route, whose path has parameters in braces. */
export const needOfRoute = ({ method, path }: { readonly method: string; readonly path: string }): Need | undefined => needOf(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'));
