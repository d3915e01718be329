import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useStatus } from '../../api/hooks.js';
import { StateIcon } from '../../parts/state-badge.js';
import { useNow } from '../../time/use-now.js';
import { unjudged } from './wording.js';
import styles from './status.module.css';

/** Says on any page that nothing is judged, while that is so: what the page tells is no longer true by itself. */
export function Unjudged(): ReactElement | null {
  const { data: status } = useStatus();
  const said = unjudged(status, useNow(10_000));
  if (said === '') return null;
  return (
    <p role="status" className={styles['unjudged']}>
      <StateIcon state={status?.ready ? 'stale' : 'error'} /> <span>{said} <Link to="/status">Status</Link></span>
    </p>
  );
}
