import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { MutedAnomaly } from '#core/feedback.js';
import { measureName } from '../../format/value.js';
import { plural } from '../../format/name.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { figures } from './wording.js';
import styles from './incidents.module.css';

/** Anomalies of the same services that a mute kept out: nothing is dropped silently. */
export function MutedNear({ muted }: { readonly muted: readonly MutedAnomaly[] }): ReactElement | null {
  if (muted.length === 0) return null;
  return (
    <Section title="Muted near it" note={plural(muted.length, 'anomaly', 'anomalies')} actions={<Link to="/incidents/mutes" className="link small">All mutes</Link>} flush>
      <div className={styles['lines']}>
        {muted.map(({ anomaly }) => <MutedLine key={anomaly.id} anomaly={anomaly} />)}
      </div>
    </Section>
  );
}

export function MutedLine({ anomaly }: Pick<MutedAnomaly, 'anomaly'>): ReactElement {
  const [value, expected] = figures(anomaly);
  return (
    <div className={styles['line']}>
      <span className="dim"><RelativeTime compact at={anomaly.startsAt} /></span>
      <strong>{anomaly.series.service}</strong>
      <span>{[anomaly.series.operation, measureName(anomaly.series)].filter(Boolean).join(' · ')} {anomaly.direction === 'absent' ? 'stopped arriving' : `${value}, expected ${expected}`}</span>
    </div>
  );
}
