import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import type { ApiSource, ApiStatus } from '#core/api/status.js';
import type { UnixMs } from '#core/types.js';
import { useSources } from '../../api/hooks.js';
import { plural } from '../../format/name.js';
import { number, rate } from '../../format/number.js';
import { ago, clock, utc } from '../../format/time.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { Part } from '../../parts/part.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { useNow } from '../../time/use-now.js';
import { notesOf } from './source-notes.js';
import styles from './status.module.css';

const SIGNALS = ['traces', 'metrics', 'logs'] as const;
const COUNTED = { traces: 'Spans', metrics: 'Metrics', logs: 'Logs' } as const;

/** So few that what follows is in sight. */
const PAGE = 10;
const route = getRouteApi('/status');

/** What arrives from whom: rates, last sight, and what the sender should fix. Those with something to fix come first. */
export function Sources({ arriving: { sources: all, faulty } }: Pick<ApiStatus, 'arriving'>): ReactElement {
  const { q = '' } = route.useSearch();
  const navigate = useNavigate({ from: '/status' });
  const [most, setMost] = useState(PAGE);
  const sources = useSources(q, most);
  const now = useNow();
  return (
    <Section
      title="Sources" note={`${plural(all, 'service')}${faulty > 0 ? `, ${number(faulty)} with something to fix` : ''}`} flush
      actions={(all > PAGE || q !== '') && <SearchField label="Filter sources" width={200} value={q} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true, resetScroll: false })} />}
    >
      <Part query={sources} name="sources" skeleton={<SkeletonBlock height={280} />}>
        {({ sources: rows, matching }) => (
          <DataTable
            label="Sources" columns={columns(now)} rows={rows} rowKey={(row) => `${row.service} ${row.sdk}`} page={PAGE} rest={{ matching, ask: setMost }}
            empty={<p className={styles['quiet']}>None of {plural(all, 'service')} is called like “{q}”.</p>}
          />
        )}
      </Part>
    </Section>
  );
}

function columns(now: UnixMs): readonly Column<ApiSource>[] {
  return [
    {
      key: 'service', head: 'Service',
      cell: (row) => <Who row={row} now={now} />,
    },
    ...SIGNALS.map((signal): Column<ApiSource> => ({ key: signal, head: COUNTED[signal], numeric: true, cell: (row) => <Signal row={row} signal={signal} /> })),
    { key: 'last', head: 'Last seen', numeric: true, wideOnly: true, cell: (row) => <LastSeen at={Math.max(...row.signals.map(({ lastSeenAt }) => lastSeenAt))} now={now} /> },
  ];
}

function Who({ row, now }: { readonly row: ApiSource; readonly now: UnixMs }): ReactElement {
  const { problems, missing } = notesOf(row, now);
  return (
    <div className={styles['source']}>
      <span className={styles['who']}>
        <Link to="/services/$service" params={{ service: row.service }}>{row.service}</Link>
        <span className="faint small">{row.sdk || 'SDK unknown'}{missing !== '' && ` · ${missing}`}</span>
      </span>
      <Problems texts={problems} />
    </div>
  );
}

function Signal({ row, signal: name }: { readonly row: ApiSource; readonly signal: (typeof SIGNALS)[number] }): ReactElement {
  const signal = row.signals.find((one) => one.signal === name);
  if (!signal) return <span className="faint">none</span>;
  const text = rate(signal.perSecond);
  if (name === 'metrics') return <Link to="/metrics" search={{ service: row.service }}>{text}</Link>;
  return name === 'traces' ? <Link to="/traces" search={{ service: row.service }}>{text}</Link> : <Link to="/logs" search={{ service: row.service }}>{text}</Link>;
}

function LastSeen({ at, now }: { readonly at: UnixMs; readonly now: UnixMs }): ReactElement {
  if (!Number.isFinite(at)) return <span className="faint">never</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={utc(at)}>
      {clock(at, now)}
      <span className="faint"> · {ago(Math.min(at, now), now)}</span>
    </time>
  );
}

function Problems({ texts }: { readonly texts: readonly string[] }): ReactElement {
  return (
    <>
      {texts.map((text) => (
        <span key={text} className={styles['problem']}>
          <IconAlertTriangle aria-hidden size={13} />
          <span><span className="hidden-visually">To fix: </span>{text}</span>
        </span>
      ))}
    </>
  );
}
