import { Button, SegmentedControl } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Incident } from '#core/types.js';
import { useJudged } from '../../api/feedback.js';
import { useAllIncidents, useOpenIncidents } from '../../api/hooks.js';
import { plural } from '../../format/name.js';
import { DataTable } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';
import { Skeleton } from '../../parts/skeleton.js';
import { rangeWords } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { useRange } from '../../time/use-range.js';
import { columnsAt } from './columns.js';
import { judgedText } from './verdict-words.js';
import { byUrgency } from './wording.js';

const route = getRouteApi('/incidents');
const WEEK = { from: 'now-7d', to: 'now' } as const;
const STATES = [{ value: 'open', label: 'Open' }, { value: 'resolved', label: 'Resolved' }, { value: 'all', label: 'All' }];

export function IncidentsPage(): ReactElement {
  const { state, q = '', sort } = route.useSearch();
  const navigate = useNavigate({ from: '/incidents' });
  const { range } = useRange();
  const now = useNow(10_000);
  const open = useOpenIncidents();
  const all = useAllIncidents();
  const verdicts = useJudged().data?.judged;
  const judged = verdicts ? judgedText(verdicts) : '';
  const shown = state === undefined ? open : all;

  return (
    <div className="stack">
      <PageHead title="Incidents" {...(judged ? { note: judged } : {})}>
        <Link to="/incidents/mutes" className="link small">Mutes and expected events</Link>
        <SegmentedControl
          size="xs" aria-label="Which incidents" data={STATES} value={state ?? 'open'}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, state: next === 'resolved' || next === 'all' ? next : undefined }) })}
        />
        <SearchField label="Title, service or cause" value={q} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true })} />
      </PageHead>
      <Section
        flush
        title={state === undefined ? 'Not resolved' : state === 'resolved' ? 'Resolved' : 'All'}
        note={state === undefined ? 'of any age' : `that overlap ${rangeWords(range)}`}
        actions={state !== undefined && range.from !== WEEK.from && <Button size="compact-xs" variant="default" onClick={() => void navigate({ search: (old) => ({ ...old, ...WEEK }) })}>Last 7 days</Button>}
      >
        <Part query={shown} name="incidents" skeleton={<Skeleton lines={5} />}>
          {({ incidents }) => {
            const rows = incidents.filter((one) => (state !== 'resolved' || one.status === 'resolved') && matches(one, q)).toSorted(state === undefined ? byUrgency : (a, b) => b.startsAt - a.startsAt);
            return (
              <DataTable
                label="Incidents" columns={columnsAt(now)} rows={rows} rowKey={(one) => one.id} sort={sort}
                onSort={(next) => void navigate({ search: (old) => ({ ...old, sort: next }), replace: true })}
                onOpen={(one) => void navigate({ to: '/incidents/$id', params: { id: one.id } })}
                empty={<Nothing searched={q !== ''} open={state === undefined} hidden={incidents.length} />}
              />
            );
          }}
        </Part>
      </Section>
    </div>
  );
}

function Nothing({ searched, open, hidden }: { readonly searched: boolean; readonly open: boolean; readonly hidden: number }): ReactElement {
  if (searched) return <EmptyState title="No incident matches">{plural(hidden, 'incident')} without this filter.</EmptyState>;
  if (open) {
    return (
      <EmptyState title="Nothing is wrong right now">
        Faultline opens an incident when series leave their expected bands together, and closes it when they have returned. <Link to="/incidents" search={(old) => ({ ...old, state: 'all', ...WEEK })}>Those of the last 7 days</Link>
      </EmptyState>
    );
  }
  return <EmptyState title="No incidents in this time">Choose a longer range above.</EmptyState>;
}

function matches({ title, services, causes }: Incident, q: string): boolean {
  const wanted = q.toLowerCase();
  return [title, ...services, ...causes.map(({ service }) => service)].some((text) => text.toLowerCase().includes(wanted));
}
