import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { createKeys, type Command } from './keys.js';

type Handlers = Readonly<Record<Exclude<Command['kind'], 'go' | 'next' | 'previous' | 'search'>, () => void>>;

/** Listens to the whole page. Rows (`data-row`) are walked with j and k; the page's search field (`data-search`) is reached with /. */
export function useKeys(handlers: Handlers): void {
  const navigate = useNavigate();
  useEffect(() => {
    const keys = createKeys();
    function onKeyDown(event: KeyboardEvent): void {
      if (event.defaultPrevented || document.querySelector('dialog[open]') || document.querySelector('[role="dialog"]')?.contains(event.target as Node)) return;
      const command = keys({ key: event.key, ctrl: event.ctrlKey || event.metaKey, alt: event.altKey, typing: isTyping(event.target), at: event.timeStamp });
      if (!command) return;
      event.preventDefault();
      switch (command.kind) {
        case 'go':
          return void navigate({ to: command.to });
        case 'next':
          return walk(1);
        case 'previous':
          return walk(-1);
        case 'search':
          return document.querySelector<HTMLElement>('main [data-search]')?.focus();
        case 'time':
        case 'help':
        case 'palette':
        case 'rail':
        case 'live':
          return handlers[command.kind]();
      }
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [navigate, handlers]);
}

function walk(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')].filter((row) => row.tabIndex >= 0 || row.hasAttribute('tabindex'));
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

/** What is ticked takes no letters. */
const TICKED = /^(radio|checkbox)$/;

export function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement && TICKED.test(target.type)) return false;
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
