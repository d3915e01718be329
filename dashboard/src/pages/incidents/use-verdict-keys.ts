import { useEffect } from 'react';
import type { VerdictKind } from '#core/types.js';
import { VERDICTS } from './verdict-words.js';

/** 1 to 4 judge, 0 takes the verdict back, while nobody types and nothing is open above the page. */
export function useVerdictKeys(judge: (kind: VerdictKind | null) => void): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      const { target, key } = event;
      const typing = target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
      if (event.defaultPrevented || typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector('[role="dialog"], [role="menu"]')) return;
      const verdict = VERDICTS[Number(key) - 1];
      if (!verdict && key !== '0') return;
      event.preventDefault();
      judge(verdict?.kind ?? null);
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [judge]);
}
