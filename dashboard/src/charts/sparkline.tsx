import type { ReactElement } from 'react';
import type { Tone } from '../parts/state.js';
import { sparkPath } from './spark-path.js';
import styles from './sparkline.module.css';

interface SparklineProps {
  readonly values: readonly (number | null)[];
  /** What a reader hears: "error rate, now 3 %". */
  readonly label: string;
  readonly tone?: Tone | 'accent';
  readonly height?: number;
  /** Highest value of the box, when several share one scale. */
  readonly top?: number;
}

const WIDTH = 120;

/** A small line without axes, from zero to its own maximum. Stretches to its box. */
export function Sparkline({ values, label, tone = 'accent', height = 24, top }: SparklineProps): ReactElement {
  const measured = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const high = top ?? Math.max(...measured, 0);
  return (
    <svg className={styles['spark']} data-tone={tone} viewBox={`0 -2 ${WIDTH} ${height + 3}`} preserveAspectRatio="none" height={height} role="img" aria-label={label}>
      <line x1={0} x2={WIDTH} y1={height} y2={height} className={styles['base']} />
      {measured.length > 0 && <path d={sparkPath(values, WIDTH, height, 0, high)} className={styles['line']} />}
    </svg>
  );
}
