import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiOperation } from '#core/api.js';
import { useService } from '../../api/hooks.js';
import { BandChart } from '../../charts/band-chart.js';
import { duration } from '../../format/duration.js';
import { percent, rate } from '../../format/number.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';

const OPERATIONS: readonly Column<ApiOperation>[] = [
  { key: 'operation', head: 'Operation', cell: (row) => row.operation },
  { key: 'kind', head: 'Kind', cell: (row) => row.kind },
  { key: 'requests', head: 'Requests', numeric: true, cell: (row) => rate(row.requestsPerSecond) },
  { key: 'errors', head: 'Errors', numeric: true, cell: (row) => percent(row.errorRatio) },
  { key: 'p95', head: 'p95', numeric: true, cell: (row) => duration(row.p95Ms) },
];

const route = getRouteApi('/services/$service');

export function ServicePage(): ReactElement {
  const { service } = route.useParams();
  return (
    <div className="stack">
      <PageHead title={service} />
      <Part query={useService(service)} name={`figures of ${service}`}>
        {({ charts, operations }) => (
          <div className="stack">
            <Section title="Requests, errors, latency">
              {charts.map((chart) => <BandChart key={chart.title} chart={chart} />)}
            </Section>
            <Section title="Operations" flush>
              <DataTable label="Operations" columns={OPERATIONS} rows={operations} rowKey={(row) => `${row.kind} ${row.operation}`} />
            </Section>
          </div>
        )}
      </Part>
    </div>
  );
}
