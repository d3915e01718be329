import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { RoutePreview as Preview } from '#core/alert-routing.js';
import { useRoutePreview } from '../../api/alerts.js';
import { lasting } from '../../format/duration.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';
import { matcherText } from './matchers.js';
import styles from './alerts.module.css';

const route = getRouteApi('/alerts');

const COLUMNS: readonly Column<Preview>[] = [
  { key: 'receiver', head: 'Goes to', cell: ({ receiver, mutedBy }) => <><strong>{receiver}</strong> {mutedBy.length > 0 && <span className="faint">says nothing now: {mutedBy.join(', ')}</span>}</> },
  { key: 'route', head: 'By the route', cell: ({ key }) => <span className={styles['label']}>{key.split('/{').slice(1).map((part) => `{${part}`).join(' → ') || 'of everything else'}</span> },
  { key: 'group', head: 'Together with', wideOnly: true, cell: ({ groupLabels }) => <span className={styles['label']}>{Object.entries(groupLabels).map(([name, value]) => matcherText({ name, value, isRegex: false, isEqual: true })).join(', ') || 'all alerts of this route'}</span> },
  { key: 'wait', head: 'Waits', numeric: true, width: '1%', cell: ({ groupWaitMs }) => lasting(groupWaitMs) },
  { key: 'interval', head: 'Changes', numeric: true, wideOnly: true, width: '1%', cell: ({ groupIntervalMs }) => lasting(groupIntervalMs) },
  { key: 'repeat', head: 'Repeats', numeric: true, wideOnly: true, width: '1%', cell: ({ repeatIntervalMs }) => lasting(repeatIntervalMs) },
];

/** Answers before it happens who would be told. */
export function RoutePreview(): ReactElement {
  const { labels = '' } = route.useSearch();
  const preview = useRoutePreview(labels);
  const navigate = useNavigate({ from: '/alerts' });
  return (
    <Section id="routes" title="Who would be told?" flush actions={<SearchField width={320} label={'Labels: service="checkout", severity="page"'} value={labels} onChange={(next) => void navigate({ search: (old) => ({ ...old, labels: next || undefined }), replace: true })} />}>
      {labels === '' ? (
        <EmptyState title="Type the labels of an alert">Its routes, receivers and groups in the alertmanager.yml in use appear here.</EmptyState>
      ) : (
        <Part query={preview} name="routes">
          {({ routes }) => <DataTable label="Routes" columns={COLUMNS} rows={routes} rowKey={({ receiver, key }) => `${receiver} ${key}`} />}
        </Part>
      )}
    </Section>
  );
}
