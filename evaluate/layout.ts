import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { messageOf, PipelineError } from '#core/errors.js';
import type { UnixMs } from '#core/types.js';
import { fieldsOf, parseCsv } from './csv.js';

const span = z.strictObject({ start: z.number(), end: z.number().optional() });

/** case.json; times are epoch seconds. What it may not hold is the answer. */
const caseFile = z.strictObject({
  /** When the fault or its alarm was seen. */
  window: span.optional(),
  /** Usual times; all before the window when absent. */
  baseline: span.optional(),
  alarm: z.strictObject({ entity: z.string(), metric: z.string().optional() }).optional(),
  /** Who can be the cause; all that is named anywhere when absent. */
  entities: z.array(z.string()).optional(),
  /** Cases of one system share its history of alerts. */
  system: z.string().optional(),
});

export interface Points {
  readonly times: readonly UnixMs[];
  readonly values: readonly number[];
}

export interface Measurement extends Points {
  readonly entity: string;
  readonly metric: string;
}

/** How long a caller waits for a callee; milliseconds. */
export interface CallTimes {
  readonly caller: string;
  readonly callee: string;
  readonly times: readonly UnixMs[];
  readonly ms: readonly number[];
}

export interface Alert {
  readonly at: UnixMs;
  readonly entity: string;
  readonly name: string;
  readonly kind: string;
  readonly direction: 'up' | 'down';
  readonly caller: string;
}

export interface SpanRow {
  readonly at: UnixMs;
  readonly trace: string;
  readonly span: string;
  readonly parent: string;
  readonly entity: string;
  readonly operation: string;
  readonly durationMs: number;
  readonly failed: boolean;
}

export interface LogRow {
  readonly at: UnixMs;
  readonly entity: string;
  readonly severity: string;
  readonly message: string;
}

/** One case as docs/evaluate.md lays it out. */
export interface Case {
  readonly id: string;
  readonly window: { readonly start: UnixMs; readonly end: UnixMs } | undefined;
  readonly baseline: { readonly start: UnixMs; readonly end: UnixMs } | undefined;
  readonly alarm: { readonly entity: string; readonly metric: string } | undefined;
  readonly system: string;
  readonly entities: readonly string[] | undefined;
  readonly metrics: readonly Measurement[];
  readonly edges: readonly { readonly caller: string; readonly callee: string }[];
  readonly calls: readonly CallTimes[];
  readonly alerts: readonly Alert[];
  readonly spans: readonly SpanRow[];
  readonly logs: readonly LogRow[];
}

/** Ids of the cases below `root`, sorted: every folder with a case.json, named by its path with `/`. */
export function listCases(root: string): string[] {
  if (!existsSync(root) || !statSync(root).isDirectory()) throw new PipelineError('CONFIG_INVALID', `there is no folder ${root}`);
  const found = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name === 'case.json');
  if (found.length === 0) throw new PipelineError('CONFIG_INVALID', `no case.json below ${root}; docs/evaluate.md describes the layout`);
  return found.map(({ parentPath }) => relative(root, parentPath).split(sep).join('/')).toSorted();
}

/** Reads one case. Throws PipelineError CONFIG_INVALID naming the file that is not as docs/evaluate.md says. */
export function readCase(root: string, id: string): Case {
  const folder = join(root, ...id.split('/'));
  const rows = (name: string): Record<string, string>[] => {
    const path = join(folder, name);
    return existsSync(path) ? parseCsv(readFileSync(path, 'utf8')) : [];
  };
  const { window, baseline, alarm, entities, system = '' } = parseCase(join(folder, 'case.json'));
  const times = ({ start, end }: z.output<typeof span>): { start: UnixMs; end: UnixMs } => ({ start: start * 1000, end: (end ?? Number.POSITIVE_INFINITY) * 1000 });
  const metricsFolder = join(folder, 'metrics');
  const files = existsSync(metricsFolder) ? readdirSync(metricsFolder).filter((name) => name.endsWith('.csv')).toSorted() : [];
  return {
    id, system, entities,
    window: window && times(window),
    baseline: baseline && times(baseline),
    alarm: alarm && { entity: alarm.entity, metric: alarm.metric ?? '' },
    metrics: files.flatMap((name) => readMetrics(join(metricsFolder, name), entityOf(join(metricsFolder, name)))),
    edges: rows('graph.csv').map(({ caller = '', callee = '' }) => ({ caller, callee })),
    calls: readCalls(rows('calls.csv')),
    alerts: rows('alerts.csv').map(({ timestamp, entity = '', name = '', kind = '', direction, caller = '' }) => ({
      at: Number(timestamp) * 1000, entity, name, kind, direction: direction === 'down' ? 'down' : 'up', caller,
    })),
    spans: rows('traces.csv').map((row) => ({
      at: Number(row['timestamp']) * 1000, trace: row['trace'] ?? '', span: row['span'] ?? '', parent: row['parent'] ?? '', entity: row['entity'] ?? '',
      operation: row['operation'] ?? '', durationMs: Number(row['duration_ms']), failed: row['error'] === '1' || row['error'] === 'true',
    })),
    logs: rows('logs.csv').map((row) => ({ at: Number(row['timestamp']) * 1000, entity: row['entity'] ?? '', severity: row['severity'] ?? '', message: row['message'] ?? '' })),
  };
}

/** The entity that a file of metrics is named after. */
function entityOf(path: string): string {
  const name = basename(path, '.csv');
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw new PipelineError('CONFIG_INVALID', `${path}: its name is no percent-encoded entity: write % as %25`, { cause });
  }
}

function parseCase(path: string): z.output<typeof caseFile> {
  try {
    return caseFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new PipelineError('CONFIG_INVALID', `${path}: ${error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)}`);
  }
}

/** timestamp and one column per metric; empty cells are missing points. Rows may come unsorted; of a time given twice the last row counts. */
function readMetrics(path: string, entity: string): Measurement[] {
  const [header = [], ...rows] = fieldsOf(readFileSync(path, 'utf8'));
  if (header[0] !== 'timestamp') throw new PipelineError('CONFIG_INVALID', `${path}: the first column must be "timestamp"`);
  const byTime = new Map(rows.map((row) => [Number(row[0]) * 1000, row]));
  const sorted = [...byTime].filter(([at]) => Number.isFinite(at)).toSorted(([a], [b]) => a - b);
  return header.slice(1).map((metric, at) => {
    const points = sorted.flatMap(([time, row]) => {
      const cell = row[at + 1] ?? '';
      return cell !== '' && Number.isFinite(Number(cell)) ? [[time, Number(cell)] as const] : [];
    });
    return { entity, metric, times: points.map(([time]) => time), values: points.map(([, value]) => value) };
  });
}

function readCalls(rows: readonly Record<string, string>[]): CallTimes[] {
  const byPair = new Map<string, { caller: string; callee: string; times: number[]; ms: number[] }>();
  for (const { timestamp, caller = '', callee = '', duration_ms: duration = '' } of rows) {
    if (duration === '') continue;
    const key = `${caller}\0${callee}`;
    const known = byPair.get(key) ?? { caller, callee, times: [], ms: [] };
    byPair.set(key, known);
    known.times.push(Number(timestamp) * 1000);
    known.ms.push(Number(duration));
  }
  return [...byPair.values()];
}
