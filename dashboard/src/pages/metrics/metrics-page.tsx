import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiMetric } from '#core/api.js';
import { useMetric, useMetrics } from '../../api/hooks.js';
import { BandChart } from '../../charts/band-chart.js';
import { number } from '../../format/number.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';

const COLUMNS: readonly Column<ApiMetric>[] = [
  { key: 'name', head: 'Metric', cell: (row) => <span className="mono">{row.name}</span> },
  { key: 'type', head: 'Type', cell: (row) => row.type },
  { key: 'unit', head: 'Unit', cell: (row) => row.unit },
  { key: 'services', head: 'Services', wideOnly: true, cell: (row) => row.services.join(', ') },
  { key: 'series', head: 'Series', numeric: true, cell: (row) => number(row.seriesCount) },
];

const route = getRouteApi('/metrics');

export function MetricsPage(): ReactElement {
  const { q = '', name = '', service } = route.useSearch();
  const navigate = useNavigate({ from: '/metrics' });
  const charts = useMetric(name, service);
  return (
    <div className="stack">
      <PageHead title="Metrics">
        <SearchField label="Name of a metric" value={q} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true })} />
      </PageHead>
      {name !== '' && (
        <Section title={name}>
          <Part query={charts} name={`series of ${name}`}>{(data) => data.charts.map((chart) => <BandChart key={chart.title} chart={chart} />)}</Part>
        </Section>
      )}
      <Section title="Received metrics" flush>
        <Part query={useMetrics(q)} name="metrics">
          {({ metrics }) => <DataTable label="Metrics" columns={COLUMNS} rows={metrics} rowKey={(row) => row.name} onOpen={(row) => void navigate({ search: (old) => ({ ...old, name: row.name }) })} empty={<EmptyState title="No metrics by this name">Metrics appear as soon as a service exports them over OTLP.</EmptyState>} />}
        </Part>
      </Section>
    </div>
  );
}
