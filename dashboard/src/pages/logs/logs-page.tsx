import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiLog } from '#core/api.js';
import { useLogs } from '../../api/hooks.js';
import { clockMillis, fromNanos } from '../../format/time.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';

const COLUMNS: readonly Column<ApiLog>[] = [
  { key: 'at', head: 'Time', width: '130px', cell: (log) => clockMillis(fromNanos(log.timeUnixNano)) },
  { key: 'severity', head: 'Severity', width: '90px', cell: (log) => log.severityText },
  { key: 'service', head: 'Service', width: '140px', cell: (log) => log.service },
  { key: 'body', head: 'Message', cell: (log) => (log.traceId === '' ? log.body : <Link to="/traces/$traceId" params={{ traceId: log.traceId }} className="mono">{log.body}</Link>) },
];

const route = getRouteApi('/logs');

export function LogsPage(): ReactElement {
  const query = route.useSearch();
  const navigate = useNavigate({ from: '/logs' });
  return (
    <div className="stack">
      <PageHead title="Logs">
        <SearchField label="Text in the message" value={query.q ?? ''} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true })} />
      </PageHead>
      <Section title="Records" flush>
        <Part query={useLogs(query)} name="log records">
          {({ logs }) => <DataTable label="Log records" columns={COLUMNS} rows={logs} rowKey={(log) => `${log.timeUnixNano} ${log.spanId} ${log.body}`} empty={<EmptyState title="No records match">Widen the time range or remove a filter.</EmptyState>} />}
        </Part>
      </Section>
    </div>
  );
}
