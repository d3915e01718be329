import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { ApiLogs } from '#core/api/logs.js';
import type { Answer } from '../../api/hooks.js';
import { placeOf, recordKey } from './record.js';

const route = getRouteApi('/logs');

/** An address that opens a record leads to its time, however many came after it. What is opened on the page itself moves nothing. */
export function usePlaceOfOpened({ data, isPlaceholderData }: Answer<ApiLogs>): void {
  const { open, before, show } = route.useSearch();
  const navigate = useNavigate({ from: '/logs' });
  const looked = useRef(open === undefined || before !== undefined || show === 'patterns');
  useEffect(() => {
    if (looked.current || !data || isPlaceholderData || open === undefined) return;
    looked.current = true;
    if (data.older === null || data.logs.some((log) => recordKey(log) === open)) return;
    void navigate({ search: (old) => ({ ...old, before: placeOf(open), tail: undefined }), replace: true });
  }, [data, isPlaceholderData, open, navigate]);
}
