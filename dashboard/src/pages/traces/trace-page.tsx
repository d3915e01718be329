import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiSpan } from '#core/api.js';
import { useTrace } from '../../api/hooks.js';
import { duration } from '../../format/duration.js';
import { clockMillis, fromNanos } from '../../format/time.js';
import { CopyText } from '../../parts/copy-text.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { StateBadge } from '../../parts/state-badge.js';

const COLUMNS: readonly Column<ApiSpan>[] = [
  { key: 'at', head: 'Time', cell: (span) => clockMillis(fromNanos(span.startTimeUnixNano)) },
  { key: 'service', head: 'Service', cell: (span) => span.service },
  { key: 'name', head: 'Span', cell: (span) => span.name },
  { key: 'duration', head: 'Duration', numeric: true, cell: (span) => duration(span.durationNs / 1e6) },
  { key: 'status', head: 'Status', cell: (span) => (span.status === 'Error' ? <StateBadge bare state="error">{span.statusMessage || 'Error'}</StateBadge> : span.status) },
];

const route = getRouteApi('/traces/$traceId');

export function TracePage(): ReactElement {
  const { traceId } = route.useParams();
  return (
    <div className="stack">
      <PageHead title="Trace" note={<CopyText mono text={traceId} />} />
      <Section title="Spans" flush>
        <Part query={useTrace(traceId)} name="trace">{({ spans }) => <DataTable label="Spans" columns={COLUMNS} rows={spans} rowKey={(span) => span.spanId} />}</Part>
      </Section>
    </div>
  );
}
