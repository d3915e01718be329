import { keepPreviousData, useQueries, useQuery, type QueryState, type UseQueryResult } from '@tanstack/react-query';
import type { ApiChart, ApiMetrics } from '#core/api/charts.js';
import type { ApiIncident, ApiIncidents } from '#core/api/incidents.js';
import type { ApiLogPatterns, ApiLogs } from '#core/api/logs.js';
import type { ApiChanges, ApiMap, ApiServiceDetail, ApiServices } from '#core/api/services.js';
import type { ApiScaling, ApiSlo } from '#core/api/slos.js';
import type { ApiSources, ApiStatus } from '#core/api/status.js';
import type { ApiTrace, ApiTraceColumns } from '#core/api/traces.js';
import type { ApiModels } from '#core/models.js';
import { refreshMs, type RangeText } from '../time/range.js';
import { useRange } from '../time/use-range.js';
import { isSignedOut, read, type ApiFailure, type Params } from './client.js';
import { inPath } from './service-path.js';

export type Answer<T> = UseQueryResult<T, ApiFailure>;

interface AskOptions {
  readonly enabled?: boolean;
  /** Read again this often; not at all when left out. */
  readonly everyMs?: number | false;
  /** Read again this often while nobody sees the page; not at all when left out. */
  readonly hiddenMs?: number;
  /** Keep the old answer on screen while a new question is answered. */
  readonly keep?: boolean;
}

/** Asks again this often; not where somebody cancelled the first answer, until they want it after all, nor where nobody is signed in, until somebody is. */
export const again = (everyMs: number | false) => ({ state: { status, fetchStatus, error } }: { readonly state: Pick<QueryState, 'status' | 'fetchStatus' | 'error'> }): number | false => ((status === 'pending' && fetchStatus === 'idle') || isSignedOut(error) ? false : everyMs);

/** One question to the API. Cached under its path and parameters; a component that goes away cancels it. */
export function useAsk<T>(path: string, params: Params = {}, { enabled = true, everyMs = false, hiddenMs, keep = true }: AskOptions = {}): Answer<T> {
  return useQuery<T, ApiFailure>({
    queryKey: [path, params],
    queryFn: ({ signal }) => read<T>(path, params, signal),
    enabled,
    refetchInterval: (query) => again(document.hidden ? (hiddenMs ?? everyMs) : everyMs)(query),
    refetchIntervalInBackground: hiddenMs !== undefined,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  });
}

/** A question about the page's time range, or about `own` when a part has its own. Live ranges are asked again by themselves. */
export function useAskInRange<T>(path: string, params: Params = {}, options: AskOptions & { readonly range?: RangeText } = {}): Answer<T> {
  const page = useRange();
  const range = options.range ?? page.range;
  return useAsk<T>(path, { ...params, from: range.from, to: range.to }, { everyMs: refreshMs(range), ...options });
}

export interface ServiceQuery {
  readonly q?: string | undefined;
  readonly sort?: string | undefined;
  readonly limit: number;
  readonly own?: 'show' | 'hide' | 'in-trouble';
}
/** The first `limit` services in the order asked for, the worst first when none is, and how many there are. */
export const useServices = (query: ServiceQuery, options: Pick<AskOptions, 'enabled'> = {}): Answer<ApiServices> => useAskInRange('/api/services', { ...query }, options);
export const useService = (service: string): Answer<ApiServiceDetail> => useAskInRange(`/api/services/${encodeURIComponent(inPath(service))}`, {}, { keep: false });
export interface MapQuery {
  readonly own: Own;
  readonly around: string;
  readonly hops: number;
  /** A larger map is answered in part. */
  readonly most: number;
}
/** A time of a question's own, and how often it is asked about it. */
type AskedRange = Pick<AskOptions, 'everyMs'> & { readonly range: RangeText };
export const useMap = (query: MapQuery, asked?: AskedRange): Answer<ApiMap> => useAskInRange('/api/map', { ...query }, asked);
/** What changed last in the page's range, newest first, of all services or one. */
export const useChanges = (service = ''): Answer<ApiChanges> => useAskInRange('/api/changes', { service, limit: 12 }, { everyMs: useRange().live && 15_000 });

