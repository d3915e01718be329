import { messageOf, PipelineError } from '#core/errors.js';
import type { Labels, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Table } from './table.js';

export interface RangeQuestion {
  /** PromQL. */
  readonly query: string;
  /** A Faultline, or anything else that serves Prometheus' HTTP API under this address. */
  readonly url: string;
  /** The header to send; '' for none, or that of the name and the password in the address. */
  readonly authorization: string;
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly stepMs: number;
}

interface Matrix {
  readonly data?: { readonly result?: readonly { readonly metric: Labels; readonly values?: readonly (readonly [seconds: number, value: string])[]; readonly histograms?: readonly unknown[] }[] };
  readonly error?: string;
}

/** Servers refuse more than 11,000 steps per answer; a longer range is asked in parts. */
const STEPS_PER_ANSWER = 10_000;
const LIMIT_MS = 120_000;

/** What a query answers over time: a table for each series. `note` hears of series that hold no numbers. Throws STORE_UNAVAILABLE when nobody answers, QUERY_INVALID with the server's own reason when it refuses, or when there is no series. */
export async function queryTables({ query, url, authorization, from, to, stepMs }: RangeQuestion, note: (line: string) => void): Promise<Table[]> {
  const histograms = new Set<string>();
  const series = new Map<string, { readonly seconds: number[]; readonly values: number[] }>();
  for (let start = from; start <= to; start += STEPS_PER_ANSWER * stepMs) {
    const end = Math.min(to, start + (STEPS_PER_ANSWER - 1) * stepMs);
    const { data } = await ask(url, authorization, { query, start: String(start / 1000), end: String(end / 1000), step: String(stepMs / 1000) });
    for (const { metric, values = [], histograms: others = [] } of data?.result ?? []) {
      const name = nameOf(metric) || query;
      if (others.length > 0) histograms.add(name);
      const own = series.get(name) ?? { seconds: [], values: [] };
      series.set(name, own);
      for (const [seconds, value] of values) {
        own.seconds.push(seconds);
        own.values.push(Number(value));
      }
    }
  }
  const tables = [...series].filter(([, { seconds }]) => seconds.length > 0).map(([name, { seconds, values }]): Table => ({ name, stamps: seconds.map(String), times: Float64Array.from(seconds, (at) => at * 1000), names: ['value'], columns: [Float64Array.from(values)] }));
  if (histograms.size > 0) note(`${histograms.size} series hold native histograms, which are not judged: ask for histogram_avg(…) or histogram_quantile(…) of them`);
  if (tables.length === 0) throw new PipelineError('QUERY_INVALID', `${query} has no series of numbers from ${rfc3339(from)} to ${rfc3339(to)}: widen --from and --to, or change the query`);
  return tables;
}

/** A part of an address, which may hold a % that stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function ask(base: string, given: string, form: Readonly<Record<string, string>>): Promise<Matrix> {
  const url = new URL(`${base.replace(/\/+$/, '')}/api/v1/query_range`);
  const { username, password } = url;
  url.username = url.password = '';
  const authorization = given || (username === '' ? '' : `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`);
  const response = await fetch(url, { method: 'POST', headers: authorization === '' ? {} : { authorization }, body: new URLSearchParams(form), signal: AbortSignal.timeout(LIMIT_MS) }).catch((error: unknown) => {
    throw new PipelineError('STORE_UNAVAILABLE', `nothing answers at ${url.origin} (${messageOf(error)}): start Faultline, or name it or a Prometheus with --url`, { cause: error });
  });
  const body = (await response.json().catch(() => ({}))) as Matrix;
  if (!response.ok || !body.data) throw new PipelineError('QUERY_INVALID', `${url.origin} does not answer the query: ${body.error ?? `status ${response.status}`}`, { retryable: response.status >= 500 });
  return body;
}

/** As in PromQL: `up{job="api"}`. */
function nameOf({ __name__: name = '', ...labels }: Labels): string {
  const matchers = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return matchers.length === 0 ? name : `${name}{${matchers.join(', ')}}`;
}
