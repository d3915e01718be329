import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { MuteEffect } from '#core/feedback.js';
import { EFFECT_DAYS } from '../../api/feedback.js';
import type { Answer } from '../../api/hooks.js';
import { plural } from '../../format/name.js';
import styles from './verdict-bar.module.css';

/** What mutes would have removed in the last week; loud where people called it real. */
export function EffectNote({ answer: { data, error } }: { readonly answer: Answer<{ effect: MuteEffect }> }): ReactElement {
  const effect = data?.effect;
  if (error) return <p role="alert" className={styles['failure']}>What it would have changed is not known: {error.message}</p>;
  if (!effect) return <p className={styles['effect']} role="status">Replaying the anomalies of the last {EFFECT_DAYS} days …</p>;
  const { removedAnomalies, anomalies, removedIncidents, incidents, removedReal } = effect;
  return (
    <div className={styles['effect']} data-loud={removedReal.length > 0 || undefined} role="status">
      <p>
        In the last {EFFECT_DAYS} days it would have removed <strong>{removedAnomalies.toLocaleString('en-US')}</strong> of {plural(anomalies, 'anomaly', 'anomalies')} and <strong>{removedIncidents.toLocaleString('en-US')}</strong> of {plural(incidents, 'incident')}, {removedReal.length === 0 ? 'none of them confirmed real.' : <strong>{removedReal.length} of them confirmed real:</strong>}
      </p>
      {removedReal.length > 0 && (
        <ul>
          {removedReal.map(({ id, title }) => (
            <li key={id}><Link to="/incidents/$id" params={{ id }} className="link">{title}</Link></li>
          ))}
        </ul>
      )}
    </div>
  );
}
