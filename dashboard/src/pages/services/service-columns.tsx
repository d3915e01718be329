import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import type { ApiService } from '#core/api/services.js';
import { Sparkline } from '../../charts/sparkline.js';
import { duration } from '../../format/duration.js';
import { rate } from '../../format/number.js';
import { listed } from '../../format/name.js';
import type { Column } from '../../parts/data-table.js';
import { ErrorRate, FAILING } from '../../parts/error-rate.js';
import { StateBadge, StateIcon } from '../../parts/state-badge.js';
import styles from './services.module.css';

type Points = readonly (number | null)[];

/** Least top of the error sparklines, so that one stray error does not fill the box. */
const ERROR_TOP = 0.05;

/** Name, state, and requests, errors and latency with their course; of what says nothing of its requests there are none. Of requests by metrics the mean stands for percentiles. The last slot of a `live` range is still filling and is left out. */
export function serviceColumns(live: boolean): readonly Column<ApiService>[] {
  const whole = (points: Points): Points => (live ? points.slice(0, -1) : points);
  return [
    { key: 'state', head: 'State', width: '96px', wideOnly: true, cell: (row) => <StateBadge bare state={row.state} /> },
    { key: 'service', head: 'Service', value: (row) => row.service, cell: (row) => <span className={styles['named']}><StateIcon state={row.state} size={14} /><span><Link to="/services/$service" params={{ service: row.service }}>{row.service}</Link>{row.cause && <span className="faint small"> probable cause</span>}</span></span> },
    { key: 'requests', head: 'Requests', numeric: true, value: (row) => row.requestsPerSecond, cell: (row) => row.by ? <Figure points={whole(row.sparkline.requests)} label={`Requests of ${row.service}`}>{rate(row.requestsPerSecond)}</Figure> : <span className="faint">not known</span> },
    {
      key: 'errors', head: 'Errors', numeric: true, value: (row) => row.errorRatio,
      cell: (row) => row.sparkline.errors.some((value) => value !== null) && <Figure points={whole(row.sparkline.errors)} label={`Errors of ${row.service}`} bad={row.errorRatio >= FAILING} top={Math.max(ERROR_TOP, ...row.sparkline.errors.map((value) => value ?? 0))}><ErrorRate ratio={row.errorRatio} /></Figure>,
    },
    { key: 'p50', head: 'p50', numeric: true, wideOnly: 'first', value: (row) => row.p50Ms, cell: (row) => row.by === 'spans' && duration(row.p50Ms) },
    { key: 'p95', head: 'p95', numeric: true, value: (row) => row.meanMs ?? row.p95Ms, cell: latencyCell(whole) },
    { key: 'p99', head: 'p99', numeric: true, wideOnly: 'first', value: (row) => row.p99Ms, cell: (row) => row.by === 'spans' && duration(row.p99Ms) },
    { key: 'versions', head: 'Versions', wideOnly: true, cell: (row) => <span className={row.versions.length > 1 ? undefined : 'faint'} title={row.versions.join(', ')}>{row.versions.length === 0 ? '–' : listed(row.versions.toReversed(), 2)}</span> },
  ];
}

function latencyCell(whole: (points: Points) => Points): (row: ApiService) => ReactNode {
  return ({ service, by, p95Ms, meanMs, sparkline: { latency } }) => {
    if (by === 'spans') return <Figure points={whole(latency)} label={`Latency p95 of ${service}`}>{duration(p95Ms)}</Figure>;
    return meanMs !== null && <Figure points={whole(latency)} label={`Mean latency of ${service}`}>{duration(meanMs)} <span className="faint small">mean</span></Figure>;
  };
}

interface FigureProps {
  readonly points: Points;
  readonly label: string;
  readonly bad?: boolean;
  readonly top?: number;
  readonly children: ReactNode;
}

function Figure({ points, label, bad = false, top, children }: FigureProps): ReactElement {
  return (
    <span className={styles['figure']}>
      <span className={styles['spark']}>
        <Sparkline values={points} label={label} height={18} tone={bad ? 'critical' : points.every((value) => !value) ? 'plain' : 'accent'} {...(top === undefined ? {} : { top })} />
      </span>
      <span className={styles['value']}>{children}</span>
    </span>
  );
}
