import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { frozen, isLive, readRange, revived, type RangeText } from './range.js';
import { serverNow } from './server-now.js';

export interface RangeState {
  readonly range: RangeText;
  readonly live: boolean;
  readonly set: (range: RangeText) => void;
  /** Holds a live range where it is; lets a held one follow the clock again. */
  readonly toggleLive: () => void;
}

/** The range of the URL, shared by every page. Changing it adds a step to the browser's history, so Back undoes a zoom. */
export function useRange(): RangeState {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const { from, to } = readRange(search);
  const range = useMemo(() => ({ from, to }), [from, to]);
  const set = useCallback((next: RangeText) => void navigate({ to: '.', search: (old: Record<string, unknown>) => ({ ...old, ...next }) } as never), [navigate]);
  const live = isLive(range);
  const toggleLive = useCallback(() => set(live ? frozen(range, serverNow()) : revived(range, serverNow())), [set, live, range]);
  return { range, live, set, toggleLive };
}
