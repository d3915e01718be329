import { Button } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import type { ApiSilence } from '#core/api/alerts.js';
import { useAlertAction, useSilences } from '../../api/alerts.js';
import { plural } from '../../format/name.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { StateBadge } from '../../parts/state-badge.js';
import { TakesRole } from '../../parts/takes-role.js';
import { matcherText, silencesWith } from './matchers.js';
import { SilenceWindow } from './silence-form.js';
import styles from './alerts.module.css';

const route = getRouteApi('/alerts');
/** As many at first, so that what is below them stays near. */
const PAGE = 20;
const LOOKS = { active: ['Active', 'info'], pending: ['Pending', 'learning'], expired: ['Expired', 'resolved'] } as const;

/** Silences that count or will, those of the search alone, and on request those that ended lately. */
export function Silences(): ReactElement {
  const { q = '' } = route.useSearch();
  const silences = useSilences();
  const action = useAlertAction();
  const [edited, setEdited] = useState<ApiSilence | null>(null);
  const [withExpired, setWithExpired] = useState(false);
  const expired = silences.data?.filter(({ status }) => status.state === 'expired').length ?? 0;
  const busy = action.isPending && action.variables.kind === 'expire' ? action.variables.id : '';
  const acts = (one: ApiSilence): ReactElement => {
    const { id, status, comment } = one;
    return (
      <TakesRole role="editor" brief><span style={{ whiteSpace: 'nowrap' }}>
        <Button size="compact-xs" variant="default" aria-label={`${status.state === 'expired' ? 'Again' : 'Edit'}: ${comment}`} onClick={() => setEdited(one)}>{status.state === 'expired' ? 'Again' : 'Edit'}</Button>{' '}
        {status.state !== 'expired' && <Button size="compact-xs" variant="default" loading={busy === id} aria-label={`End the silence: ${comment}`} onClick={() => action.mutate({ kind: 'expire', id })}>End</Button>}
      </span></TakesRole>
    );
  };
  const columns: readonly Column<ApiSilence>[] = [
    { key: 'state', head: 'State', width: '1%', cell: ({ status }) => <StateBadge state={LOOKS[status.state][1]} bare>{LOOKS[status.state][0]}</StateBadge> },
    { key: 'what', head: 'Alerts with', cell: (one) => (
      <>
        <span className={styles['list']}>{one.matchers.map((matcher) => <span key={matcherText(matcher)} className={styles['label']}>{matcherText(matcher)}</span>)}</span>
        <span className={styles['below']}><span>until <RelativeTime at={Date.parse(one.endsAt)} /></span> {acts(one)}</span>
      </>
    ) },
    { key: 'why', head: 'Why', wideOnly: true, cell: ({ comment, createdBy }) => <>{comment} <span className="faint">{createdBy}</span></> },
    { key: 'until', head: 'Until', width: '1%', wideOnly: true, cell: ({ endsAt }) => <RelativeTime at={Date.parse(endsAt)} /> },
    { key: 'do', head: <span className="hidden-visually">Actions</span>, width: '1%', wideOnly: true, cell: acts },
  ];
  return (
    <Section id="silences" title="Silences" flush actions={expired > 0 && <Button size="compact-xs" variant="default" aria-pressed={withExpired} onClick={() => setWithExpired((old) => !old)}>{withExpired ? 'Hide expired' : `Show ${plural(expired, 'expired one')}`}</Button>}>
      <Part query={silences} name="silences">
        {(all) => {
          const counted = all.filter(({ status }) => withExpired || status.state !== 'expired');
          const none = counted.length > 0 ? <EmptyState title="No silence matches">{plural(counted.length, 'silence')} without this filter.</EmptyState> : <EmptyState title="Nothing is silenced">A silence holds back the messages about the alerts that match it, until it ends. Begin one beside an alert.</EmptyState>;
          return <DataTable label="Silences" columns={columns} rows={silencesWith(counted, q)} rowKey={({ id }) => id} page={PAGE} empty={none} />;
        }}
      </Part>
      <SilenceWindow matchers={edited && edited.matchers.map(matcherText).join(', ')} old={edited} onClose={() => setEdited(null)} />
      {action.error && <p role="alert" className={styles['failure']}>Not done: {action.error.message}</p>}
    </Section>
  );
}
