import { useEffect, useRef, type ReactElement, type ReactNode, type SyntheticEvent } from 'react';
import styles from './login.module.css';

const stay = (event: SyntheticEvent): void => event.preventDefault();
/** What is open on the page below closes by a press beside it. */
const keep = (event: SyntheticEvent): void => event.stopPropagation();

/** Over the whole page, whatever is open on it: what somebody typed there stays, none of it can be read, and the focus goes back to it. */
export function LoginDialog({ children }: { readonly children: ReactNode }): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    // It would take the first field of all.
    element?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => {
      element?.close();
      // A button that waits for its answer has lost the focus: it goes to the window that it is in, or to the page.
      const own = before === document.body ? (document.querySelector('[role="dialog"]') ?? document.getElementById('page')) : before;
      if (own instanceof HTMLElement) own.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={dialog} tabIndex={-1} className={styles['dialog']} aria-labelledby="sign-in" data-mantine-stop-propagation="true"
      onCancel={stay} onKeyDown={(event) => event.key === 'Escape' && event.preventDefault()} onMouseDown={keep} onTouchStart={keep}
    >
      {children}
    </dialog>
  );
}
