import type { ReactElement } from 'react';
import styles from './key-hint.module.css';

/** The key that does the same, beside the word on a button. `aria-keyshortcuts` of the button tells it to those who do not see it. */
export function KeyHint({ children }: { readonly children: string }): ReactElement {
  return <kbd aria-hidden className={styles['key']}>{children}</kbd>;
}
