import { Button, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { Incident, Severity } from '#core/types.js';
import { useIncidentAction } from '../../api/actions.js';
import { useOpenIncidents } from '../../api/hooks.js';
import { middle } from '../../format/name.js';
import styles from './actions.module.css';

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];
const MOST_OFFERED = 8;

/** What is done by hand more rarely: severity, and making another incident a part of this one. */
export function MoreActions({ incident: { id, severity, severityBy = '', status }, name }: { readonly incident: Incident; readonly name: string }): ReactElement {
  const action = useIncidentAction(id);
  const others = (useOpenIncidents().data?.incidents ?? []).filter((one) => one.id !== id).slice(0, MOST_OFFERED);
  const by = name || 'somebody';
  return (
    <>
      <Menu position="bottom-end" shadow="none" width={340}>
        <Menu.Target>
          <Button size="xs" variant="default" aria-label="More" title="Severity, merge" loading={action.isPending} px={8}>
            <IconDots aria-hidden size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Severity{severityBy !== '' && `, set by ${severityBy}`}</Menu.Label>
          {SEVERITIES.map((one) => <Menu.Item key={one} disabled={one === severity && severityBy !== ''} onClick={() => action.mutate({ kind: 'severity', severity: one, by })}>{one}</Menu.Item>)}
          {severityBy !== '' && <Menu.Item onClick={() => action.mutate({ kind: 'severity', severity: null, by })}>as the evidence says</Menu.Item>}
          {status !== 'resolved' && others.length > 0 && (
            <>
              <Menu.Divider />
              <Menu.Label>Make a part of this one</Menu.Label>
              {others.map((one) => <Menu.Item key={one.id} title={one.title} onClick={() => action.mutate({ kind: 'merge', other: one.id, by })}>{middle(one.title, 52)}</Menu.Item>)}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {action.error && <p role="alert" className={styles['failure']}>Not done: {action.error.message}</p>}
    </>
  );
}
