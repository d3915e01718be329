import { IconX } from '@tabler/icons-react';
import type { ReactElement, ReactNode } from 'react';
import styles from './filter-chip.module.css';

interface FilterChipProps {
  /** What pressing its cross does: "Records of any trace". */
  readonly remove: string;
  readonly onRemove: () => void;
  readonly children: ReactNode;
}

/** A filter that was not chosen in a field but brought by a link, with a way to drop it. */
export function FilterChip({ remove, onRemove, children }: FilterChipProps): ReactElement {
  return (
    <span className={styles['filter']}>
      {children}
      <button type="button" aria-label={remove} onClick={onRemove}><IconX aria-hidden size={13} /></button>
    </span>
  );
}
