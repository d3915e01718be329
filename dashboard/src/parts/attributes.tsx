import type { ReactElement } from 'react';
import type { Labels } from '#core/types.js';
import { CopyText } from './copy-text.js';
import styles from './attributes.module.css';

/** Names and values, by name. A click on a value copies it. */
export function Attributes({ title, labels }: { readonly title: string; readonly labels: Labels }): ReactElement | null {
  const entries = Object.entries(labels).toSorted(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return null;
  return (
    <div className={styles['group']}>
      <h3>
        {title} <span className="faint">{entries.length}</span>
      </h3>
      <dl className={styles['list']}>
        {entries.map(([name, value]) => (
          <div key={name} className={styles['entry']}>
            <dt title={name}>{name}</dt>
            <dd>{value === '' ? <span className="faint">empty</span> : <CopyText mono text={value} most={400} />}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
