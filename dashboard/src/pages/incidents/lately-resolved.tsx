import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useAllIncidents } from '../../api/hooks.js';
import { newest } from '../../format/name.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { Skeleton } from '../../parts/skeleton.js';
import { fits } from './filter.js';
import { IncidentTable } from './incident-table.js';
import type { IncidentsSearch } from './search.js';

export const WEEK = { from: 'now-7d', to: 'now' } as const;
const MOST = 20;

/** What was wrong before, while nothing is: the last ones of a week. */
export function LatelyResolved({ filters }: { readonly filters: Pick<IncidentsSearch, 'q' | 'severity' | 'service'> }): ReactElement {
  const query = useAllIncidents(WEEK);
  return (
    <Section title="Lately resolved" note={`of the last 7 days, at most ${MOST}`} flush actions={<Link to="/incidents" search={{ ...filters, state: 'all', ...WEEK }} className="link small">All of them</Link>}>
      <Part query={query} name="resolved incidents" skeleton={<Skeleton lines={3} />}>
        {({ incidents, matching }) => (
          <IncidentTable
            label="Lately resolved" incidents={incidents.filter((one) => one.status === 'resolved' && fits(one, filters)).toSorted((a, b) => (b.endsAt ?? 0) - (a.endsAt ?? 0)).slice(0, MOST)}
            empty={<EmptyState title={matching > incidents.length ? `None of ${newest(incidents.length, matching)}of the last 7 days` : 'None in the last 7 days'}>Those that are over stay here with what they cost and what caused them.</EmptyState>}
          />
        )}
      </Part>
    </Section>
  );
}
