import { QueryError } from '#core/promql.js';
import { compareAnnotations, compareValues, type Outcome } from './compare.js';
import { customHistograms } from './custom-buckets.js';
import { parseScript, type EvalCommand, type LoadCommand } from './script.js';

/** What the scripts run against. */
export interface Subject {
  load(series: LoadCommand['series'], stepMs: number): Promise<void>;
  clear(): Promise<void>;
  /** Rejects with QueryError when the query has no answer. */
  ask(query: { readonly text: string; readonly start: number; readonly end: number; readonly stepMs: number; readonly instant: boolean }): Promise<Outcome>;
}

interface Failure {
  readonly line: number;
  readonly query: string;
  readonly message: string;
}

export interface Report {
  readonly passed: number;
  readonly failures: readonly Failure[];
}

/** Runs one script and tells which evaluations hold. */
export async function runScript(text: string, subject: Subject): Promise<Report> {
  const { commands, faults } = parseScript(text);
  const failures: Failure[] = faults.map(({ line, message }) => ({ line, query: '', message }));
  let passed = 0;
  await subject.clear();
  for (const command of commands) {
    if (command.kind === 'clear') await subject.clear();
    else if (command.kind === 'load') await subject.load(command.withCustom ? [...command.series, ...customHistograms(command.series)] : command.series, command.stepMs);
    else {
      const message = await check(command, subject);
      if (message === undefined) passed += 1;
      else failures.push({ line: command.line, query: command.query, message });
    }
  }
  return { passed, failures };
}

async function check(command: EvalCommand, subject: Subject): Promise<string | undefined> {
  const wantsFailure = command.expectations.find(({ what }) => what === 'fail');
  try {
    const outcome = await subject.ask({ text: command.query, start: command.start, end: command.end, stepMs: command.stepMs, instant: command.instant });
    if (wantsFailure) return 'expected a failure';
    return compareValues(command, outcome) ?? compareAnnotations(command, outcome) ?? (await checkAsRange(command, outcome, subject));
  } catch (error) {
    if (!(error instanceof QueryError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (!wantsFailure) return error.message;
    return wantsFailure.matches?.(error.message) === false ? `${wantsFailure.text}: got ${error.message}` : undefined;
  }
}

const MINUTE_MS = 60_000;

/** An instant query must give the same in the middle of a range query. */
async function checkAsRange(command: EvalCommand, instant: Outcome, subject: Subject): Promise<string | undefined> {
  if (!command.instant || instant.type !== 'vector' || command.expectations.some(({ what }) => what === 'ordered') || DEPENDS_ON_RANGE.test(command.query)) return undefined;
  const range = await subject.ask({ text: command.query, start: command.start - MINUTE_MS, end: command.start + MINUTE_MS, stepMs: MINUTE_MS, instant: false });
  const series = range.series.map(({ labels, points }) => ({ labels, points: new Map([...points].filter(([time]) => time === command.start)) })).filter(({ points }) => points.size > 0);
  const message = compareValues(command, { ...range, type: 'vector', series });
  return message && `as part of a range: ${message}`;
}

/** These mean something else in a range query. */
const DEPENDS_ON_RANGE = /\b(start|end|step|range)\(\)|sort/;