export const useSeries = (id: string, asked?: AskedRange): Answer<ApiChart> => useAskInRange(`/api/series/${encodeURIComponent(id)}`, {}, asked);

/** Whether Faultline's own traces and calls are among the answer. */
export type Own = 'show' | 'hide';

export interface TraceQuery {
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  readonly status?: 'ok' | 'error' | undefined;
  readonly q?: string | undefined;
  /** `key=value`. */
  readonly attribute?: string | undefined;
  readonly minMs?: number | undefined;
  readonly maxMs?: number | undefined;
  readonly own?: Own | undefined;
  readonly limit?: number | undefined;
  readonly pick?: 'newest' | 'sample' | undefined;
}
export const useTraces = (query: TraceQuery): Answer<ApiTraceColumns> => useAskInRange('/api/traces', { ...query, as: 'columns' });
export const useTrace = (traceId: string): Answer<ApiTrace> => useAsk(`/api/traces/${encodeURIComponent(traceId)}`, {}, { keep: false });

/** Several traces at once, in the order asked for; null for one that is not there yet, or no more. */
export function useTracesById(traceIds: readonly string[]): readonly (ApiTrace | null)[] {
  return useQueries({
    queries: traceIds.map((id) => {
      const path = `/api/traces/${encodeURIComponent(id)}`;
      return { queryKey: [path, {}], queryFn: ({ signal }: { signal: AbortSignal }) => read<ApiTrace>(path, {}, signal), staleTime: 60_000 };
    }),
    combine: (answers) => answers.map(({ data }) => data ?? null),
  });
}

export type Severity = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
export interface LogQuery {
  readonly q?: string | undefined;
  readonly service?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly traceId?: string | undefined;
  readonly pattern?: string | undefined;
  readonly limit?: number | undefined;
  /** `older` of an answer. */
  readonly before?: string | undefined;
}
export const useLogs = (query: LogQuery, range?: RangeText, everyMs?: number): Answer<ApiLogs> => useAskInRange('/api/logs', { ...query }, { ...(range ? { range } : {}), ...(everyMs === undefined ? {} : { everyMs }) });
export const useLogPatterns = (query: Omit<LogQuery, 'limit' | 'before'>, asked?: AskedRange): Answer<ApiLogPatterns> => useAskInRange('/api/logs/patterns', { ...query }, asked);

export const useSlos = (): Answer<{ slos: readonly ApiSlo[] }> => useAskInRange('/api/slos');

export const useScaling = (): Answer<{ policies: readonly ApiScaling[] }> => useAskInRange('/api/scaling');

export const useModels = (): Answer<ApiModels> => useAsk('/api/models', {}, { everyMs: 15_000 });

export const useMetrics = (): Answer<ApiMetrics> => useAsk('/api/metrics', {}, { everyMs: 30_000 });
export const useMetric = (name: string, service?: string, labels?: string): Answer<{ charts: readonly ApiChart[]; promql: string; matching: number }> => useAskInRange('/api/metrics/query', { name, service, labels }, { enabled: name !== '', keep: false });

/** Open incidents of any age, or all that overlap the page's range. Events from the server refresh both at once. A tab that nobody sees has how many are open in its title. */
export const useOpenIncidents = (): Answer<ApiIncidents> => useAsk('/api/incidents', { state: 'open' }, { everyMs: 15_000, hiddenMs: 60_000 });
export const useAllIncidents = (range?: RangeText): Answer<ApiIncidents> => useAskInRange('/api/incidents', { state: 'all' }, range ? { range } : {});
export const useIncident = (id: string, options: Pick<AskOptions, 'enabled'> = {}): Answer<ApiIncident> => useAsk(`/api/incidents/${encodeURIComponent(id)}`, {}, { everyMs: 10_000, keep: false, ...options });

/** Who sends what: the first `limit` of those called so, with something to fix first. */
export const useSources = (q: string, limit: number): Answer<ApiSources> => useAsk('/api/sources', { q, limit }, { everyMs: 5_000 });

export const useStatus = (): Answer<ApiStatus> => useAsk('/api/status', {}, { everyMs: 5_000 });
