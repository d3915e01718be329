import { useEffect, type Dispatch, type SetStateAction } from 'react';

/** What is looked for, and whether Enter was pressed for it before there was anything to choose. */
export interface Typed {
  readonly text: string;
  readonly entered: boolean;
}
export const NOTHING: Typed = { text: '', entered: false };

/** While the palette is wanted and its field has not the focus yet, what is typed is for the palette, and nothing reaches the page. */
export function useTypedAhead(wanted: boolean, write: Dispatch<SetStateAction<Typed>>, onClose: () => void): void {
  useEffect(() => {
    if (!wanted) return undefined;
    function onKeyDown(event: KeyboardEvent): void {
      const { key, target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || (target instanceof Element && target.closest('dialog, [role="dialog"]'))) return;
      if (key === 'Escape') onClose();
      else if (key === 'Enter') write(({ text }) => ({ text, entered: true }));
      else if (key === 'Backspace') write(({ text }) => ({ text: text.slice(0, -1), entered: false }));
      else if (key.length === 1) write(({ text }) => ({ text: text + key, entered: false }));
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, [wanted, write, onClose]);
}
