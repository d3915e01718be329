import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiService } from '#core/api/services.js';
import { Sparkline } from '../../charts/sparkline.js';
import { duration } from '../../format/duration.js';
import { percent, rate } from '../../format/number.js';
import { FAILING } from '../../parts/error-rate.js';
import { StateBadge } from '../../parts/state-badge.js';
import { useRange } from '../../time/use-range.js';
import styles from './home.module.css';

/** Least top of the error sparklines, so that one stray error does not fill the box. */
const ERROR_TOP = 0.05;

/** The services as they come: requests, errors and latency over the range, where spans or metrics tell of them. */
export function ServiceGrid({ services }: { readonly services: readonly ApiService[] }): ReactElement {
  const { live } = useRange();
  // The last slot of a live range is still filling: it would draw a fall that did not happen.
  const whole = (points: readonly (number | null)[]): readonly (number | null)[] => (live ? points.slice(0, -1) : points);
  return (
    <div className={styles['grid']}>
      {services.map((row) => (
        <Link key={row.service} to="/services/$service" params={{ service: row.service }} className={styles['service']} data-row tabIndex={0}>
          <span className={styles['name']}>
            <strong className="cut" title={row.service}>{row.service}</strong>
            {row.cause && <span className="faint small">probable cause</span>}
            <StateBadge bare state={row.state} />
          </span>
          {row.by ? (
            <>
              <Figure label="Requests" value={rate(row.requestsPerSecond)} points={whole(row.sparkline.requests)} />
              {row.sparkline.errors.some((value) => value !== null) && <Figure label="Errors" value={percent(row.errorRatio)} points={whole(row.sparkline.errors)} bad={row.errorRatio >= FAILING} top={Math.max(ERROR_TOP, ...row.sparkline.errors.map((value) => value ?? 0))} />}
              {(row.by === 'spans' || row.meanMs !== null) && <Figure label={row.meanMs === null ? 'p95' : 'Mean'} value={duration(row.meanMs ?? row.p95Ms)} points={whole(row.sparkline.latency)} />}
            </>
          ) : (
            <span className={styles['untraced']}>Nothing counts its requests</span>
          )}
        </Link>
      ))}
      <span className={styles['filler']} aria-hidden />
      <span className={styles['filler']} aria-hidden />
    </div>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly points: readonly (number | null)[];
  readonly bad?: boolean;
  readonly top?: number;
}

function Figure({ label, value, points, bad = false, top }: FigureProps): ReactElement {
  return (
    <span className={styles['figure']} data-bad={bad || undefined}>
      <span className={styles['label']}>
        {label} <b>{value}</b>
      </span>
      <Sparkline values={points} label={`${label} over the range`} tone={bad ? 'critical' : points.every((value) => !value) ? 'plain' : 'accent'} {...(top === undefined ? {} : { top })} />
    </span>
  );
}
