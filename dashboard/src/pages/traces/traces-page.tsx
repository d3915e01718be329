import { Button } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { flushSync } from 'react-dom';
import type { ApiTraceColumns, ApiTraceSummary } from '#core/api/traces.js';
import { useTraces } from '../../api/hooks.js';
import { duration } from '../../format/duration.js';
import { number } from '../../format/number.js';
import { plural } from '../../format/name.js';
import { clock } from '../../format/time.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { StateBadge } from '../../parts/state-badge.js';
import { resolveRange } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { useRange } from '../../time/use-range.js';
import { Scatter } from './scatter.js';
import { fromColumns } from './from-columns.js';
import type { TracesSearch } from './search.js';
import { TracesBar } from './traces-bar.js';
import styles from './traces.module.css';

const LIMIT = 500;
const route = getRouteApi('/traces');

export function TracesPage(): ReactElement {
  const { sort, pick = 'sample', ...query } = route.useSearch();
  const answer = useTraces({ ...query, own: query.own ?? 'hide', pick, limit: LIMIT });
  return (
    <div className="stack">
      <PageHead title="Traces" />
      <TracesBar />
      <Part query={answer} name="traces" skeleton={<SkeletonBlock height={560} />}>
        {(columns) => <Found columns={columns} query={query} pick={pick} sort={sort} old={answer.isPlaceholderData} />}
      </Part>
    </div>
  );
}

interface FoundProps {
  readonly columns: ApiTraceColumns;
  readonly query: Omit<TracesSearch, 'sort' | 'pick'>;
  readonly pick: 'newest' | 'sample';
  readonly sort: string | undefined;
  /** The answer is to what was asked before. */
  readonly old: boolean;
}

function Found({ columns, query, pick, sort, old }: FoundProps): ReactElement {
  const { range } = useRange();
  const now = useNow();
  const { traces, matching } = useMemo(() => fromColumns(columns), [columns]);
  const isPart = matching > traces.length;
  const full = pick === 'newest' && isPart;
  const asked = resolveRange(range, now);
  // A full answer reaches back only so far; the time before it is unknown, not empty.
  const known = full ? { from: Math.max(asked.from, Math.min(...traces.map(({ startsAt }) => startsAt))), to: asked.to } : asked;
  return (
    <Section title={plural(traces.length, 'trace')} note={full ? `the newest of about ${number(matching)} that match, back to ${clock(known.from, now)}` : isPart ? `a sample of about ${number(matching)} that match, newest first` : 'newest first'} flush>
      <Scatter traces={traces} range={known} />
      <Results key={JSON.stringify([pick, query, range, old])} traces={traces} sort={sort} filtered={Object.values(query).some((value) => value !== undefined)} />
    </Section>
  );
}

/** The list. While somebody points into it or the focus is there it holds still, and says what has come since. */
function Results({ traces, sort, filtered }: { readonly traces: readonly ApiTraceSummary[]; readonly sort: string | undefined; readonly filtered: boolean }): ReactElement {
  const navigate = useNavigate({ from: '/traces' });
  const [held, setHeld] = useState<readonly ApiTraceSummary[] | null>(null);
  const shown = held ?? traces;
  const newest = Math.max(...shown.map(({ startsAt }) => startsAt));
  const come = held ? traces.filter(({ startsAt }) => startsAt > newest).length : 0;
  const longest = Math.max(...shown.map(({ durationMs }) => durationMs), 1e-6);
  function toTop(box: HTMLElement | null): void {
    flushSync(() => setHeld(traces));
    box?.querySelector<HTMLElement>('[data-row]')?.focus();
  }
  const columns: readonly Column<ApiTraceSummary>[] = [
    { key: 'at', head: 'Time', width: '1%', value: (row) => row.startsAt, cell: (row) => <span className={styles['at']}><RelativeTime at={row.startsAt} /></span> },
    {
      key: 'name', head: 'Trace', value: (row) => `${row.rootService} ${row.rootName}`,
      cell: (row) => (
        <span>
          <Link to="/traces/$traceId" params={{ traceId: row.traceId }}>{row.rootName}</Link> <span className="faint">{row.rootService}</span>
        </span>
      ),
    },
    {
      key: 'duration', head: 'Duration', numeric: true, value: (row) => row.durationMs,
      cell: (row) => (
        <span className={styles['length']}>
          <span className={styles['track']} aria-hidden><span style={{ width: `${(row.durationMs / longest) * 100}%` }} data-failed={row.errorCount > 0 || undefined} /></span>
          {duration(row.durationMs)}
        </span>
      ),
    },
    { key: 'spans', head: 'Spans', numeric: true, wideOnly: true, value: (row) => row.spanCount, cell: (row) => number(row.spanCount) },
    { key: 'services', head: 'Services', numeric: true, wideOnly: true, value: (row) => row.services.length, cell: (row) => <span title={row.services.join(', ')}>{row.services.length}</span> },
    { key: 'errors', head: 'Errors', numeric: true, value: (row) => row.errorCount, cell: (row) => (row.errorCount > 0 ? <StateBadge bare state="error">{number(row.errorCount)}</StateBadge> : <span className="faint">0</span>) },
  ];
  return (
    <div
      onPointerEnter={() => setHeld(shown)}
      onPointerLeave={({ currentTarget }) => currentTarget.contains(document.activeElement) || setHeld(null)}
      onFocus={() => setHeld(shown)}
      onBlur={({ currentTarget, relatedTarget }) => currentTarget.contains(relatedTarget) || currentTarget.matches(':hover') || setHeld(null)}
    >
      <DataTable
        label="Traces" columns={columns} rows={shown} rowKey={(row) => row.traceId} sort={sort}
        onSort={(next) => void navigate({ search: (old) => ({ ...old, sort: next }), replace: true })}
        onOpen={(row) => void navigate({ to: '/traces/$traceId', params: { traceId: row.traceId } })}
        empty={
          filtered ? (
            <EmptyState title="No trace in this time matches">Remove a filter or widen the time range.</EmptyState>
          ) : (
            <EmptyState title="No traces in this time">
              A trace appears within seconds of its first span: requests as a tree of spans across services, slow and failed ones first to see. <Link to="/status">Status</Link> shows how to send some.
            </EmptyState>
          )
        }
      />
      {come > 0 && <Button size="compact-xs" className={styles['come'] ?? ''} onClick={({ currentTarget }) => toTop(currentTarget.parentElement)}>{plural(come, 'newer trace')}, to the top</Button>}
    </div>
  );
}
