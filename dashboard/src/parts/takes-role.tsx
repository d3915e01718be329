import type { ReactElement, ReactNode } from 'react';
import { useBar } from '../api/session.js';
import styles from './takes-role.module.css';

interface TakesRoleProps {
  readonly role: 'editor' | 'admin';
  /** The reason on hover alone, where there is no room for it. */
  readonly brief?: boolean;
  readonly children: ReactNode;
}

/** Controls that do nothing for whoever has not the role: all of them are disabled, and say why. */
export function TakesRole({ role, brief = false, children }: TakesRoleProps): ReactElement {
  const bar = useBar(role);
  if (bar === '') return <>{children}</>;
  return (
    <fieldset disabled className={styles['barred']} title={bar} aria-label={bar}>
      {children}
      {!brief && <span className="faint small">{bar}</span>}
    </fieldset>
  );
}
