import { useQuery } from '@tanstack/react-query';
import type { ApiBacktest } from '#core/backtest.js';
import { useRange } from '../time/use-range.js';
import { send, type ApiFailure } from './client.js';
import type { Answer } from './hooks.js';

const PATH = '/api/backtest';

/** Judges a query over the page's range: once, not again while the range moves on. */
export function useBacktest(query: string): Answer<ApiBacktest> {
  const { range: { from, to } } = useRange();
  return useQuery<ApiBacktest, ApiFailure>({ queryKey: [PATH, { query, from, to }], queryFn: () => send<ApiBacktest>(PATH, { query, from, to }), staleTime: Infinity, retry: false });
}
