import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fieldsOf } from '../../evaluate/csv.js';
import { caseWriter } from './write.js';

interface Table {
  /** Entity and metric of each column. */
  readonly columns: readonly { readonly entity: string; readonly metric: string; readonly at: number }[];
  readonly rows: readonly (readonly string[])[];
}

interface Target {
  readonly node: string;
  readonly metric: string;
  readonly agg: string;
  readonly timestamp: number;
}

/** Periods are five minutes, named by their beginning; an alarm speaks of the period before it too. */
const PERIOD_S = 300;

/** `<scenario>/{noissue,train,test}/…/metrics.csv` with three header rows, and an adjacency matrix per scenario. Of truth.json only each case's alarm is read. */
export function convert(data: string, out: string): void {
  const targets = JSON.parse(readFileSync(join(data, 'truth.json'), 'utf8')) as Record<string, { readonly target: Target }>;
  const issues = readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === 'metrics.csv')
    .map(({ parentPath }) => relative(data, parentPath).split(sep).join('/'));
  for (const id of issues) {
    const target = targets[id]?.target;
    if (!target) continue;
    const scenario = id.split('/')[0] ?? '';
    const now = read(join(data, id, 'metrics.csv'));
    const quiet = join(data, scenario, 'noissue', 'metrics.csv');
    const usual = existsSync(quiet) ? read(quiet) : undefined;
    const usualTimes = usual?.rows.map(([at]) => Number(at)) ?? [];
    const writer = caseWriter(out, id);
    writer.json({
      window: { start: target.timestamp - PERIOD_S, end: Math.max(...now.rows.map(([at]) => Number(at))) },
      ...(usualTimes.length > 0 && { baseline: { start: Math.min(...usualTimes), end: Math.max(...usualTimes) } }),
      alarm: { entity: target.node, metric: `${target.metric} ${target.agg}` },
    });
    for (const entity of new Set(now.columns.map((column) => column.entity))) {
      const metrics = now.columns.filter((column) => column.entity === entity).map(({ metric }) => metric);
      const pick = ({ columns, rows }: Table): string[][] => {
        const at = metrics.map((metric) => columns.find((column) => column.entity === entity && column.metric === metric)?.at ?? -1);
        return rows.map((row) => [String(Number(row[0])), ...at.map((index) => row[index] ?? '')]);
      };
      writer.metrics(entity, ['timestamp', ...metrics], [...pick(now), ...(usual ? pick(usual) : [])]);
    }
    const graph = join(data, scenario, 'graph.csv');
    if (existsSync(graph)) writer.table('graph', ['caller', 'callee'], edgesOf(graph));
  }
}

function read(path: string): Table {
  const [names = [], metrics = [], statistics = [], ...rest] = fieldsOf(readFileSync(path, 'utf8'));
  const columns = names.slice(1).map((entity, index) => ({ entity, metric: `${metrics[index + 1]} ${statistics[index + 1]}`, at: index + 1 }));
  return { columns, rows: rest.filter(([at = '']) => at !== '' && Number.isFinite(Number(at))) };
}

function edgesOf(path: string): string[][] {
  const [header = [], ...rows] = fieldsOf(readFileSync(path, 'utf8'));
  return rows.flatMap((row) => row.slice(1).flatMap((cell, at) => (Number(cell) !== 0 ? [[row[0] ?? '', header[at + 1] ?? '']] : [])));
}
