import { IconAlertOctagon, IconAlertTriangle, IconCalendarEvent, IconCircleCheck, IconCircleDot, IconClockExclamation, IconEye, IconHourglass, IconInfoCircle, IconUser, IconVolumeOff, type Icon } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { STATES, type StateName } from './state.js';
import styles from './state-badge.module.css';

const ICONS: Readonly<Record<StateName, Icon>> = {
  critical: IconAlertOctagon, error: IconAlertOctagon, warning: IconAlertTriangle, info: IconInfoCircle, open: IconCircleDot, acknowledged: IconEye, resolved: IconCircleCheck,
  ok: IconCircleCheck, learning: IconHourglass, silent: IconVolumeOff, late: IconClockExclamation, stale: IconClockExclamation, assigned: IconUser, expected: IconCalendarEvent,
};

/** A state as icon, word and colour. `bare` leaves the frame out, for tables. */
export function StateBadge({ state, bare = false, children }: { readonly state: StateName; readonly bare?: boolean; readonly children?: string }): ReactElement {
  const { word, tone } = STATES[state];
  const Glyph = ICONS[state];
  return (
    <span className={bare ? styles['bare'] : styles['badge']} data-tone={tone}>
      <Glyph aria-hidden size={14} stroke={2} />
      {children ?? word}
    </span>
  );
}

/** The icon alone, with its word for those who cannot see it. */
export function StateIcon({ state, size = 16 }: { readonly state: StateName; readonly size?: number }): ReactElement {
  const { word, tone } = STATES[state];
  const Glyph = ICONS[state];
  return (
    <span className={styles['icon']} data-tone={tone} title={word}>
      <Glyph aria-hidden size={size} stroke={2} />
      <span className="hidden-visually">{word}</span>
    </span>
  );
}
