import { Button, SegmentedControl } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useLogs } from '../../api/hooks.js';
import { number } from '../../format/number.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { useRange } from '../../time/use-range.js';
import { totalsOf } from './histogram.js';
import { LogsBar } from './logs-bar.js';
import { Patterns } from './patterns.js';
import { Records } from './records.js';
import { SeverityChart } from './severity-chart.js';
import { usePlaceOfOpened } from './use-place-of-opened.js';
import styles from './logs.module.css';

const LIMIT = 1_000;
const TAIL_MS = 1_000;
const route = getRouteApi('/logs');

export function LogsPage(): ReactElement {
  const { show, tail, before, open: _open, ...query } = route.useSearch();
  const navigate = useNavigate({ from: '/logs' });
  const { range, live } = useRange();
  const answer = useLogs({ ...query, before, limit: LIMIT }, undefined, tail && live ? TAIL_MS : undefined);
  usePlaceOfOpened(answer);
  const turn = (to: string | undefined): void => void navigate({ search: (old) => ({ ...old, before: to, tail: undefined, open: undefined }) });
  return (
    <div className="stack">
      <PageHead title="Logs" />
      <LogsBar />
      <Part query={answer} name="log records" skeleton={<SkeletonBlock height={560} />}>
        {({ logs, older, histogram }) => {
          const all = Object.values(totalsOf(histogram)).reduce((sum, count) => sum + count, 0);
          return (
            <Section
              title={`${number(all)} ${all === 1 ? 'record' : 'records'}`} note={show === 'patterns' ? 'grouped by what they say' : `${all > logs.length ? `${before === undefined ? 'the newest' : 'older'} ${number(logs.length)} are here, ` : ''}newest first${tail && live ? ', following' : ''}`} flush
              actions={<SegmentedControl size="xs" aria-label="View" data={[{ value: 'records', label: 'Records' }, { value: 'patterns', label: 'Patterns' }]} value={show ?? 'records'} onChange={(next) => void navigate({ search: (old) => ({ ...old, show: next === 'patterns' ? 'patterns' : undefined, open: undefined }) })} />}
            >
              <SeverityChart histogram={histogram} />
              {logs.length === 0 ? <NoRecords filtered={Object.values(query).some((value) => value !== undefined)} /> : show === 'patterns' ? <Patterns /> : <Records key={JSON.stringify([query, before, range, answer.isPlaceholderData])} logs={logs} />}
              {show !== 'patterns' && (older !== null || before !== undefined) && (
                <p className={styles['rest']}>
                  {before !== undefined && <Button size="compact-xs" variant="subtle" onClick={() => turn(undefined)}>Newest</Button>}
                  {older !== null && <Button size="compact-xs" variant="default" onClick={() => turn(older)}>Older</Button>}
                </p>
              )}
            </Section>
          );
        }}
      </Part>
    </div>
  );
}

function NoRecords({ filtered }: { readonly filtered: boolean }): ReactElement {
  return filtered ? (
    <EmptyState title="No record in this time matches">Remove a filter or widen the time range. All words have to be there, in the message or in values of attributes, upper and lower case alike: “a phrase” goes between quotes, <code>-word</code> leaves records out, <code>key=value</code> and <code>key!=value</code> ask for an attribute.</EmptyState>
  ) : (
    <EmptyState title="No log records in this time">
      Records that your services send over OTLP appear here within seconds, each with a way to its trace. <Link to="/status">Status</Link> shows what arrives and how to send logs.
    </EmptyState>
  );
}
