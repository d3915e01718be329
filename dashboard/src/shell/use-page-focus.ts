import { useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, type RefObject } from 'react';

/** Brings the focus to a page that was just gone to, unless something on it has it: the next Tab and a screen reader go on there, not at the link that led to it. */
export function usePageFocus(): RefObject<HTMLElement | null> {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const page = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    if (!page.current?.contains(document.activeElement)) page.current?.focus({ preventScroll: true });
  }, [path]);
  return page;
}
