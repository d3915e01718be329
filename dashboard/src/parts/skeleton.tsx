import type { CSSProperties, ReactElement } from 'react';
import styles from './skeleton.module.css';

/** Bars where lines of text will be. */
export function Skeleton({ lines = 3 }: { readonly lines?: number }): ReactElement {
  return (
    <div className={styles['lines']} aria-hidden>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className={styles['bar']} style={{ width: `${92 - ((line * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

/** Keeps the room of a chart, a table, a grid: `height` in px. */
export function SkeletonBlock({ height }: { readonly height: number }): ReactElement {
  return <div className={styles['block']} style={{ height } satisfies CSSProperties} aria-hidden />;
}
