import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { alignedRange, type SteppedRange } from '../time/step.js';
import { refreshMs, resolveRange } from '../time/range.js';
import { serverNow } from '../time/server-now.js';
import { useRange } from '../time/use-range.js';
import { ApiFailure, reach, REPLAY_MS } from './client.js';
import { again, type Answer } from './hooks.js';

const PATH = '/api/v1/query_range';

export interface PromSeries {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds and the value as text. Absent where all samples are native histograms. */
  readonly values?: readonly (readonly [number, string])[];
}

export interface PromAnswer {
  readonly series: readonly PromSeries[];
  /** What Prometheus calls warnings and infos. */
  readonly remarks: readonly string[];
  readonly range: SteppedRange;
}

interface Body {
  readonly status: string;
  readonly data?: { readonly result: readonly PromSeries[] };
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** What a query answers over the page's range. */
export function useRangeQuery(query: string): Answer<PromAnswer> {
  const { range } = useRange();
  return useQuery<PromAnswer, ApiFailure>({
    queryKey: [PATH, { query, ...range }],
    enabled: query !== '',
    retry: false,
    refetchInterval: again(refreshMs(range)),
    placeholderData: keepPreviousData,
    async queryFn({ signal }) {
      const stepped = alignedRange(resolveRange(range, serverNow()));
      const { from, to, stepMs } = stepped;
      const { data, warnings = [], infos = [] } = await ask({ query, start: String(from / 1000), end: String(to / 1000), step: String(stepMs / 1000) }, signal);
      return { series: data?.result ?? [], remarks: [...warnings, ...infos], range: stepped };
    },
  });
}

/** As a form, since a query may be longer than an address. Throws ApiFailure with Prometheus' own words. */
async function ask(form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Body> {
  const { status, text } = await reach(PATH, { method: 'POST', body: new URLSearchParams(form), headers: { accept: 'application/json' } }, REPLAY_MS, [signal]);
  let body: Body;
  try {
    body = JSON.parse(text) as Body;
  } catch {
    throw new ApiFailure('NOT_JSON', `the answer was not JSON (status ${status})`, status);
  }
  if (body.status !== 'success') throw new ApiFailure(body.errorType ?? 'unknown', body.error ?? `status ${status}`, status);
  return body;
}
