import type { ReactElement } from 'react';
import { ago, clock, utc } from '../format/time.js';
import { useNow } from '../time/use-now.js';

/** The exact time in the viewer's zone, how long ago it was, and UTC on hover. `compact` leaves the distance to the hover. */
export function RelativeTime({ at, compact = false }: { readonly at: number; readonly compact?: boolean }): ReactElement {
  const now = useNow();
  const away = ago(at, now);
  return (
    <time dateTime={new Date(at).toISOString()} title={compact ? `${utc(at)} · ${away}` : utc(at)} style={{ whiteSpace: 'nowrap' }}>
      {clock(at, now)}
      {!compact && <span className="faint"> · {away}</span>}
    </time>
  );
}
