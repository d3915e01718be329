import { useId, type ReactElement, type ReactNode } from 'react';
import styles from './section.module.css';

interface SectionProps {
  /** Makes it a place to go to, as `#id`. */
  readonly id?: string;
  readonly title: ReactNode;
  /** Beside the title: a count, a hint. */
  readonly note?: ReactNode;
  /** At the right end of the head. */
  readonly actions?: ReactNode;
  /** Content reaches the frame: tables, lists of lines. */
  readonly flush?: boolean;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A part of a page: a head and a hairline frame. Never put one inside another. */
export function Section({ id: place, title, note, actions, flush = false, className, children }: SectionProps): ReactElement {
  const id = useId();
  return (
    <section id={place} tabIndex={place === undefined ? undefined : -1} className={[styles['section'], className].filter(Boolean).join(' ')} aria-labelledby={id}>
      <header className={styles['head']}>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span className={styles['note']}>{note}</span>}
        {actions !== undefined && <div className={styles['actions']}>{actions}</div>}
      </header>
      <div className={flush ? styles['flush'] : styles['body']}>{children}</div>
    </section>
  );
}
