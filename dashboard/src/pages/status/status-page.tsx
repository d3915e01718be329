import type { ReactElement } from 'react';
import type { ApiSource } from '#core/api.js';
import { useStatus } from '../../api/hooks.js';
import { duration } from '../../format/duration.js';
import { bytes, number, rate } from '../../format/number.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';

const SOURCES: readonly Column<ApiSource>[] = [
  { key: 'service', head: 'Service', cell: (row) => row.service },
  { key: 'sdk', head: 'SDK', cell: (row) => row.sdk },
  { key: 'signals', head: 'Signals', cell: (row) => row.signals.map(({ signal, perSecond }) => `${signal} ${rate(perSecond)}`).join(', ') },
  { key: 'problems', head: 'Problems', cell: (row) => row.problems.join('; ') },
];

export function StatusPage(): ReactElement {
  return (
    <div className="stack">
      <PageHead title="Status" />
      <Part query={useStatus()} name="status">
        {(status) => (
          <div className="stack">
            <Section title="Process">
              Faultline {status.version}, up {duration(status.process.uptimeMs)}, {bytes(status.process.rssBytes)} of memory, {bytes(status.engine.diskBytes)} on disk ({status.engine.mode} ClickHouse {status.engine.version}). {number(status.detector.learned)} series
              learned, {number(status.detector.learning)} learning.
            </Section>
            <Section title="Sources" flush>
              <DataTable label="Sources" columns={SOURCES} rows={status.sources} rowKey={(row) => `${row.service} ${row.sdk}`} empty={<EmptyState title="Nothing has arrived yet" snippetLabel="Environment" snippet={`OTEL_EXPORTER_OTLP_ENDPOINT=${status.endpoints.otlpHttp}`} />} />
            </Section>
          </div>
        )}
      </Part>
    </div>
  );
}
