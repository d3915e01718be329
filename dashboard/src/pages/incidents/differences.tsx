import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Incident } from '#core/types.js';
import { middle } from '../../format/name.js';
import { percent } from '../../format/number.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Section } from '../../parts/section.js';
import type { RangeMs } from '../../time/range.js';
import { asText } from './window.js';
import styles from './incidents.module.css';

interface DifferencesProps {
  readonly incident: Incident;
  readonly window: RangeMs;
  readonly className: string | undefined;
}

/** Attribute values that the bad spans have and the good ones lack. */
export function Differences({ incident: { differences, causes }, window, className }: DifferencesProps): ReactElement {
  const service = causes[0]?.service;
  return (
    <Section id="differs" title="What differs in the bad spans" note={differences.length > 0 && 'bad spans above, good ones below'} flush className={className}>
      {differences.length === 0 ? (
        <EmptyState title="No attribute stands out">Bad spans carry the same attribute values as the good ones, or there are too few of them to tell.</EmptyState>
      ) : (
        <ul className={styles['lines']}>
          {differences.map(({ key, value, badShare, goodShare, alike = [] }) => (
            <li key={`${key}=${value}`} className={styles['difference']}>
              <div className={styles['pair']}>
                <div className="faint small cut" title={key}>{key}</div>
                <Link to="/traces" search={{ ...asText(window), attribute: `${key}=${value}`, service }} className="link mono" title={`Traces with ${key} ${value}`}>
                  {middle(value, 44)}
                </Link>
                {alike.length > 0 && (
                  <div className="faint small">the same spans: {alike.map((one) => `${one.key} ${one.value}`).join(', ')}</div>
                )}
              </div>
              <span className={styles['bar']} data-bad aria-hidden>
                <i style={{ width: `${badShare * 100}%` }} />
              </span>
              <span className={styles['share']}>
                {percent(badShare)}
                <span className="hidden-visually"> of the bad spans</span>
              </span>
              <span className={styles['bar']} aria-hidden>
                <i style={{ width: `${goodShare * 100}%` }} />
              </span>
              <span className={[styles['share'], styles['good']].join(' ')}>
                {percent(goodShare)}
                <span className="hidden-visually"> of the good spans</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
