import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const datasource = z.object({ type: z.string(), uid: z.string() });
const target = z.object({ refId: z.string(), datasource, rawSql: z.string().optional(), expr: z.string().optional(), instant: z.boolean().optional() });
const panel = z.object({ id: z.int(), type: z.string(), title: z.string(), datasource, gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }), targets: z.array(target).min(1), interval: z.string().optional() });
const dashboard = z.object({
  uid: z.string(), title: z.string(), schemaVersion: z.int(), panels: z.array(panel).min(1),
  annotations: z.object({ list: z.array(z.object({ name: z.string(), target })) }),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string(), datasource: datasource.optional(), query: z.union([z.string(), z.object({ rawSql: z.string() })]) })) }),
});
export type Dashboard = z.output<typeof dashboard> & { readonly file: string };

const folder = new URL('./dashboards/', import.meta.url);

/** The dashboards as Grafana reads them. Throws when one has not the shape that panels need. */
export function readDashboards(): Dashboard[] {
  return readdirSync(folder).map((file) => ({ file, ...dashboard.parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))) }));
}

/** Any YAML file, by its path from the root of the repository. */
export function readYaml(path: string): unknown {
  return parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));
}

export interface PanelQuery {
  /** `overview.json: Services` */
  readonly name: string;
  readonly query: string;
  readonly step: number;
}

/** Every SQL text: of panels, annotations and variables. */
export function sqlQueries(): PanelQuery[] {
  return readDashboards().flatMap((board) => [
    ...board.panels.flatMap(({ title, targets, interval }) => targets.flatMap(({ rawSql, refId }) => (rawSql ? [{ name: `${board.file}: ${title} ${refId}`, query: rawSql, step: seconds(interval) }] : []))),
    ...board.annotations.list.map((one) => ({ name: `${board.file}: ${one.name}`, query: one.target.rawSql ?? '', step: 60 })),
    ...board.templating.list.flatMap(({ name, query }) => (typeof query === 'string' ? [] : [{ name: `${board.file}: $${name}`, query: query.rawSql, step: 60 }])),
  ]);
}

/** Every PromQL text, with `$__rate_interval` filled in. */
export function promqlQueries(): PanelQuery[] {
  return readDashboards().flatMap((board) =>
    board.panels.flatMap(({ title, targets, interval }) => targets.flatMap(({ expr, refId }) => (expr ? [{ name: `${board.file}: ${title} ${refId}`, query: expr.replaceAll('$__rate_interval', '1m'), step: seconds(interval) }] : []))),
  );
}

function seconds(interval = '15s'): number {
  return Number.parseInt(interval, 10) * (interval.endsWith('m') ? 60 : 1);
}

/** Fills in the macros of Grafana's ClickHouse plugin and the dashboards' variables. Throws on one that is neither. */
export function expandSql(sql: string, { from, to, step, variables }: { from: number; to: number; step: number; variables: Readonly<Record<string, string>> }): string {
  const time = (ms: number): string => `toDateTime(${Math.floor(ms / 1000)})`;
  const expanded = sql
    .replaceAll('$__fromTime', time(from))
    .replaceAll('$__toTime', time(to))
    .replaceAll('$__interval_s', String(step))
    .replace(/\$__timeFilter\((\w+)\)/g, (_, column: string) => `${column} >= ${time(from)} AND ${column} <= ${time(to)}`)
    .replace(/\$__timeInterval\((\w+)\)/g, (_, column: string) => `toStartOfInterval(toDateTime(${column}), INTERVAL ${step} second)`)
    .replace(/\$\{(\w+):singlequote\}/g, (_, name: string) => `'${variables[name] ?? ''}'`);
  const rest = /\$\{?\w+/.exec(expanded);
  if (rest) throw new Error(`${rest[0]} is neither a macro nor a variable known here`);
  return expanded;
}

/** Runs every Prometheus panel's query against the API under `baseUrl`. Returns the faults, and the names of queries that answered nothing. */
export async function runPromqlQueries(baseUrl: string, { from, to }: { from: number; to: number }): Promise<{ faults: string[]; empty: string[] }> {
  const faults: string[] = [];
  const empty: string[] = [];
  for (const { name, query, step } of promqlQueries()) {
    const body = new URLSearchParams({ query, start: String(from / 1000), end: String(to / 1000), step: String(step) });
    const answer = (await (await fetch(`${baseUrl}/api/v1/query_range`, { method: 'POST', body })).json()) as { status: string; error?: string; data?: { result: readonly unknown[] } };
    if (answer.status !== 'success') faults.push(`${name}: ${answer.error}`);
    else if (answer.data?.result.length === 0) empty.push(name);
  }
  return { faults, empty };
}
