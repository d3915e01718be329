import { Button, SegmentedControl, Select } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useJudged } from '../../api/feedback.js';
import { useAllIncidents, useOpenIncidents, useStatus } from '../../api/hooks.js';
import { newest, plural } from '../../format/name.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';
import { Skeleton } from '../../parts/skeleton.js';
import { rangeWords } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { useRange } from '../../time/use-range.js';
import { Unjudged } from '../status/unjudged.js';
import { unjudged } from '../status/wording.js';
import { fits } from './filter.js';
import { IncidentTable } from './incident-table.js';
import { LatelyResolved, WEEK } from './lately-resolved.js';
import type { IncidentsSearch } from './search.js';
import { judgedText } from './verdict-words.js';
import { byUrgency } from './wording.js';

const route = getRouteApi('/incidents');
const STATES = [{ value: 'open', label: 'Open' }, { value: 'resolved', label: 'Resolved' }, { value: 'all', label: 'All' }];
const SEVERITIES = [{ value: 'critical', label: 'Critical' }, { value: 'warning', label: 'Warning' }, { value: 'info', label: 'Info' }] as const;

export function IncidentsPage(): ReactElement {
  const { state, sort: _sort, ...filters } = route.useSearch();
  const { q = '', severity, service } = filters;
  const navigate = useNavigate({ from: '/incidents' });
  const { range } = useRange();
  const open = useOpenIncidents();
  const all = useAllIncidents();
  const verdicts = useJudged().data?.judged;
  const judged = verdicts ? judgedText(verdicts) : '';
  const shown = state === undefined ? open : all;
  const cut = shown.data ? newest(shown.data.incidents.length, shown.data.matching) : '';
  const services = [...new Set([...(open.data?.incidents ?? []), ...(all.data?.incidents ?? [])].flatMap((one) => one.services)), ...(service === undefined ? [] : [service])];
  const set = (next: IncidentsSearch): void => void navigate({ search: (old) => ({ ...old, ...next }) });

  return (
    <div className="stack">
      <PageHead title="Incidents" {...(judged ? { note: judged } : {})}>
        <Link to="/incidents/mutes" className="link small">Mutes and expected events</Link>
        <SegmentedControl size="xs" aria-label="Which incidents" data={STATES} value={state ?? 'open'} onChange={(next) => set({ state: next === 'resolved' || next === 'all' ? next : undefined })} />
        <Select size="xs" w={130} clearable aria-label="Severity" placeholder="Any severity" data={SEVERITIES} value={severity ?? null} onChange={(next) => set({ severity: SEVERITIES.find(({ value }) => value === next)?.value })} />
        <Select size="xs" w={150} searchable clearable aria-label="Service" placeholder="Any service" data={[...new Set(services)].filter(Boolean).toSorted()} value={service ?? null} onChange={(next) => set({ service: next ?? undefined })} />
        <SearchField label="Title, service or cause" width={200} value={q} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true })} />
      </PageHead>
      <Unjudged />
      <Section
        flush
        title={state === undefined ? 'Not resolved' : state === 'resolved' ? 'Resolved' : 'All'}
        note={`${cut}${state === undefined ? 'of any age' : `that overlap ${rangeWords(range)}`}`}
        actions={state !== undefined && range.from !== WEEK.from && <Button size="compact-xs" variant="default" onClick={() => void navigate({ search: (old) => ({ ...old, ...WEEK }) })}>Last 7 days</Button>}
      >
        <Part query={shown} name="incidents" skeleton={<Skeleton lines={5} />}>
          {({ incidents, matching }) => (
            <IncidentTable
              label="Incidents" empty={<Nothing filtered={Object.values(filters).some((value) => value !== undefined)} open={state === undefined} hidden={incidents.length} older={matching - incidents.length} />}
              incidents={incidents.filter((one) => (state !== 'resolved' || one.status === 'resolved') && fits(one, filters)).toSorted(state === undefined ? byUrgency : (a, b) => b.startsAt - a.startsAt)}
            />
          )}
        </Part>
      </Section>
      {shown.data?.incidents.length === 0 && <LatelyResolved filters={filters} />}
    </div>
  );
}

function Nothing({ filtered, open, hidden, older }: { readonly filtered: boolean; readonly open: boolean; readonly hidden: number; readonly older: number }): ReactElement {
  if (older > 0) return <EmptyState title={`None of ${newest(hidden, hidden + older)}matches`}>{plural(older, 'older one is', 'older ones are')} not looked through: choose {open && 'All and '}a time range that has fewer.</EmptyState>;
  if (filtered && hidden > 0) return <EmptyState title="No incident matches">{plural(hidden, 'incident')} without these filters.</EmptyState>;
  if (open) return <NoneOpen />;
  return <EmptyState title="No incidents in this time">Choose a longer range above.</EmptyState>;
}

/** It is well only where somebody looks who knows what is usual. */
function NoneOpen(): ReactElement {
  const { data: status } = useStatus();
  const now = useNow(10_000);
  if (!status || unjudged(status, now) !== '') return <EmptyState title="No incident is open" />;
  if (status.detector.learned === 0) return <EmptyState title="No incident so far">Every series is still being learned.</EmptyState>;
  return <EmptyState title="Nothing is wrong right now">Faultline opens an incident when series leave their expected bands together, and closes it when they have returned.</EmptyState>;
}
