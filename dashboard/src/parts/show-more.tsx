import { Button } from '@mantine/core';
import type { ReactElement } from 'react';
import { number } from '../format/number.js';
import styles from './show-more.module.css';

interface ShowMoreProps {
  readonly shown: number;
  readonly all: number;
  /** As many more with each press. */
  readonly page: number;
  readonly onMore: () => void;
}

/** Below a list of which a part is shown: how much of how many, and the way to more. Nothing where all are. */
export function ShowMore({ shown, all, page, onMore }: ShowMoreProps): ReactElement | null {
  const left = all - shown;
  if (left <= 0) return null;
  return (
    <p className={styles['more']}>
      <Button size="compact-xs" variant="default" data-row onClick={onMore}>Show {Math.min(page, left)} more</Button>
      <span className="faint small">{number(shown)} of {number(all)} are shown</span>
    </p>
  );
}
