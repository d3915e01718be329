import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { IconArrowRight, IconVolumeOff } from '@tabler/icons-react';
import { useMemo, useState, type ReactElement } from 'react';
import type { ApiAlert, ApiAlertGroup, ApiSilence } from '#core/api/alerts.js';
import type { Labels } from '#core/types.js';
import { useAlertGroups, useSilences } from '../../api/alerts.js';
import { plural } from '../../format/name.js';
import { clock } from '../../format/time.js';
import { AlertLinks } from '../../parts/alert-links.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { ShowMore } from '../../parts/show-more.js';
import { StateBadge } from '../../parts/state-badge.js';
import { TakesRole } from '../../parts/takes-role.js';
import { firstOf, stateOf } from './alert-state.js';
import styles from './alerts.module.css';

/** Alerts in the page at first, and with each press for more. */
const PAGE = 200;

interface AlertGroupsProps {
  readonly groups: readonly ApiAlertGroup[];
  /** Whether routes decide where a group goes; without an alertmanager.yml none do. */
  readonly routed: boolean;
  readonly onSilence: (alert: ApiAlert) => void;
}

/** What may hold alerts back: silences by id, alerts by fingerprint. */
interface Holds {
  readonly silences: ReadonlyMap<string, ApiSilence>;
  readonly alerts: ReadonlyMap<string, ApiAlert>;
}

function useHolds(): Holds {
  const silences = useSilences().data;
  const groups = useAlertGroups().data;
  return useMemo(() => ({
    silences: new Map(silences?.map((one) => [one.id, one])),
    alerts: new Map(groups?.flatMap(({ alerts }) => alerts.map((one) => [one.fingerprint, one] as const))),
  }), [silences, groups]);
}

/** Each group under its labels and receiver, a page of alerts at a time. */
export function AlertGroups({ groups, routed, onSilence }: AlertGroupsProps): ReactElement {
  const [most, setMost] = useState(PAGE);
  const holds = useHolds();
  const all = groups.reduce((sum, { alerts }) => sum + alerts.length, 0);
  return (
    <>
      <ul>
        {firstOf(groups, most).map(({ labels, receiver, alerts, count }) => (
          <li key={`${receiver.name} ${JSON.stringify(labels)}`} className={styles['group']}>
            <header className={styles['head']}>
              <h3 className={styles['labels']}>{Object.keys(labels).length > 0 ? <LabelList labels={labels} /> : 'All alerts'}</h3>
              {routed && (
                <span className="dim row">
                  <IconArrowRight aria-hidden size={14} />
                  <span>
                    <span className="hidden-visually">goes to </span>
                    {receiver.name}
                  </span>
                </span>
              )}
              <span className="faint">{plural(count, 'alert')}</span>
            </header>
            <ul>
              {alerts.map((alert) => (
                <AlertLine key={alert.fingerprint} alert={alert} shared={labels} holds={holds} onSilence={onSilence} />
              ))}
            </ul>
          </li>
        ))}
      </ul>
      <ShowMore shown={Math.min(most, all)} all={all} page={PAGE} onMore={() => setMost(most + PAGE)} />
    </>
  );
}

interface AlertLineProps {
  readonly alert: ApiAlert;
  readonly shared: Labels;
  readonly holds: Holds;
  readonly onSilence: (alert: ApiAlert) => void;
}

function AlertLine({ alert, shared, holds, onSilence }: AlertLineProps): ReactElement {
  const { labels, annotations, status, generatorURL } = alert;
  const { word, state } = stateOf(alert);
  const own = Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'alertname' && !Object.hasOwn(shared, name)));
  const name = labels['alertname'] ?? 'Alert';
  const incident = labels['source'] === 'faultline' ? labels['incident'] : undefined;
  const text = annotations['title'] ?? annotations['summary'] ?? annotations['description'] ?? '';
  return (
    <li className={styles['alert']} data-row tabIndex={-1} onKeyDown={(event) => event.key === 'Enter' && event.target === event.currentTarget && event.currentTarget.querySelector('a')?.click()}>
      <span className={styles['state']}>
        <StateBadge state={state} bare>
          {word}
        </StateBadge>
      </span>
      <div className={styles['what']}>
        <p>
          {incident === undefined ? <strong>{name}</strong> : <Link to="/incidents/$id" params={{ id: incident }} className="in-text">{name}</Link>} {text !== '' && <span className="dim">{text}</span>} <AlertLinks runbook={annotations['runbook_url'] ?? annotations['runbook']} expression={incident === undefined ? generatorURL : ''} />
        </p>
        <LabelList labels={own} />
        <WhyHeldBack status={status} holds={holds} />
      </div>
      <span className={styles['since']}>
        <RelativeTime at={Date.parse(alert.startsAt)} />
      </span>
      <span className={styles['act']}>
        {status.silencedBy.length === 0 && (
          <TakesRole role="editor" brief>
            <Button size="compact-xs" variant="default" leftSection={<IconVolumeOff aria-hidden size={13} />} aria-label={`Silence ${name}`} onClick={() => onSilence(alert)}>
              Silence
            </Button>
          </TakesRole>
        )}
      </span>
    </li>
  );
}

/** What holds an alert back, in words. */
function WhyHeldBack({ status: { silencedBy, inhibitedBy, mutedBy }, holds }: Pick<ApiAlert, 'status'> & { readonly holds: Holds }): ReactElement | null {
  const silence = silencedBy.map((id) => holds.silences.get(id)).find(Boolean);
  const worse = inhibitedBy.map((id) => holds.alerts.get(id)).find(Boolean);
  const reasons = [
    silence && `${silence.createdBy || 'somebody'}, until ${clock(Date.parse(silence.endsAt))}: ${silence.comment}`,
    worse && `held back while ${worse.labels['alertname'] ?? 'a worse alert'} fires`,
    mutedBy.length > 0 && `its route says nothing now: ${mutedBy.join(', ')}`,
  ].filter((reason) => typeof reason === 'string');
  return reasons.length === 0 ? null : <p className="faint small">{reasons.join(' · ')}</p>;
}

function LabelList({ labels }: { readonly labels: Labels }): ReactElement {
  return (
    <span className={styles['list']}>
      {Object.entries(labels).map(([name, value]) => (
        <span key={name} className={styles['label']} title={`${name}=${value}`}>
          <span className="faint">{name}=</span>
          {value}
        </span>
      ))}
    </span>
  );
}
