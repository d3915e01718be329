import { promDurationMs } from '#core/duration.js';
import { CUSTOM_SCHEMA, NO_BUCKETS, type Histogram, type ResetHint } from './histogram/histogram.js';
import { combine } from './histogram/arithmetic.js';
import { labelSet, METRIC_NAME, type LabelSet } from './labels.js';
import { parseNumber, parseString } from './literals.js';

/** One sample as the scripts write it; undefined is a gap. */
export type Written = number | 'stale' | Histogram | undefined;

/** `name{a="b"} 1 2+3x4 _ {{…}}` → labels and samples. Throws SyntaxError. */
export function parseSeries(line: string): { readonly labels: LabelSet; readonly samples: Written[] } {
  const { labels, rest } = parseLabels(line.trim());
  return { labels, samples: parseSamples(rest) };
}

/** The labels at the start of a line, and what follows. */
export function parseLabels(line: string): { readonly labels: LabelSet; readonly rest: string } {
  const name = /^[a-zA-Z_:][\w:]*/.exec(line)?.[0] ?? '';
  const pairs: [string, string][] = name === '' ? [] : [[METRIC_NAME, name]];
  let at = name.length;
  while (line[at] === ' ' && line[at + 1] === '{' && line[at + 2] !== '{') at += 1;
  if (line[at] === '{' && line[at + 1] !== '{') {
    const pair = /\s*(?:([a-zA-Z_][\w]*|"(?:[^"\\]|\\.)*")\s*=\s*)?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*,?/y;
    pair.lastIndex = at + 1;
    for (let match = pair.exec(line); match; match = pair.exec(line)) {
      const [whole, key, value = ''] = match;
      pairs.push([key === undefined ? METRIC_NAME : key.startsWith('"') ? parseString(key) : key, parseString(value)]);
      at = match.index + whole.length;
    }
    const close = /\s*\}/y;
    close.lastIndex = at === line.indexOf('{') ? at + 1 : at;
    const end = close.exec(line) ?? (() => { throw new SyntaxError(`unclosed labels: ${line}`); })();
    at = end.index + end[0].length;
  }
  return { labels: labelSet(pairs), rest: line.slice(at).trim() };
}

const NUMBER = String.raw`[+-]?(?:[Ii]nf|[Nn]a[Nn]|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)`;
const SIMPLE = new RegExp(String.raw`^(?:_(?:x(\d+))?|(stale)(?:x(\d+))?|(${NUMBER})(?:([+-])(${NUMBER}))?(?:x(\d+))?)(?=\s|$)`);

function parseSamples(text: string): Written[] {
  const samples: Written[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const taken = rest.startsWith('{{') ? histograms(rest, samples) : simple(rest, samples);
    rest = rest.slice(taken).trimStart();
  }
  return samples;
}

function simple(text: string, samples: Written[]): number {
  const match = SIMPLE.exec(text);
  if (!match) throw new SyntaxError(`cannot read the samples at "${text.slice(0, 30)}"`);
  const [whole, gaps, stale, staleTimes, first, sign, delta, times] = match;
  if (first !== undefined) {
    const start = numberOf(first);
    const step = delta === undefined ? 0 : numberOf(delta) * (sign === '-' ? -1 : 1);
    let value = start;
    for (let count = 0; count <= Number(times ?? 0); count += 1) {
      samples.push(value);
      value += step;
    }
  } else for (let count = 0; count < Number((stale ? staleTimes : gaps) ?? 1); count += 1) samples.push(stale ? 'stale' : undefined);
  if (stale && staleTimes === undefined && samples.length === 0) samples.push('stale');
  return whole.length;
}

export function numberOf(text: string): number {
  const value = parseNumber(text.replace(/^[+-]/, ''));
  if (value === undefined) throw new SyntaxError(`not a number: ${text}`);
  return text.startsWith('-') ? -value : value;
}

/** `{{…}}`, `{{…}}x9`, `{{…}}+{{…}}x5`. */
function histograms(text: string, samples: Written[]): number {
  const end = text.indexOf('}}') + 2;
  const first = parseHistogram(text.slice(0, end));
  const more = /^([+-])(\{\{.*?\}\})x(\d+)/.exec(text.slice(end));
  if (more) {
    const [whole, sign, delta = '', times] = more;
    let value = first;
    const step = parseHistogram(delta);
    samples.push(value);
    for (let count = 0; count < Number(times); count += 1) {
      const next = combine(value, step, sign === '-' ? -1 : 1);
      if (!next) throw new SyntaxError('histograms of different schemas');
      value = { ...next.histogram, hint: first.hint };
      samples.push(value);
    }
    return end + whole.length;
  }
  const times = /^x(\d+)/.exec(text.slice(end));
  for (let count = 0; count <= Number(times?.[1] ?? 0); count += 1) samples.push(first);
  return end + (times?.[0].length ?? 0);
}

/** `{{schema:0 sum:1 count:2 buckets:[1 2]}}`. */
export function parseHistogram(text: string): Histogram {
  const fields = new Map([...text.slice(2, -2).matchAll(/(\w+):(\[[^\]]*\]|\S+)/g)].map(([, key = '', value = '']) => [key, value]));
  const number = (key: string, otherwise = 0): number => (fields.has(key) ? numberOf(fields.get(key) ?? '') : otherwise);
  const list = (key: string): number[] => (fields.get(key) ?? '').replace(/[[\]]/g, '').split(/\s+/).filter(Boolean).map(numberOf);
  const side = (counts: readonly number[], offset: number) => (counts.length === 0 ? NO_BUCKETS : { indices: counts.map((_count, index) => index + offset), counts });
  const schema = number('schema');
  return {
    schema, sum: number('sum'), count: number('count'), zeroThreshold: schema === CUSTOM_SCHEMA ? 0 : number('z_bucket_w'), zeroCount: number('z_bucket'),
    positive: side(list('buckets'), number('offset')), negative: side(list('n_buckets'), number('n_offset')), customValues: list('custom_values'), hint: (fields.get('counter_reset_hint') ?? 'unknown') as ResetHint,
  };
}

/** `5m`, `1h30m`, `50`: milliseconds; a bare number is seconds. */
export function timeOf(text: string): number {
  const negative = text.startsWith('-');
  const bare = text.replace(/^[+-]/, '');
  const ms = promDurationMs(bare) ?? Number(bare) * 1000;
  if (!Number.isFinite(ms)) throw new SyntaxError(`not a time: ${text}`);
  return negative ? -ms : ms;
}

