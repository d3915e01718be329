import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { MetricTable } from '#core/metrics.js';
import { incomingMetricTable } from '../alerts/alertmanager/incoming.js';
import { alertsMetricTable } from '../alerts/alerts-metrics.js';
import { routingMetricTable } from '../alerts/routing/routing-metrics.js';
import { rulesMetricTable } from '../alerts/rules/rules-metrics.js';
import { collectorMetricTable } from '../collector/collector-metrics.js';
import { settings } from '../config.js';
import { detectorMetricTable } from '../detector/detector.js';
import { incidentsMetricTable } from '../detector/incidents/incidents-metrics.js';
import { lessonsMetricTable } from '../detector/incidents/lessons/lessons.js';
import { mutesMetricTable } from '../detector/incidents/mutes/mutes.js';
import { longMemoryMetricTable } from '../detector/long/keeper.js';
import { driftMetricTable } from '../detector/models/drift-check.js';
import { candidateMetricTable } from '../detector/models/candidate.js';
import { lifecycleMetricTable } from '../detector/models/lifecycle.js';
import { modelRegistryMetricTable } from '../detector/models/registry.js';
import { tailsMetricTable } from '../detector/tail-keeper.js';
import { promqlMetricTable } from '../promql/engine.js';
import { selfTelemetryMetricTable } from '../self-telemetry.js';
import { accountsMetricTable } from '../server/auth/watch.js';
import { authMetricTable } from '../server/auth/auth.js';
import { sqlMetricTable } from '../server/clickhouse/facade.js';
import { retentionMetricTable } from '../store/retention.js';
import { certificateMetricTable } from '../tls.js';
import type { ServerContext } from '../server/context.js';
import { needOfRoute } from '../server/auth/access.js';
import { apiRoutes } from '../server/server.js';

const NOTE = '<!-- Made by `npm run docs` from the schemas in the code. -->';

/** docs/config.md: every setting with its variable, its default and what it means. */
export function configPage(): string {
  const rows = settings.map(({ path, env, type, default: standard, description }) => `| \`${path.join('.')}\` | \`${env}\` | ${type} | ${standard === undefined ? '' : `\`${JSON.stringify(standard)}\``} | ${description.replaceAll('|', '\\|')} |`);
  return `${NOTE}
# Configuration

Faultline runs without any. Settings come from \`faultline.yaml\` in the working directory (or the file given by \`--config\` or \`FAULTLINE_CONFIG\`), and the environment over it, in which an empty variable counts as unset. Unknown keys are refused, and all faults are named at once, those of the file with their line: \`npx faultline check-config\`.

\`\`\`yaml
http_port: 8080
detector:
  step: 15s
alerts:
  webhooks:
    - { name: ops, url: "https://hooks.example.com/faultline", secret_file: /run/secrets/faultline }
\`\`\`

A duration is a whole number with \`ms\`, \`s\`, \`m\`, \`h\` or \`d\` (\`90s\`), a size one with \`B\`, \`KiB\`, \`MiB\`, \`GiB\` or \`TiB\` (\`20MiB\`). Lists and objects in the environment are written as YAML or JSON: \`FAULTLINE_DETECTOR_IGNORE_SERVICES='[faultline, loadtest]'\`.

| key | variable | type | default | meaning |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

/** docs/api.md: every endpoint with its parameters. */
export function apiPage(): string {
  // The routes describe themselves without what they would work with.
  const routes = apiRoutes({} as ServerContext);
  const parts = routes.map((route) => {
    const { method, path, summary, params, query, body } = route;
    const rows = [...fields(params, 'path'), ...fields(query, 'query'), ...fields(body, 'body')];
    const table = rows.length > 0 ? `\n\n| parameter | in | required | default | meaning |\n|---|---|---|---|---|\n${rows.join('\n')}` : '';
    return `## ${method.toUpperCase()} ${path}\n\n${summary}. Role: ${needOfRoute(route)}.${table}`;
  });
  return `${NOTE}
# JSON API

Served with the dashboard, by default on http://localhost:8080. The same as OpenAPI 3.1: \`GET /api/openapi.json\`. The bodies are the types in \`core/api/\`. Times are epoch milliseconds; \`from\` and \`to\` of a query also take \`now\` and \`now-15m\`, and what lies before 1980 or after 2100 counts as these.

A parameter of a GET that is not known is refused with 400, which names the one that was meant; lists say with \`matching\` how many there are.

A body is JSON and says so: without \`content-type: application/json\` it is answered with 400.

A failure answers \`{"error": {"code", "message"}}\` ([errors.md](errors.md) has the codes): 400 for a wrong question, 401 without a login or a token, and 403 without the role, where [somebody has to sign in](auth.md), 403 also under a name that is not in \`server.allowed_hosts\`, 404 for a thing that is not there, 413 for a body that is too large, 415 for one in an encoding that is not read, 429 with \`Retry-After\` for too many wrong passwords, 503 with \`Retry-After\` while the store is away or more searches of telemetry wait than have room (three run at a time), 504 when a query took too long, 500 for a failure that nobody foresaw.

Also served: \`GET /healthz\` (the process lives), \`GET /readyz\` (200 only while telemetry is taken and queries are answered), \`GET /metrics\` (Prometheus), \`GET /api/events\` (server-sent events \`incident\` with \`{type, incident}\`), \`POST /api/login\`, \`POST /api/logout\` and \`GET /api/session\` ([auth.md](auth.md)), the Prometheus query API under \`/api/v1\` ([promql.md](promql.md)), Alertmanager's under \`/api/v2\` ([routing.md](routing.md)), Jaeger's under \`/jaeger\` and ClickHouse's HTTP interface, read-only, under \`/clickhouse\` ([grafana.md](grafana.md)), and the Model Context Protocol at \`/mcp\` ([mcp.md](mcp.md)).

${parts.join('\n\n')}
`;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const fields = (schema: z.ZodObject | undefined, where: string): string[] => (schema ? rows(z.toJSONSchema(schema, { io: 'input' }) as Schema, where) : []);

