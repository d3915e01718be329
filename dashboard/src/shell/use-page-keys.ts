import { useEffect } from 'react';
import { isTyping } from './use-keys.js';

/**
 * Keys of one page, while nobody types and nothing is open above the page. It listens at the window, after the keys that
 * work everywhere: the `a` of `g a` is theirs.
 */
export function usePageKeys(act: (key: string) => (() => void) | undefined): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.defaultPrevented || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector('dialog[open], [role="dialog"], [role="menu"]')) return;
      const action = act(event.key);
      if (!action) return;
      event.preventDefault();
      action();
    }
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [act]);
}
