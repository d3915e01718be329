import type { ReactElement, ReactNode } from 'react';
import { Snippet } from './snippet.js';
import styles from './empty-state.module.css';

interface EmptyStateProps {
  readonly title: string;
  /** What will appear here, and how to make it so. */
  readonly children?: ReactNode;
  /** Shell text to copy. */
  readonly snippet?: string;
  readonly snippetLabel?: string;
}

export function EmptyState({ title, children, snippet, snippetLabel = 'Shell' }: EmptyStateProps): ReactElement {
  return (
    <div className={styles['empty']}>
      <h3>{title}</h3>
      {children !== undefined && <p className="dim">{children}</p>}
      {snippet !== undefined && <Snippet label={snippetLabel} text={snippet} />}
    </div>
  );
}
