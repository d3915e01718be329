import { Button, Select } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { IconSend } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { ApiNotification, ApiNotifications } from '#core/api/alerts.js';
import { useAlertAction, useNotifications } from '../../api/alerts.js';
import { middle } from '../../format/name.js';
import { number } from '../../format/number.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { StateBadge } from '../../parts/state-badge.js';
import { TakesRole } from '../../parts/takes-role.js';
import { SHOWN } from './search.js';
import styles from './alerts.module.css';

const route = getRouteApi('/alerts');
/** What else a message is about has a prefix, or is a group of labels. */
const INCIDENT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** As many as the server answers with. */
const MOST = 200;
const LOOKS = { pending: ['Waiting', 'learning'], delivered: ['Delivered', 'ok'], dead: ['Dead letter', 'error'], superseded: ['Superseded', 'silent'], unsent: ['Unsent', 'silent'] } as const;

/** What became of the messages of the last week; dead letters can be sent again. */
export function Notifications(): ReactElement {
  const { sent } = route.useSearch();
  const navigate = useNavigate({ from: '/alerts' });
  const notifications = useNotifications(sent ?? 'all');
  const action = useAlertAction();
  const busy = action.isPending && action.variables.kind === 'replay' ? action.variables.id : '';
  const counts = notifications.data?.counts;
  const choices = SHOWN.map((status) => ({ value: status, label: `${LOOKS[status][0]}${counts?.[status] ? ` (${counts[status]})` : ''}` }));
  const columns: readonly Column<ApiNotification>[] = [
    { key: 'status', head: 'State', width: '1%', cell: ({ status }) => <StateBadge state={LOOKS[status][1]} bare>{LOOKS[status][0]}</StateBadge> },
    { key: 'receiver', head: 'To', cell: ({ receiver }) => <strong>{receiver}</strong> },
    { key: 'about', head: 'About', wideOnly: true, cell: ({ event, about }) => <>{event} {INCIDENT.test(about) ? <Link to="/incidents/$id" params={{ id: about }} className="in-text mono">{about}</Link> : <span className="faint mono" title={about}>{middle(about, 60)}</span>}</> },
    { key: 'error', head: 'Why not', wideOnly: true, cell: ({ error, status }) => (status === 'delivered' ? '' : error) },
    { key: 'attempts', head: 'Attempts', numeric: true, wideOnly: true, width: '1%', cell: ({ attempts }) => attempts },
    { key: 'at', head: 'Accepted', width: '1%', cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
    { key: 'replay', head: <span className="hidden-visually">Send it again</span>, width: '1%', cell: ({ id, status, receiver }) => status === 'dead' && <TakesRole role="editor" brief><Button size="compact-xs" variant="default" leftSection={<IconSend aria-hidden size={13} />} loading={busy === id} aria-label={`Send again to ${receiver}`} onClick={() => action.mutate({ kind: 'replay', id })}>Send again</Button></TakesRole> },
  ];
  return (
    <Section id="notifications" title="Notifications" note={noteOf(notifications.data, sent)} flush actions={<Select size="xs" w={170} clearable aria-label="Which notifications" placeholder="Of any state" data={choices} value={sent ?? null} onChange={(next) => void navigate({ search: (old) => ({ ...old, sent: SHOWN.find((one) => one === next) }), replace: true })} />}>
      <Part query={notifications} name="notifications">
        {({ notifications: rows }) => <DataTable label="Notifications" columns={columns} rows={rows} rowKey={({ id }) => id} empty={<EmptyState title={sent === undefined ? 'No message was sent' : 'None of these'}>Messages to receivers appear here with what became of them. Those that were given up can be sent again.</EmptyState>} />}
      </Part>
      {action.error && <p role="alert" className={styles['failure']}>Not done: {action.error.message}</p>}
    </Section>
  );
}

/** The server answers with the newest; its counts say of how many. */
function noteOf({ notifications, counts }: ApiNotifications = { notifications: [], counts: {} }, sent?: ApiNotification['status']): string {
  const { unsent = 0, ...others } = counts;
  const all = sent === undefined ? Object.values(others).reduce((sum, count) => sum + count, 0) : sent === 'unsent' ? unsent : (others[sent] ?? 0);
  return notifications.length >= MOST && all > MOST ? `the newest ${MOST} of ${number(all)} of the last 7 days` : 'of the last 7 days, newest first';
}
