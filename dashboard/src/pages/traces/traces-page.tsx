import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiTraceSummary } from '#core/api.js';
import { useTraces } from '../../api/hooks.js';
import { duration } from '../../format/duration.js';
import { number } from '../../format/number.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';

const COLUMNS: readonly Column<ApiTraceSummary>[] = [
  { key: 'at', head: 'Time', width: '180px', cell: (row) => <RelativeTime at={row.startsAt} /> },
  { key: 'service', head: 'Service', cell: (row) => row.rootService },
  { key: 'name', head: 'Operation', cell: (row) => <Link to="/traces/$traceId" params={{ traceId: row.traceId }}>{row.rootName}</Link> },
  { key: 'duration', head: 'Duration', numeric: true, value: (row) => row.durationMs, cell: (row) => duration(row.durationMs) },
  { key: 'spans', head: 'Spans', numeric: true, cell: (row) => number(row.spanCount) },
  { key: 'errors', head: 'Errors', numeric: true, cell: (row) => number(row.errorCount) },
];

const route = getRouteApi('/traces');

export function TracesPage(): ReactElement {
  const { sort, ...query } = route.useSearch();
  const navigate = useNavigate({ from: '/traces' });
  return (
    <div className="stack">
      <PageHead title="Traces">
        <SearchField label="Span name or attribute value" value={query.q ?? ''} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true })} />
      </PageHead>
      <Section title="Traces" flush>
        <Part query={useTraces(query)} name="traces">
          {({ traces }) => (
            <DataTable
              label="Traces" columns={COLUMNS} rows={traces} rowKey={(row) => row.traceId} sort={sort}
              onSort={(next) => void navigate({ search: (old) => ({ ...old, sort: next }), replace: true })}
              onOpen={(row) => void navigate({ to: '/traces/$traceId', params: { traceId: row.traceId } })}
              empty={<EmptyState title="No traces match">Widen the time range or remove a filter.</EmptyState>}
            />
          )}
        </Part>
      </Section>
    </div>
  );
}
