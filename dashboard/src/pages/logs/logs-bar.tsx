import { Button, Select } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { middle } from '../../format/name.js';
import { FilterChip } from '../../parts/filter-chip.js';
import { SearchField } from '../../parts/search-field.js';
import { ServiceSelect } from '../../parts/service-select.js';
import { useRange } from '../../time/use-range.js';
import { SEVERITIES, type LogsSearch } from './search.js';
import styles from './logs.module.css';

const route = getRouteApi('/logs');
const ANY: LogsSearch = { q: undefined, service: undefined, severity: undefined, traceId: undefined, pattern: undefined };
const WORDS = { trace: 'Trace and worse', debug: 'Debug and worse', info: 'Info and worse', warn: 'Warning and worse', error: 'Error and fatal', fatal: 'Fatal' } as const;

/** What records to show. Every field lives in the URL. */
export function LogsBar(): ReactElement {
  const { q = '', service, severity, traceId, pattern, tail } = route.useSearch();
  const navigate = useNavigate({ from: '/logs' });
  const { live, toggleLive } = useRange();
  const set = (next: LogsSearch): void => void navigate({ search: (old) => ({ ...old, ...next, before: undefined, open: undefined }) });
  const filtered = [q || undefined, service, severity, traceId, pattern].some((value) => value !== undefined);
  return (
    <div className={`row wraps ${styles['bar']}`} role="search" aria-label="Logs">
      <ServiceSelect width={170} value={service} onChange={(next) => set({ service: next })} />
      <Select size="xs" w={170} clearable aria-label="Severity" placeholder="Any severity" data={SEVERITIES.map((value) => ({ value, label: WORDS[value] }))} value={severity ?? null} onChange={(next) => set({ severity: SEVERITIES.find((one) => one === next) })} />
      <SearchField label="Text in the message or an attribute" width={260} value={q} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined, before: undefined, open: undefined }), replace: true })} />
      {traceId !== undefined && (
        <FilterChip remove="Records of any trace" onRemove={() => set({ traceId: undefined })}>
          trace <Link to="/traces/$traceId" params={{ traceId }} className="link mono">{middle(traceId, 13)}</Link>
        </FilterChip>
      )}
      {pattern !== undefined && <FilterChip remove="Records of any pattern" onRemove={() => set({ pattern: undefined })}>one pattern</FilterChip>}
      {filtered && <Button size="compact-xs" variant="subtle" onClick={() => set(ANY)}>Clear</Button>}
      <Button
        size="compact-sm" variant={tail ? 'filled' : 'default'} className={styles['tail'] ?? ''} aria-pressed={tail === 'on'} leftSection={tail ? <IconPlayerStop aria-hidden size={14} /> : <IconPlayerPlay aria-hidden size={14} />}
        onClick={() => {
          set({ tail: tail ? undefined : 'on' });
          if (!tail && !live) toggleLive();
        }}
      >
        {tail ? 'Stop following' : 'Follow'}
      </Button>
    </div>
  );
}
