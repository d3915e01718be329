import type { Histogram } from '../promql/histogram/histogram.js';
import type { LabelSet } from '../promql/labels.js';
import { parseNumber, parseString } from '../promql/literals.js';
import { parseStarts } from './starts.js';
import { numberOf, parseHistogram, parseLabels, parseSeries, timeOf, type Written } from '../promql/notation.js';

/** Prometheus' test scripts: https://github.com/prometheus/prometheus/blob/main/promql/promqltest/README.md */
export type Command = LoadCommand | ClearCommand | EvalCommand;

export interface LoadCommand {
  readonly kind: 'load';
  readonly stepMs: number;
  /** Also as native histograms with custom buckets. */
  readonly withCustom: boolean;
  readonly series: Loaded[];
}

/** One series; `starts` are milliseconds from each sample's time to its start time. */
export interface Loaded {
  readonly labels: LabelSet;
  readonly samples: Written[];
  readonly starts?: readonly (number | undefined)[];
}

interface ClearCommand {
  readonly kind: 'clear';
}

interface Expectation {
  readonly what: 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered';
  readonly matches: ((message: string) => boolean) | undefined;
  readonly text: string;
}

export interface EvalCommand {
  readonly kind: 'eval';
  readonly line: number;
  readonly query: string;
  readonly instant: boolean;
  readonly start: number;
  readonly end: number;
  readonly stepMs: number;
  readonly expectations: Expectation[];
  /** Expected samples by labels, in the order written; a scalar has no labels. */
  readonly series: { readonly labels: LabelSet; readonly samples: Written[] }[];
  scalar: number | Histogram | undefined;
  string: string | undefined;
  /** Set when the answer is the samples of a range. */
  matrix: { readonly start: number; readonly stepMs: number } | undefined;
}

const START_LINE = /^\S*@st\s/;
const COMMAND = /^(load(?:_with_nhcb)?\s|clear$|eval(?:_\w+)?\s|ignore|resume)/;

/** The commands of one script. A command that cannot be read becomes a fault on its line. */
export function parseScript(text: string): { readonly commands: Command[]; readonly faults: { readonly line: number; readonly message: string }[] } {
  const commands: Command[] = [];
  const faults: { line: number; message: string }[] = [];
  let current: Command | undefined;
  let starts: Loaded['starts'];
  let before = '';
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/^\s*#.*$/, '').trim();
    // A series may be called load or eval; after an empty line there are no more series.
    const ended = before === '';
    before = line;
    if (line === '') continue;
    try {
      if (COMMAND.test(line) && (ended || !/^\s/.test(raw))) {
        current = parseCommand(line, index + 1);
        if (current) commands.push(current);
      } else if (current?.kind === 'load' && START_LINE.test(line)) starts = parseStarts(line);
      else if (current?.kind === 'load') {
        current.series.push({ ...parseSeries(line), ...(starts && { starts }) });
        starts = undefined;
      }
      else if (current?.kind === 'eval') addExpectation(current, line);
      else throw new SyntaxError(`unexpected line: ${line}`);
    } catch (error) {
      faults.push({ line: index + 1, message: error instanceof Error ? error.message : String(error) });
      if (current?.kind === 'eval') commands.splice(commands.indexOf(current), 1);
      if (current?.kind === 'eval') current = undefined;
    }
  }
  return { commands, faults };
}

function parseCommand(line: string, number: number): Command | undefined {
  if (line === 'clear') return { kind: 'clear' };
  const load = /^load(_with_nhcb)?\s+(\S+)$/.exec(line);
  if (load) return { kind: 'load', stepMs: timeOf(load[2] ?? ''), withCustom: load[1] !== undefined, series: [] };
  const at = /^eval(?:_(fail|warn|info|ordered))?\s+instant(?:\s+at\s+(\S+))?\s+(.+)$/.exec(line);
  const range = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/.exec(line);
  const base = { kind: 'eval' as const, line: number, expectations: [] as Expectation[], series: [], scalar: undefined, string: undefined, matrix: undefined };
  const legacy = (word: string | undefined): Expectation[] => (word ? [{ what: word as Expectation['what'], matches: undefined, text: word }] : []);
  if (at) {
    const time = timeOf(at[2] ?? '0');
    return { ...base, instant: true, start: time, end: time, stepMs: 1000, query: at[3] ?? '', expectations: legacy(at[1]) };
  }
  if (range) return { ...base, instant: false, start: timeOf(range[2] ?? ''), end: timeOf(range[3] ?? ''), stepMs: timeOf(range[4] ?? ''), query: range[5] ?? '', expectations: legacy(range[1]) };
  throw new SyntaxError(`unknown command: ${line}`);
}

function addExpectation(command: EvalCommand, line: string): void {
  const expect = /^expect\s+(fail|warn|info|no_warn|no_info|ordered)(?:\s+(msg|regex):\s?(.*))?$/.exec(line);
  if (expect) {
    const [, what, how, text = ''] = expect;
    const wanted = text.trim();
    const matches = how === 'msg' ? (message: string) => message.includes(wanted) : how === 'regex' ? (message: string) => new RegExp(wanted).test(message) : undefined;
    command.expectations.push({ what: what as Expectation['what'], matches, text: line });
    return;
  }
  const string = /^expect\s+string\s+(.+)$/.exec(line);
  if (string) {
    command.string = parseString(string[1] ?? '');
    return;
  }
  const vector = /^expect\s+range\s+vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/.exec(line);
  if (vector) {
    command.matrix = { start: timeOf(vector[1] ?? ''), stepMs: timeOf(vector[3] ?? '') };
    return;
  }
  if (parseNumber(line.replace(/^[+-]/, '')) !== undefined) {
    command.scalar = numberOf(line);
    return;
  }
  const { labels, rest } = parseLabels(line);
  if (labels.length === 0 && !line.startsWith('{}') && !/^\{\s*\}/.test(line)) command.scalar = line.startsWith('{{') ? parseHistogram(line) : numberOf(line);
  else if (rest !== '' || labels.length > 0) command.series.push(parseSeries(line));
}
