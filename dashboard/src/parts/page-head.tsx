import type { ReactElement, ReactNode } from 'react';
import styles from './page-head.module.css';

interface PageHeadProps {
  readonly title: ReactNode;
  readonly note?: ReactNode;
  /** Filters and buttons, at the right on a wide screen. */
  readonly children?: ReactNode;
}

/** The first line of a page. */
export function PageHead({ title, note, children }: PageHeadProps): ReactElement {
  return (
    <header className={styles['head']}>
      {typeof title === 'string' && <title>{`${title} · Faultline`}</title>}
      <h1>{title}</h1>
      {note !== undefined && <span className="faint">{note}</span>}
      {children !== undefined && <div className={styles['tools']}>{children}</div>}
    </header>
  );
}
