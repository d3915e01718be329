import { SegmentedControl } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { lazy, useState, type ReactElement } from 'react';
import { useServices } from '../../api/hooks.js';
import { plural } from '../../format/name.js';
import { DataTable } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { LatePart } from '../../parts/late-part.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { loaded } from '../../shell/loaded.js';
import { rangeWords } from '../../time/range.js';
import { useRange } from '../../time/use-range.js';
import { NoServices } from './no-services.js';
import { serviceColumns } from './service-columns.js';

const ServiceMap = lazy(() => loaded(import('./map/service-map.js')).then((module) => ({ default: module.ServiceMap })));
const route = getRouteApi('/services');

export function ServicesPage(): ReactElement {
  const { q = '', view } = route.useSearch();
  const navigate = useNavigate({ from: '/services' });
  return (
    <div className="stack">
      <PageHead title="Services">
        <SearchField label="Filter services" value={q} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true })} />
        <SegmentedControl
          size="xs" aria-label="View" data={[{ value: 'table', label: 'Table' }, { value: 'map', label: 'Map' }]} value={view ?? 'table'}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, view: next === 'map' ? 'map' : undefined }) })}
        />
      </PageHead>
      {view === 'map' ? (
        <LatePart name="service map" skeleton={<SkeletonBlock height={560} />}>
          <ServiceMap filter={q} />
        </LatePart>
      ) : (
        <ServiceTable filter={q} />
      )}
    </div>
  );
}

/** So many are asked for at first, and with each press for more. */
const PAGE = 100;

function ServiceTable({ filter }: { readonly filter: string }): ReactElement {
  const { sort } = route.useSearch();
  const navigate = useNavigate({ from: '/services' });
  const { range, live } = useRange();
  const [limit, setLimit] = useState(PAGE);
  const services = useServices({ q: filter, sort, limit });
  return (
    <Section title={sort === undefined ? 'By trouble, worst first' : 'As sorted'} note={`${services.data ? `${plural(services.data.all, 'service')} ` : ''}in ${rangeWords(range)}`} flush>
      <Part query={services} name="services" skeleton={<SkeletonBlock height={420} />}>
        {({ services: rows, matching, all }) => (
          <DataTable
            label="Services"
            columns={serviceColumns(live)}
            rows={rows}
            rowKey={(row) => row.service}
            onOpen={(row) => void navigate({ to: '/services/$service', params: { service: row.service } })}
            sort={sort}
            onSort={(next) => void navigate({ search: (old) => ({ ...old, sort: next }), replace: true })}
            page={PAGE}
            rest={{ matching, ask: setLimit }}
            empty={all === 0 ? <NoServices /> : <EmptyState title={`None of ${plural(all, 'service')} is called like “${filter}”`} />}
          />
        )}
      </Part>
    </Section>
  );
}
