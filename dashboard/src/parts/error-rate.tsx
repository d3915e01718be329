import { IconAlertOctagon } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { percent } from '../format/number.js';

/** From here on a person would call it failing. */
export const FAILING = 0.02;

/** A share of failed requests; marked once it is worth a look. */
export function ErrorRate({ ratio }: { readonly ratio: number }): ReactElement {
  if (ratio < FAILING) return <span className={ratio === 0 ? 'faint' : undefined}>{percent(ratio)}</span>;
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 4, color: 'var(--critical)', fontWeight: 600 }}>
      <IconAlertOctagon aria-hidden size={13} stroke={2} />
      {percent(ratio)}
    </span>
  );
}
