import type { ReactElement } from 'react';
import { percent } from '../../format/number.js';
import { LOW } from './slo-state.js';
import styles from './budget-bar.module.css';

/** What is left of an error budget, as a bar with its figure. */
export function BudgetBar({ left }: { readonly left: number | null }): ReactElement {
  if (left === null) return <span className="faint">not evaluated yet</span>;
  const shown = Math.min(1, Math.max(0, left));
  return (
    <span className={styles['budget']}>
      <span className={styles['bar']} aria-hidden>
        <span className={styles['left']} data-tone={left < 0 ? 'critical' : left < LOW ? 'warning' : undefined} style={{ width: `${shown * 100}%` }} />
      </span>
      <span>{left < 0 ? `overspent by ${percent(-left)}` : percent(left)}</span>
    </span>
  );
}