/** A row for each field, and behind one that holds fields of its own those; what these hold is named. */
function rows({ properties = {}, required = [] }: Schema, where: string, within = ''): string[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const { description = '', default: standard, items } = field;
    const held = alternatives(items ?? field).filter((one) => one.properties);
    const names = held.flatMap((one) => Object.keys(one.properties ?? {}));
    const choices = alternatives(field).flatMap((one) => one.enum ?? (one.type === 'null' ? ['null'] : []));
    const meaning = [description, names.length > 0 && within !== '' && `holds ${names.join(', ')}`, choices.length > 1 && `one of ${choices.join(', ')}`].filter(Boolean).join('; ');
    const row = `| \`${within}${name}\` | ${where} | ${where === 'path' || required.includes(name) ? 'yes' : ''} | ${standard === undefined || standard === '' ? '' : `\`${typeof standard === 'string' ? standard : JSON.stringify(standard)}\``} | ${meaning.replaceAll('|', '\\|')} |`;
    if (within !== '') return [row];
    // Of several ways to say it none has to be taken.
    return [row, ...held.flatMap((one) => rows(held.length > 1 ? { ...one, required: [] } : one, where, `${name}${items ? '[]' : ''}.`))];
  });
}

const alternatives = (schema: Schema): readonly Schema[] => schema.anyOf ?? [schema];

/** What each room counts; how the rooms follow each other is how telemetry runs through them. */
const METRICS: Readonly<Record<string, readonly MetricTable[]>> = {
  collector: [collectorMetricTable],
  store: [retentionMetricTable],
  detector: [detectorMetricTable, tailsMetricTable, longMemoryMetricTable],
  models: [modelRegistryMetricTable, candidateMetricTable, lifecycleMetricTable, driftMetricTable],
  incidents: [incidentsMetricTable, mutesMetricTable, lessonsMetricTable],
  alerts: [alertsMetricTable, routingMetricTable, rulesMetricTable, incomingMetricTable],
  promql: [promqlMetricTable],
  server: [authMetricTable, accountsMetricTable, certificateMetricTable, sqlMetricTable],
  'self-telemetry': [selfTelemetryMetricTable],
};

/** docs/metrics.md: what Faultline counts of itself. */
export function metricsPage(): string {
  const parts = Object.entries(METRICS).map(([room, tables]) => {
    const rows = tables.flatMap((table) => Object.entries(table)).map(([name, { type, labels = [], help }]) => `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help.replaceAll('|', '\\|')} |`);
    return `## ${room}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n${rows.join('\n')}`;
  });
  return `${NOTE}
# Metrics of Faultline itself

\`GET /metrics\` on the dashboard's port serves them to Prometheus, with those of the process (\`process_…\`, \`nodejs_…\`). Unless \`self_telemetry.enabled\` is off Faultline also sends them to itself, as service \`faultline\`, so that they are in the dashboard, PromQL and SQL. What to be woken by is in [\`deploy/prometheus-rules.yml\`](../deploy/prometheus-rules.yml), what to do then in [operate.md](operate.md).

${parts.join('\n\n')}
`;
}

export const pages: Readonly<Record<string, () => string>> = { 'config.md': configPage, 'api.md': apiPage, 'metrics.md': metricsPage };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, page] of Object.entries(pages)) writeFileSync(new URL(`../../docs/${name}`, import.meta.url), page());
}
