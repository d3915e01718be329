import type { ReactElement, ReactNode } from 'react';
import type { Tone } from './state.js';
import styles from './facts.module.css';

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
  /** A second line: what the value means, since when, out of what. */
  readonly note?: ReactNode;
  readonly tone?: Tone;
}

/** A strip of figures with a hairline frame: what a page is about, in numbers. */
export function Facts({ facts, label }: { readonly facts: readonly Fact[]; readonly label: string }): ReactElement {
  return (
    <dl className={styles['facts']} aria-label={label}>
      {facts.map((fact) => (
        <div key={fact.label} className={styles['fact']} data-tone={fact.tone}>
          <dt>{fact.label}</dt>
          <dd className={styles['value']}>{fact.value}</dd>
          {fact.note !== undefined && <dd className={styles['note']}>{fact.note}</dd>}
        </div>
      ))}
    </dl>
  );
}
