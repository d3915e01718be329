import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldsOf, parseCsv } from '../../evaluate/csv.js';
import { groupBy } from '../../evaluate/group-by.js';
import { recordsOf, spansOf } from './nezha-records.js';
import { caseWriter, type CaseWriter } from './write.js';

/** Minutes of a fault, and of the usual times before it that a case shows: of spans and records, which are many, fewer. */
const FAULT_S = 240;
const BEFORE_S = 6 * 3600;
const RECORDS_BEFORE_S = 1800;
/** Columns that are no measurement. */
const LABELS = new Set(['Time', 'TimeStamp', 'PodName', 'ServiceName']);
/** What Kubernetes appends to a deployment's name. */
const POD = /-[0-9a-f]{7,10}-[0-9a-z]{5}$/;

/** A day's folder of one CSV per pod, and, where they are, folders of a minute's spans and records each. Case ids are `<system>/<day>/<HHMMSS>`: the time is the fault's, in UTC; nothing else of truth.json is read. */
export function convert(data: string, out: string): void {
  const ids = Object.keys(JSON.parse(readFileSync(join(data, 'truth.json'), 'utf8')) as Record<string, unknown>);
  for (const id of ids) {
    const [, day = '', clock = ''] = id.split('/');
    const start = Date.parse(`${day}T${clock.replaceAll(/(..)(?=.)/g, '$1:')}Z`) / 1000;
    const writer = caseWriter(out, id);
    writer.json({ window: { start, end: start + FAULT_S } });
    const within = (before: number) => (at: number) => at >= start - before && at <= start + FAULT_S;
    writeDay(data, day, writer, within(BEFORE_S), within(RECORDS_BEFORE_S));
  }
}

/** Every day as one timeline, named by the first two parts of its case ids; spans.json says from when to when it is judged. */
export function convertTimelines(data: string, out: string): void {
  const spans = JSON.parse(readFileSync(join(data, 'spans.json'), 'utf8')) as Record<string, readonly [from: number, to: number]>;
  const ids = Object.keys(JSON.parse(readFileSync(join(data, 'truth.json'), 'utf8')) as Record<string, unknown>);
  for (const timeline of new Set(ids.map((id) => id.split('/').slice(0, 2).join('/')))) {
    const writer = caseWriter(out, timeline);
    const [from, to] = spans[timeline] ?? [0, Number.POSITIVE_INFINITY];
    writer.json({});
    const within = (at: number): boolean => at >= from && at <= to;
    writeDay(data, timeline.split('/')[1] ?? '', writer, within, within);
  }
}

function writeDay(data: string, day: string, writer: CaseWriter, wanted: (at: number) => boolean, recordsWanted: (at: number) => boolean): void {
  const records = join(data, 'rca_data', day);
  const folder = join(records, 'metric');
  const pods = readdirSync(folder).filter((name) => name.endsWith('_metric.csv'));
  const services = groupBy(pods, (file) => serviceOf(file.replace(/_metric\.csv$/, '')));
  for (const [service, files] of services) {
    const tables = files.map((file) => podTable(join(folder, file), wanted));
    writer.metrics(service, ['timestamp', ...(tables[0]?.metrics ?? [])], tables.length === 1 ? (tables[0]?.rows ?? []) : meansOf(tables.flatMap(({ rows }) => rows)));
  }
  const graph = join(folder, 'dependency.csv');
  if (existsSync(graph)) {
    const edges = parseCsv(readFileSync(graph, 'utf8')).filter(({ Source = '', Target = '' }) => services.has(Source) && services.has(Target));
    writer.table('graph', ['caller', 'callee'], edges.map(({ Source = '', Target = '' }) => [Source, Target]));
  }
  const calls = join(folder, 'source_50.csv');
  if (existsSync(calls)) writer.table('calls', ['timestamp', 'caller', 'callee', 'duration_ms'], callsOf(calls, wanted));
  if (existsSync(join(records, 'trace'))) writer.table('traces', ['timestamp', 'trace', 'span', 'parent', 'entity', 'operation', 'duration_ms', 'error'], [...spansOf(records, serviceOf, recordsWanted)]);
  if (existsSync(join(records, 'log'))) writer.table('logs', ['timestamp', 'entity', 'severity', 'message'], [...recordsOf(records, serviceOf, recordsWanted)]);
}

const serviceOf = (pod: string): string => pod.replace(POD, '');

interface PodTable {
  readonly metrics: readonly string[];
  /** Epoch seconds, then a cell per metric. */
  readonly rows: readonly (readonly string[])[];
}

function podTable(path: string, wanted: (at: number) => boolean): PodTable {
  const [header = [], ...rows] = fieldsOf(readFileSync(path, 'utf8'));
  const time = header.indexOf('TimeStamp');
  const kept = header.flatMap((name, at) => (LABELS.has(name) ? [] : [at]));
  return { metrics: kept.map((at) => header[at] ?? ''), rows: rows.filter((row) => wanted(Number(row[time]))).map((row) => [row[time] ?? '', ...kept.map((at) => row[at] ?? '')]) };
}

/** One row per minute for a service with several pods: the means of theirs. */
function meansOf(rows: readonly (readonly string[])[]): (readonly (string | number)[])[] {
  return [...groupBy(rows, ([at]) => String(Math.floor(Number(at) / 60)))].map(([minute, same]) => [
    Number(minute) * 60,
    ...(same[0] ?? []).slice(1).map((_, column) => {
      const known = same.map((row) => Number(row[column + 1] || Number.NaN)).filter(Number.isFinite);
      return known.length === 0 ? '' : known.reduce((sum, value) => sum + value, 0) / known.length;
    }),
  ]);
}

/** Median seconds of each `<caller>_<callee>` as its caller measured them. */
function callsOf(path: string, wanted: (at: number) => boolean): string[][] {
  return parseCsv(readFileSync(path, 'utf8'))
    .filter(({ timestamp }) => wanted(Number(timestamp)))
    .flatMap(({ time: _time, timestamp = '', ...pairs }) =>
      Object.entries(pairs).flatMap(([pair, seconds]) => {
        const [caller = '', callee = ''] = pair.split('_');
        return seconds === '' ? [] : [[timestamp, caller, callee, String(Number(seconds) * 1000)]];
      }),
    );
}
