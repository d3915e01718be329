import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiService } from '#core/api.js';
import { useServices } from '../../api/hooks.js';
import { duration } from '../../format/duration.js';
import { percent, rate } from '../../format/number.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';
import { StateBadge } from '../../parts/state-badge.js';
import { byTrouble } from '../../parts/state.js';

const COLUMNS: readonly Column<ApiService>[] = [
  { key: 'state', head: 'State', width: '110px', cell: (row) => <StateBadge bare state={row.state} /> },
  { key: 'service', head: 'Service', value: (row) => row.service, cell: (row) => <Link to="/services/$service" params={{ service: row.service }}>{row.service}</Link> },
  { key: 'requests', head: 'Requests', numeric: true, value: (row) => row.requestsPerSecond, cell: (row) => rate(row.requestsPerSecond) },
  { key: 'errors', head: 'Errors', numeric: true, value: (row) => row.errorRatio, cell: (row) => percent(row.errorRatio) },
  { key: 'p95', head: 'p95', numeric: true, value: (row) => row.p95Ms, cell: (row) => duration(row.p95Ms) },
  { key: 'versions', head: 'Versions', wideOnly: true, cell: (row) => row.versions.join(', ') },
];

const route = getRouteApi('/services');

export function ServicesPage(): ReactElement {
  const { q = '', sort } = route.useSearch();
  const navigate = useNavigate({ from: '/services' });
  const services = useServices();
  return (
    <div className="stack">
      <PageHead title="Services">
        <SearchField label="Filter services" value={q} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true })} />
      </PageHead>
      <Section title="All services" flush>
        <Part query={services} name="services">
          {({ services: rows }) => (
            <DataTable
              label="Services"
              columns={COLUMNS}
              rows={rows.filter((row) => row.service.includes(q)).toSorted(byTrouble)}
              rowKey={(row) => row.service}
              onOpen={(row) => void navigate({ to: '/services/$service', params: { service: row.service } })}
              sort={sort}
              onSort={(next) => void navigate({ search: (old) => ({ ...old, sort: next }), replace: true })}
              empty={<EmptyState title="No services in this range">A service appears as soon as its first span arrives. Status shows how to send some.</EmptyState>}
            />
          )}
        </Part>
      </Section>
    </div>
  );
}
