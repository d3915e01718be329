import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldsOf, parseCsv } from '../../evaluate/csv.js';

/** Rows as docs/evaluate.md lays them out. */
type Row = readonly (string | number)[];

/** The parent of a span that nobody called. */
const NOBODY = 'root';
/** A file is of one minute or little more. */
const FILE_S = 120;
/** Where a line of a log says how bad it is, it does so near its beginning. */
const LEVEL = /\b(?:FATAL|ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE)\b/;
const LEVEL_WITHIN = 120;

/** `timestamp,trace,span,parent,entity,operation,duration_ms,error` of a day's `trace` folder. Whether a span failed is not said. */
export function* spansOf(day: string, serviceOf: (pod: string) => string, wanted: (at: number) => boolean): Generator<Row> {
  for (const row of rowsOf(join(day, 'trace'), 'StartTimeUnixNano', wanted)) {
    const { TraceID = '', SpanID = '', ParentID = '', PodName = '', OperationName = '', StartTimeUnixNano = '', EndTimeUnixNano = '' } = row;
    yield [secondsOf(StartTimeUnixNano), TraceID, SpanID, ParentID === NOBODY ? '' : ParentID, serviceOf(PodName), OperationName, (Number(EndTimeUnixNano) - Number(StartTimeUnixNano)) / 1e6, 0];
  }
}

/** `timestamp,entity,severity,message` of a day's `log` folder. */
export function* recordsOf(day: string, serviceOf: (pod: string) => string, wanted: (at: number) => boolean): Generator<Row> {
  for (const { PodName = '', TimeUnixNano = '', Log = '' } of rowsOf(join(day, 'log'), 'TimeUnixNano', wanted)) {
    const { severity, message } = recordOf(Log);
    yield [secondsOf(TimeUnixNano), serviceOf(PodName), severity, message];
  }
}

/** Rows of the times that are wanted, of a folder with a CSV for each minute. */
function* rowsOf(folder: string, time: string, wanted: (at: number) => boolean): Generator<Record<string, string>> {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.csv')).toSorted()) {
    const text = readFileSync(join(folder, name), 'utf8');
    const begins = beginOf(text, time);
    if (!wanted(begins) && !wanted(begins + FILE_S)) continue;
    for (const row of parseCsv(text)) if (wanted(secondsOf(row[time] ?? ''))) yield row;
  }
}

/** Epoch seconds of the first row. */
function beginOf(text: string, time: string): number {
  const [header = [], first = []] = fieldsOf(text.slice(0, text.indexOf('\n', text.indexOf('\n') + 1) + 1));
  return secondsOf(first[header.indexOf(time)] ?? '');
}

const secondsOf = (nano: string): number => (nano === '' ? Number.NaN : Number(nano) / 1e9);

/** What a container wrote: a line in the envelope of its runtime, which may be an object itself. */
function recordOf(log: string): { readonly severity: string; readonly message: string } {
  const { log: line = log } = fieldsIn(log);
  const { message = line, severity } = fieldsIn(line);
  return { severity: severity ?? LEVEL.exec(line.slice(0, LEVEL_WITHIN))?.[0] ?? '', message: message.trimEnd() };
}

/** The texts of an object; none of what is no object. */
function fieldsIn(text: string): Partial<Record<string, string>> {
  if (!text.startsWith('{')) return {};
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text) as Record<string, unknown>).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
  } catch {
    return {};
  }
}
