import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Fragment, type ReactElement } from 'react';
import type { ApiLogPattern } from '#core/api/logs.js';
import { useLogPatterns } from '../../api/hooks.js';
import { Sparkline } from '../../charts/sparkline.js';
import { number } from '../../format/number.js';
import { middle, plural } from '../../format/name.js';
import { readable } from '../../format/readable.js';
import { clock } from '../../format/time.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { useNow } from '../../time/use-now.js';
import { isNew } from './new-pattern.js';
import { Severity } from './record-row.js';
import { LEVEL_TONES, levelOf } from './record.js';
import styles from './logs.module.css';

const WILDCARD = '<*>';
/** Of a service beside its pattern. */
const SERVICE_SHOWN = 24;
const route = getRouteApi('/logs');

/** What the records say, values left out, most frequent first. Opening a pattern shows its records. */
export function Patterns(): ReactElement {
  const { show: _show, tail: _tail, before: _before, open: _open, ...query } = route.useSearch();
  const navigate = useNavigate({ from: '/logs' });
  const answer = useLogPatterns(query);
  const all = answer.data?.patterns ?? [];
  const now = useNow();
  const columns: readonly Column<ApiLogPattern>[] = [
    { key: 'count', head: 'Records', numeric: true, width: '1%', cell: ({ records }) => <strong>{number(records)}</strong> },
    { key: 'trend', head: 'Over time', wideOnly: 'first', width: '130px', cell: ({ counts, severityNumber }) => <Sparkline values={counts} label="records over time" tone={LEVEL_TONES[levelOf({ severityNumber })]} /> },
    { key: 'severity', head: 'Severity', width: '1%', cell: (pattern) => <Severity log={pattern} /> },
    { key: 'service', head: 'Service', wideOnly: true, width: '1%', cell: ({ service }) => <span style={{ whiteSpace: 'nowrap' }} title={service}>{middle(service, SERVICE_SHOWN)}</span> },
    {
      key: 'template', head: 'Pattern',
      cell: (pattern) => (
        <span className={[styles['wrapped'], 'mono'].join(' ')}>
          {isNew(pattern, all) && <span className={styles['new']}>new</span>}
          <Template text={pattern.template} />
        </span>
      ),
    },
    { key: 'last', head: 'Last', numeric: true, wideOnly: true, width: '1%', cell: ({ lastAt }) => clock(lastAt, now) },
  ];
  return (
    <Part query={answer} name="patterns" skeleton={<SkeletonBlock height={400} />}>
      {({ patterns, matching }) => (
        <>
          <DataTable
            label="Patterns" columns={columns} rows={patterns} rowKey={({ id, service }) => `${service} ${id}`}
            onOpen={({ id, service }) => void navigate({ search: (old) => ({ ...old, show: undefined, before: undefined, pattern: id, service }) })}
            empty={<EmptyState title="No pattern in this time">Records that say the same with other values are one pattern: numbers, ids and names become ∗. Widen the time range, or remove a filter.</EmptyState>}
          />
          {matching > patterns.length && <p className={styles['rest']}>{patterns.length} of {plural(matching, 'pattern')}: the most frequent, and the newest that are new</p>}
        </>
      )}
    </Part>
  );
}

function Template({ text }: { readonly text: string }): ReactElement {
  const parts = readable(text).split(WILDCARD);
  return (
    <>
      {parts.map((part, index) => (
        // Parts have no identity but their place.
        <Fragment key={index}>
          {index > 0 && <span className={styles['varies']}>{'∗'}</span>}
          {part}
        </Fragment>
      ))}
    </>
  );
}
