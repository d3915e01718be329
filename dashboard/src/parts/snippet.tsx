import type { ReactElement } from 'react';
import { CopyButton } from './copy-text.js';
import styles from './snippet.module.css';

/** Text to copy, as it stands. */
export function Snippet({ label, text }: { readonly label: string; readonly text: string }): ReactElement {
  return (
    <figure className={styles['snippet']}>
      <figcaption className={styles['head']}>
        {label}
        <CopyButton text={text} what={label} />
      </figcaption>
      <pre className={styles['text']} tabIndex={0}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}
